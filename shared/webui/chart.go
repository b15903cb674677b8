package webui

import (
	"fmt"
	"strconv"
	"unicode"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// chart is the time chart (横道图) of an issue: for each sign-off what was planned
// and what happened, and below, muted, the same limits one after another.
type chart struct {
	Width, Height int
	Left, Bottom  int // where the bars begin; where the axis lies
	Ticks         []tick
	TodayX        int // 0: not in the picture
	Rows          []chartRow
	Serial        []bar
	SerialY       int
	SerialEnd     string
	ParallelEnd   string
	Summary       string // the picture in words
}

type tick struct {
	X    int
	Text string
}

type chartRow struct {
	Y, TextY    int
	Label, Full string
	URL         string
	Bars        []bar

	// The same as a table.
	Received, Due, Ended, InTurn string
	Stops                        []string
}

// bar is a stretch of one kind: plan, done, objected, run, late, stop, serial.
type bar struct {
	X, Y, W, H int
	Kind       string
	Title      string
	Label      string
	LabelX     int
	LabelY     int
}

const (
	chartWidth = 960
	chartLeft  = 250
	chartRight = 16
	rowHeight  = 34
	barHeight  = 14
	chartTop   = 26
)

// clip shortens a label to about n Chinese characters; a Latin one takes half.
func clip(text string, n int) string {
	room := 2 * n
	for k, r := range text {
		if room--; r >= 0x2E80 || unicode.Is(unicode.Han, r) {
			room--
		}
		if room < 0 {
			return text[:k] + "…"
		}
	}
	return text
}

// chart draws an issue; one without sign-offs has none.
func (v *visit) chart(issue *approval.Issue) (*chart, error) {
	if len(issue.SignOffs) == 0 {
		return nil, nil
	}
	schedule, err := v.Service.Rules().Schedule(issue)
	if err != nil {
		return nil, fmt.Errorf("lay issue %s on the calendar: %w", issue.ID, err)
	}
	start := calendar.Of(issue.CreatedAt)
	if !issue.RaisedAt.IsZero() {
		start = calendar.Of(issue.RaisedAt)
	}
	now := v.today
	if issue.Status.Ended() {
		now = calendar.Of(issue.ConcludedAt)
	}
	spans := forecast(v.Service.Rules().Calendar, max(start, calendar.Of(issue.RaisedAt)), issue.SignOffs)
	first, last := start, max(start.Add(6), now, schedule.SerialEnd)
	parallelEnd := start
	for k := range spans {
		last = max(last, spans[k].To)
		parallelEnd = max(parallelEnd, spans[k].To)
	}
	scale := float64(chartWidth-chartLeft-chartRight) / float64(last.Sub(first)+1)
	x := func(d calendar.Date) int { return chartLeft + int(float64(d.Sub(first))*scale) }
	stretch := func(kind string, from, to calendar.Date, y, h int, title string) bar {
		return bar{X: x(from), Y: y, W: max(3, x(to.Add(1))-x(from)), H: h, Kind: kind, Title: title}
	}
	c := &chart{Width: chartWidth, Left: chartLeft, SerialEnd: v.date(schedule.SerialEnd), ParallelEnd: v.date(parallelEnd)}
	y := chartTop
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		full := v.t("task.named", s.N, v.subject(s), v.department(s.Department))
		label := v.subject(s)
		if s.Item == 0 { // the parties of one matter differ by department only
			label = v.department(s.Department)
		}
		row := chartRow{
			Y: y, TextY: y + 21, Label: clip(strconv.Itoa(s.N)+" "+label, 16), Full: full,
			Received: v.date(spans[k].From), Due: v.date(spans[k].To), Ended: v.date(calendar.Of(s.DecidedAt)),
		}
		if issue.ID != "" {
			row.URL = taskURL(issue.ID, s.N)
		}
		row.Bars = append(row.Bars, stretch("plan", spans[k].From, spans[k].To, y+7, barHeight+6, v.t("chart.plan", v.date(spans[k].From), v.date(spans[k].To))))
		row.Bars = append(row.Bars, v.actual(s, now, &row, stretch)...)
		c.Rows = append(c.Rows, row)
		y += rowHeight
	}
	c.SerialY = y + 6
	for k, b := range schedule.Serial {
		part := stretch("serial", b.From, b.To, c.SerialY+6, barHeight, "")
		if k%2 == 1 {
			part.Kind = "serial alternate"
		}
		part.Label, part.LabelX, part.LabelY = b.ID, part.X+part.W/2, part.Y+11
		if part.W < 14 {
			part.Label = ""
		}
		if n, err := strconv.Atoi(b.ID); err == nil && issue.SignOff(n) != nil {
			c.Rows[n-1].InTurn = v.t("chart.from.to", v.date(b.From), v.date(b.To))
			part.Title = v.t("chart.serial.bar", v.subject(issue.SignOff(n)), v.date(b.From), v.date(b.To))
		}
		c.Serial = append(c.Serial, part)
	}
	c.Bottom = c.SerialY + rowHeight - 4
	c.Height = c.Bottom + 24
	if now >= first && now <= last && issue.ID != "" && !issue.Status.Ended() {
		c.TodayX = x(now) + int(scale/2)
	}
	step := 1
	for _, s := range []int{1, 2, 7, 14, 28, 56, 112} {
		if step = s; float64(s)*scale >= 78 {
			break
		}
	}
	for d := first; d <= last && x(d) < chartWidth-50; d = d.Add(step) {
		c.Ticks = append(c.Ticks, tick{x(d), v.shortDate(d)})
	}
	c.Summary = v.t("chart.summary", len(issue.SignOffs), v.date(start), c.ParallelEnd, c.SerialEnd)
	return c, nil
}

// actual are the bars of what happened: worked on, late, stopped.
func (v *visit) actual(s *approval.SignOff, now calendar.Date, row *chartRow, stretch func(string, calendar.Date, calendar.Date, int, int, string) bar) []bar {
	if s.OpenedAt.IsZero() {
		return nil
	}
	y := row.Y + 10
	from, to, kind := calendar.Of(s.OpenedAt), now, "run"
	if !s.DecidedAt.IsZero() {
		to, kind = calendar.Of(s.DecidedAt), "done"
	} else if s.State == approval.Void {
		kind = "void"
	}
	if s.State == approval.Objection || s.State == approval.Denied {
		kind = "objected"
	}
	title := v.t("chart.actual", v.date(from), v.date(to))
	bars := []bar{stretch(kind, from, to, y, barHeight, title)}
	if due := s.Due.On; !due.IsZero() && to > due {
		bars = append(bars, stretch("late", due.Add(1), to, y, barHeight, v.t("chart.late", v.date(due))))
	}
	for _, stop := range s.Stops {
		until := now
		if !stop.To.IsZero() {
			until = calendar.Of(stop.To)
		}
		row.Stops = append(row.Stops, v.t("chart.stop", v.date(calendar.Of(stop.From)), v.date(until)))
		bars = append(bars, stretch("stop", calendar.Of(stop.From), until, y, barHeight, v.t("chart.stop", v.date(calendar.Of(stop.From)), v.date(until))))
	}
	return bars
}
