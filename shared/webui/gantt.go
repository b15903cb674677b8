package webui

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// gantt is the time chart (横道图) of an issue: for each sign-off what was planned, what
// happened and what it waited for, the longest path, and below the whole beside the same
// limits one after another. Across it is laid out in shares of the width, so that it fits
// a phone and a desktop with letters of the same size; down, in pixels.
type gantt struct {
	Height, Top, Foot int // the grid runs from Top to Foot
	Off               []bar
	Ticks, Years      []ganttTick
	Today             *ganttTick
	Rows              []ganttRow
	Links             []ganttLink // from a sign-off on the longest path to the next
	Rule              int         // between the sign-offs and the comparison
	Run, Serial       ganttTrack
	Summary           []string // the picture in words
}

type ganttTick struct {
	X, Text, Anchor string
	Fine            bool // only where there is room
}

// ganttTrack is a labelled row of bars.
type ganttTrack struct {
	LabelY       int
	Label, Aside string
	Bars         []bar
}

type ganttRow struct {
	ganttTrack
	Office, Full string // the office stands beside the label where there is room
	URL          string
	Critical     bool
	Late         bool

	// The same as a table.
	Waiting, Planned, Actual, Counted, InTurn string
	Stops                                     []string
}

// bar is a stretch of one kind: off, wait, plan, run, done, objected, void, late, stop,
// critical, rest, serial.
type bar struct {
	X, W   string // shares of the width
	Y, H   int
	Kind   string
	Title  string
	Label  string // in its middle, at Middle
	Middle string
	Fine   bool // its label is only for where there is room
	from   float64
	wide   float64
}

type ganttLink struct {
	X1, X2 string
	Y1, Y2 int // along Y1 from X1 to X2, then down or up to Y2
}

