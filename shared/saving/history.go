package saving

import (
	"fmt"

	"lianban/shared/calendar"
)

// HistoryOf is the history of an item from how long its cases took, open ones included, in a period. Where the median is not
// reached, most being open, there is no number to compare with and it says so. A 90th percentile that is not reached is
// given as the longest time seen, marked as beyond.
func HistoryOf(item string, requires []string, h Histogram, from, to calendar.Date) History {
	c := Survive(h)
	median, p90 := c.Quantile(0.5), c.Quantile(0.9)
	out := History{ID: item, Requires: requires, N: c.N, From: from, To: to, Unreached: !median.Reached()}
	if out.Unreached {
		return out
	}
	out.Median, out.P90 = *median.Days, p90.Beyond
	if out.P90Beyond = !p90.Reached(); !out.P90Beyond {
		out.P90 = *p90.Days
	}
	return out
}

// MatchedWith returns the baseline (d) from the spans of matched projects (同类项目), open ones included, in working days and the same
// projects in calendar days, of a period. Which projects match is the caller's to say and to publish. A median that is not
// reached, or no project at all, makes it incomplete: it then has "median" among Missing. It returns an error when the two
// histograms do not have as many cases.
func MatchedWith(spans, calendarSpans Histogram, from, to calendar.Date) (Baseline, error) {
	if spans.N() != calendarSpans.N() {
		return Baseline{}, fmt.Errorf("matched projects: %d spans in working days and %d in calendar days", spans.N(), calendarSpans.N())
	}
	b := Baseline{Kind: Matched, N: spans.N(), From: from, To: to}
	history := HistoryOf("", nil, spans, from, to)
	if history.Unreached {
		b.Missing = []string{"median"}
		return b, nil
	}
	b.Days, b.Known = history.Median, history.Median
	b.P90, b.P90Beyond = history.P90, history.P90Beyond
	if q := Survive(calendarSpans).Quantile(0.5); q.Reached() {
		b.CalendarSpan = CalendarDays(*q.Days) // these bins are calendar days
	}
	return b, nil
}
