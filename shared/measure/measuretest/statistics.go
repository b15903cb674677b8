package measuretest

import (
	"errors"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/measure"
	"lianban/shared/saving"
)

// statistics wants what is said of groups of sign-offs to be what a count of the issues,
// one sign-off after the other, says.
func (h *history) statistics(keeper *measure.Keeper) {
	query := measure.Query{From: "2026-03", To: measure.Month(calendar.Of(h.clock.Now()).String()[:7])}
	for _, d := range h.rules.Roster.Districts() {
		query.Districts = append(query.Districts, d.Code)
	}
	data, err := keeper.Read(h.Context(), query)
	if err != nil {
		h.Fatal(err)
	}
	for _, by := range []measure.By{measure.ByAll, measure.ByDepartment, measure.BySubject, measure.ByDistrict, measure.ByRaised} {
		want := map[string]*count{}
		if by == measure.ByAll {
			want[""] = &count{}
		}
		for _, id := range h.ids {
			issue, err := h.store.Issue(h.Context(), id)
			if err != nil {
				h.Fatal(err)
			}
			h.tally(want, by, &issue)
		}
		rows := data.Rows(by)
		if diff := cmp.Diff(h.rows(want, by), rows, cmpopts.IgnoreUnexported(measure.Row{})); diff != "" {
			h.Errorf("by %q (-counted one by one +from the figures):\n%s", by, diff)
		}
	}
	if _, err := data.Saved(); err != nil {
		h.Error(err)
	}
}

// count is a group of sign-offs, counted one by one.
type count struct {
	net, gross, pledged, queue, touch                             saving.Histogram
	cases, answered, first, supplements, extended, held, heldDays int
	byDue, late, pastDue, tolerated                               int
}

func (h *history) tally(to map[string]*count, by measure.By, i *approval.Issue) {
	today, days := calendar.Of(h.clock.Now()), h.rules.Calendar
	sheet := measure.Of(h.rules, i)
	for k, l := range sheet.Lines {
		if l.Outcome == measure.Waiting {
			continue
		}
		key := map[measure.By]string{
			measure.ByDepartment: string(l.Department), measure.BySubject: string(l.Subject),
			measure.ByDistrict: string(i.District), measure.ByRaised: string(saving.MonthOf(sheet.Raised)),
		}[by]
		c := to[key]
		if c == nil {
			c = &count{}
			to[key] = c
		}
		s := &i.SignOffs[k]
		ending := map[measure.Outcome]saving.Ending{
			measure.Open: saving.Open, measure.Granted: saving.Decided, measure.Pledged: saving.Decided, measure.Refused: saving.Refused,
			measure.Withdrawn: saving.Withdrawn, measure.Dropped: saving.Withdrawn,
		}[l.Outcome]
		net, gross := l.Net, l.Gross
		if l.Outcome == measure.Open {
			net = days.Used(calendar.Of(s.AcceptedAt), today, calendar.WorkingDays, i.Piece(s).Stops)
			gross = days.WorkingDays(sheet.Raised, today)
			switch {
			case s.Tolerated():
				c.tolerated++
			case !s.Stopped() && !s.Due.On.IsZero() && s.Due.On < today:
				c.pastDue++
			}
		}
		c.cases++
		of := &c.net
		if l.Outcome == measure.Pledged {
			of = &c.pledged
		}
		if err := errors.Join(of.Add(net, ending, 1), c.gross.Add(gross, ending, 1)); err != nil {
			h.Fatal(err)
		}
		if !l.Outcome.Answered() {
			continue
		}
		switch {
		case s.Tolerated():
			c.tolerated++
		case l.Late:
			c.late++
		default:
			c.byDue++
		}
		if by == measure.ByRaised {
			continue
		}
		c.answered++
		mark := func(sum *int, marked bool) {
			if marked {
				*sum++
			}
		}
		mark(&c.first, l.Outcome != measure.Refused && !l.Supplement && !l.Redone)
		mark(&c.supplements, l.Supplement)
		mark(&c.extended, l.Extended)
		mark(&c.held, l.Held > 0)
		c.heldDays += l.Held
		if on := s.TakenUp(); !on.IsZero() {
			if err := errors.Join(c.queue.Add(l.Queue, saving.Decided, 1), c.touch.Add(l.Touch, saving.Decided, 1)); err != nil {
				h.Fatal(err)
			}
		}
	}
}

func (h *history) rows(counts map[string]*count, by measure.By) []measure.Row {
	rows := []measure.Row{}
	ranked := by != measure.ByAll && by != measure.ByRaised
	keys := slices.Sorted(maps.Keys(counts))
	hidden := map[string]bool{}
	for _, key := range keys {
		hidden[key] = ranked && counts[key].cases < measure.SmallN
	}
	if small := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !hidden[k] }); len(small) == 1 && len(keys) > 1 {
		shown := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return hidden[k] })
		hidden[slices.MinFunc(shown, func(a, b string) int { return counts[a].cases - counts[b].cases })] = true
	}
	for _, key := range keys {
		c := counts[key]
		if hidden[key] {
			rows = append(rows, measure.Row{Key: key, Hidden: true})
			continue
		}
		p := saving.Punctuality{ByDue: c.byDue, Late: c.late, PastDue: c.pastDue}
		rows = append(rows, measure.Row{
			Key: key, Net: saving.Summarize(c.net), Gross: saving.Summarize(c.gross), Pledged: saving.Summarize(c.pledged),
			Punctuality: p, OnTime: p.Rate(), Tolerated: c.tolerated, FirstPass: saving.ShareOf(c.first, c.answered),
			Supplements: saving.ShareOf(c.supplements, c.answered), Extended: saving.ShareOf(c.extended, c.answered),
			Queue: saving.Summarize(c.queue), Touch: saving.Summarize(c.touch), Held: measure.Held{Cases: c.held, Days: c.heldDays},
		})
	}
	return rows
}