const (
	ganttTop   = 40 // today and the dates stand above
	ganttRowH  = 46
	ganttLabel = 14 // from the top of a row to the foot of its letters
	ganttBar   = 20 // to the top of its bars
	planHeight = 16
	doneHeight = 10
	leastBar   = 0.005 // of the width, so that a day of a long year is seen
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

// share writes a part of the width.
func share(of float64) string { return strconv.FormatFloat(100*of, 'f', 2, 64) + "%" }

// scale lays days on the width of the picture.
type scale struct {
	first calendar.Date
	days  float64
}

func (s scale) x(d calendar.Date) float64 { return float64(d.Sub(s.first)) / s.days }

// bar covers the days of a stretch, and is wide enough to be seen.
func (s scale) bar(kind string, over approval.Stretch, y, h int, title string) bar {
	from, to := s.x(over.From), s.x(over.To.Add(1))
	if to-from < leastBar {
		to = min(1, from+leastBar)
		from = to - leastBar
	}
	b := bar{Kind: kind, Y: y, H: h, Title: title, from: from, wide: to - from}
	return b.placed()
}

func (b bar) placed() bar {
	b.X, b.W, b.Middle = share(b.from), share(b.wide), share(b.from+b.wide/2)
	return b
}

// within moves and cuts a bar so that no part of it stands out of another.
func (b bar) within(whole bar) bar {
	b.wide = min(b.wide, whole.wide)
	b.from = min(max(b.from, whole.from), whole.from+whole.wide-b.wide)
	return b.placed()
}

// gantt draws an issue; one without sign-offs has none.
func (v *visit) gantt(issue *approval.Issue) (*gantt, error) {
	if len(issue.SignOffs) == 0 {
		return nil, nil
	}
	rules := v.Service.Rules()
	line, err := rules.Timeline(issue, v.today)
	if err != nil {
		return nil, err
	}
	last := max(line.Start.Add(6), line.Until, line.End, line.SerialEnd)
	for _, l := range line.Lines {
		last = max(last, l.Planned.To, l.Actual.To)
	}
	s := scale{line.Start, float64(last.Sub(line.Start) + 1)}
	g := &gantt{Top: ganttTop}
	y := ganttTop + 4
	for k := range line.Lines {
		g.Rows = append(g.Rows, v.ganttRow(issue, &line, k, s, y))
		y += ganttRowH
	}
	for k := 1; k < len(line.Path.Tasks); k++ {
		a, b := ordinal(line.Path.Tasks[k-1]), ordinal(line.Path.Tasks[k])
		turn := s.x(line.Lines[b-1].Planned.From) + .5/s.days
		end := s.x(lastOf(&line.Lines[a-1]).Add(1))
		foot := func(n int) int { return ganttTop + 4 + n*ganttRowH - 6 }
		link := ganttLink{X1: share(min(end, turn)), X2: share(turn), Y1: foot(a), Y2: foot(b)}
		g.Links = append(g.Links, link)
	}
	g.Rule = y + 2
	y += 8
	g.Run = ganttTrack{LabelY: y + ganttLabel, Label: v.t("chart.parallel"), Aside: v.t("chart.until", v.date(line.End))}
	if !line.Ended && issue.ID != "" {
		g.Run.Aside = v.t("chart.until.planned", v.date(line.End))
	}
	whole := s.bar("rest", approval.Stretch{From: line.Start, To: line.End}, y+ganttBar, planHeight, v.t("chart.from.to", v.date(line.Start), v.date(line.End)))
	g.Run.Bars = []bar{whole}
	if issue.ID != "" {
		g.Run.Bars = append(g.Run.Bars, s.bar("run", approval.Stretch{From: line.Start, To: min(line.Until, line.End)}, y+ganttBar+3, doneHeight, "").within(whole))
	}
	y += ganttRowH
	g.Serial = ganttTrack{LabelY: y + ganttLabel, Label: v.t("chart.serial.upper"), Aside: v.t("chart.until", v.date(line.SerialEnd))}
	for k, b := range line.Serial {
		n := ordinal(b.ID)
		kind := "serial"
		if k%2 == 1 {
			kind = "serial alternate"
		}
		part := s.bar(kind, approval.Stretch{From: b.From, To: b.To}, y+ganttBar, planHeight, v.t("chart.serial.bar", v.subject(&issue.SignOffs[n-1]), v.date(b.From), v.date(b.To)))
		if part.wide > .016 {
			part.Label, part.Fine = b.ID, part.wide < .055
		}
		g.Serial.Bars = append(g.Serial.Bars, part)
		g.Rows[n-1].InTurn = v.t("chart.from.to", v.date(b.From), v.date(b.To))
	}
	g.Foot = y + ganttRowH - 4
	g.Height = g.Foot + 22
	if issue.ID != "" && !line.Ended {
		at := s.x(line.Until) + .5/s.days
		g.Today = &ganttTick{X: share(at), Text: v.t("chart.today", v.shortDate(line.Until)), Anchor: anchor(at)}
	}
	step := v.ganttAxis(g, rules.Calendar, s, last)
	g.Summary = append(v.ganttWords(issue, &line), v.t("chart.axis", step))
	return g, nil
}

func anchor(at float64) string {
	switch {
	case at < .15:
		return "start"
	case at > .85:
		return "end"
	}
	return "middle"
}

// ordinal undoes the id of a sign-off in a graph.
func ordinal(id string) int {
	n, _ := strconv.Atoi(id) // package approval made it
	return n
}

// lastOf is the day on which a line ends, or is to end.
func lastOf(l *approval.Line) calendar.Date {
	if l.Overdue.IsZero() {
		return max(l.Planned.To, l.Actual.To)
	}
	return l.Actual.To
}

// ganttAxis shades the days off and writes dates every so many working days; it answers
// how many.
func (v *visit) ganttAxis(g *gantt, c *calendar.Calendar, s scale, last calendar.Date) (step int) {
	for d := s.first; d <= last; d = d.Add(1) {
		from := d
		for d <= last && !c.Working(d) {
			d = d.Add(1)
		}
		if width := float64(d.Sub(from)) / s.days; width > .002 {
			off := bar{Kind: "off", Y: ganttTop, H: g.Foot - ganttTop, from: s.x(from), wide: width}
			g.Off = append(g.Off, off.placed())
		}
	}
	days := c.WorkingDays(s.first, last)
	for _, step = range []int{1, 2, 5, 10, 20, 40, 60, 120, 240, 480} {
		if float64(step)/float64(max(days, 1)) >= .065 {
			break
		}
	}
	kept := -1.
	for n := 0; n <= days; n += step {
		d := s.first
		if n > 0 {
			d = c.After(s.first, n)
		}
		at := s.x(d)
		if at > .955 {
			break
		}
		t := ganttTick{X: share(at), Text: v.shortDate(d), Fine: kept >= 0 && at-kept < .2 || at > .86}
		if !t.Fine {
			kept = at
		}
		g.Ticks = append(g.Ticks, t)
	}
	for d := s.first; d <= last; {
		year, _, _ := d.Civil()
		next := calendar.MustParse(strconv.Itoa(year+1) + "-01-01")
		if end := min(s.x(next), 1); end-s.x(d) > .05 {
			g.Years = append(g.Years, ganttTick{X: share(s.x(d)), Text: v.t("chart.year", year), Fine: end-s.x(d) < .14})
		}
		d = next
	}
	return step
}

// ganttRow draws one sign-off.
func (v *visit) ganttRow(issue *approval.Issue, line *approval.Timeline, k int, s scale, y int) ganttRow {
	so, l := &issue.SignOffs[k], &line.Lines[k]
	label, office := v.subject(so), v.department(so.Department)
	if so.Item == 0 { // the parties of one matter differ by department only
		label, office = office, label
	}
	row := ganttRow{
		ganttTrack: ganttTrack{LabelY: y + ganttLabel, Label: clip(strconv.Itoa(so.N)+" "+label, 14)},
		Office:     clip(office, 22), Full: v.t("task.named", so.N, v.subject(so), v.department(so.Department)),
		Critical: l.Critical, Late: !l.Overdue.IsZero() && so.DecidedAt.IsZero(), Counted: v.t("days.working", days(float64(l.Days))),
	}
	if issue.ID != "" {
		row.URL = taskURL(issue.ID, so.N)
	}
	row.Aside = v.ganttAside(issue, so, l)
	between := func(d approval.Stretch) string {
		if d.IsZero() {
			return v.t("none")
		}
		return v.t("chart.from.to", v.date(d.From), v.date(d.To))
	}
	row.Waiting, row.Planned, row.Actual = v.t("none"), between(l.Planned), between(l.Actual)
	add := func(b bar) { row.Bars = append(row.Bars, b) }
	if !l.Waiting.IsZero() {
		row.Waiting = v.t("chart.wait", v.numbers(so.Requires), between(l.Waiting))
		wait := s.bar("wait", approval.Stretch{From: l.Waiting.From, To: l.Waiting.To.Add(-1)}, y+ganttBar+6, 4, row.Waiting)
		add(wait)
	}
	plan := s.bar("plan", l.Planned, y+ganttBar, planHeight, v.t("chart.plan", v.date(l.Planned.From), v.date(l.Planned.To)))
	add(plan)
	if !l.Actual.IsZero() {
		kind := "run"
		switch {
		case so.State == approval.Objection || so.State == approval.Denied:
			kind = "objected"
		case so.State == approval.Void:
			kind = "void"
		case !so.DecidedAt.IsZero():
			kind = "done"
		}
		actual := s.bar(kind, l.Actual, y+ganttBar+3, doneHeight, v.t("chart.actual", v.date(l.Actual.From), v.date(l.Actual.To)))
		add(actual)
		if !l.Overdue.IsZero() {
			add(s.bar("late", l.Overdue, y+ganttBar, planHeight, v.t("chart.late", v.date(l.Planned.To))).within(actual))
		}
		for _, p := range l.Paused {
			said := v.t("chart.stop", v.date(p.From), v.date(p.To))
			row.Stops = append(row.Stops, said)
			add(s.bar("stop", p, y+ganttBar+3, doneHeight, said).within(actual))
		}
	}
	switch {
	case l.Critical:
		row.Counted += v.t("chart.critical.note")
		add(s.bar("critical", approval.Stretch{From: l.Planned.From, To: lastOf(l)}, y+ganttBar+planHeight+2, 4, v.t("chart.critical")))
	case l.Slack > 0:
		row.Counted += v.t("chart.slack", days(float64(l.Slack)))
	}
	return row
}

// ganttAside says in a few words how a sign-off stands.
func (v *visit) ganttAside(issue *approval.Issue, so *approval.SignOff, l *approval.Line) string {
	switch {
	case issue.ID == "":
		return v.limit(so.Limit)
	case !so.DecidedAt.IsZero() && so.State.Final():
		return v.t("chart.took", days(float64(l.Days)))
	case issue.Status.Ended() || !so.State.Asked():
		return clip(v.t("state."+string(so.State)), 9)
	case so.Stopped():
		return v.t("chart.stopped")
	case so.State == approval.Waiting:
		return clip(v.t("after", v.numbers(so.Requires)), 9)
	}
	return v.left(so.Due.On, v.today, so.Limit.Unit)
}

// ganttWords tells what the picture shows.
func (v *visit) ganttWords(issue *approval.Issue, line *approval.Timeline) []string {
	var critical []int
	for _, l := range line.Lines {
		if l.Critical {
			critical = append(critical, l.N)
		}
	}
	key := "chart.summary"
	if line.Ended {
		key = "chart.summary.ended"
	}
	words := []string{v.t(key, len(issue.SignOffs), v.date(line.Start), v.date(line.End))}
	if len(critical) > 0 {
		words = append(words, v.t("chart.path", v.numbers(critical), days(float64(line.Path.Days))))
	}
	var late, stopped []int
	for k, l := range line.Lines {
		if !l.Overdue.IsZero() {
			late = append(late, l.N)
		}
		if issue.SignOffs[k].Stopped() {
			stopped = append(stopped, l.N)
		}
	}
	if len(late) > 0 {
		words = append(words, v.t("chart.late.all", v.numbers(late)))
	}
	if len(stopped) > 0 {
		words = append(words, v.t("chart.stopped.all", v.numbers(stopped)))
	}
	return append(words, v.t("chart.worth", v.date(line.SerialEnd)))
}

// Text is the picture in words, as one text.
func (g *gantt) Text() string { return strings.Join(g.Summary, " ") }

// Kinds are the kinds of bars in the picture, for its legend.
func (g *gantt) Kinds() (kinds []string) {
	for _, kind := range []string{"plan", "wait", "run", "done", "objected", "late", "stop", "critical", "serial", "off"} {
		of := func(b bar) bool { return b.Kind == kind }
		if slices.ContainsFunc(g.Rows, func(r ganttRow) bool { return slices.ContainsFunc(r.Bars, of) }) || slices.ContainsFunc(g.Serial.Bars, of) || slices.ContainsFunc(g.Off, of) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
