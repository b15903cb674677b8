package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// SmallN is how many cases a group has at least that is shown in a ranking: with fewer, a
// figure says more about single cases than about the group.
const SmallN = 5

// Row says how long the sign-offs of a group took and whether on time.
type Row struct {
	Key string `json:"key"` // of the department, subject, district or month; empty: of all
	// Hidden means that the group has fewer than SmallN cases, or is the only one besides
	// such a group that could give it away, and nothing else is said of it.
	Hidden bool `json:"hidden"`
	cases  int  // the most behind any of the figures

	// Of those raised in the period, open ones included: net and gross working days. Those
	// granted on commitment are apart.
	Net     saving.Summary `json:"net"`
	Gross   saving.Summary `json:"gross"`
	Pledged saving.Summary `json:"onCommitment"` // net

	// Of those answered in the period, and open past due today. Tolerated are those that a
	// competent body found tolerable (容错认定): they stand in no other of these numbers but
	// FirstPass, Supplements, Extended, Queue, Touch and Held.
	Punctuality saving.Punctuality `json:"punctuality"`
	OnTime      saving.Share       `json:"onTime"`
	Tolerated   int                `json:"tolerated"`
	FirstPass   saving.Share       `json:"firstPass"`
	Supplements saving.Share       `json:"supplements"`
	Extended    saving.Share       `json:"extended"`
	Queue       saving.Summary     `json:"queue"`
	Touch       saving.Summary     `json:"touch"`
	Held        Held               `json:"held"`
}

// Held is the working days that the branch had sign-offs with it.
type Held struct {
	Cases int `json:"cases"`
	Days  int `json:"days"`
}

// By is how rows are grouped.
type By string

const (
	ByAll        By = ""
	ByDepartment By = "department"
	BySubject    By = "subject"
	ByDistrict   By = "district"
	ByRaised     By = "raised" // cohorts: by the month raised, which is in time order and hides nothing
)

type gathered struct {
	net, gross, pledged, queue, touch            bins
	punctuality                                  saving.Punctuality
	answered, first, supplements, extended, held int
	heldDays, tolerated                          int
}

// Rows are the groups of the sign-offs, ordered by key. In a ranking (all but ByAll and
// ByRaised) groups of fewer than SmallN cases are hidden, and groups of none left out.
func (d *Data) Rows(by By) []Row {
	return once(d, "rows by "+string(by), func() []Row { return d.rows(by) })
}

func (d *Data) rows(by By) []Row {
	groups := map[string]*gathered{}
	of := func(key string) *gathered {
		g := groups[key]
		if g == nil {
			g = &gathered{}
			groups[key] = g
		}
		return g
	}
	if by == ByAll {
		of("")
	}
	for n := range d.cells {
		c := &d.cells[n]
		department, subject := c.whose()
		key := map[By]string{ByDepartment: string(d.unit(department, subject)), BySubject: string(subject), ByDistrict: string(c.District)}[by]
		for k := range c.Groups {
			g := &c.Groups[k]
			if by == ByRaised {
				key = string(g.Raised)
				if !d.raised(g.Raised) {
					continue
				}
			}
			if d.raised(g.Raised) {
				to := of(key)
				if g.As == Pledged {
					to.pledged.net(d, g)
				} else {
					to.net.net(d, g)
				}
				to.gross.gross(d, g)
			}
			switch p := &of(key).punctuality; {
			case g.As == Open:
				of(key).tolerated += g.Tolerated
				for _, due := range g.Due {
					if calendar.Date(due.Day) < d.Version.On {
						p.PastDue += due.N
					}
				}
			case g.As.Answered() && (d.ended(c.Place) || by == ByRaised):
				p.ByDue += g.N - g.Late - g.Tolerated
				p.Late += g.Late
				of(key).tolerated += g.Tolerated
			}
		}
		if !d.ended(c.Place) || by == ByRaised {
			continue
		}
		to := of(key)
		for k := range c.Groups {
			if c.Groups[k].As.Answered() {
				to.answered += c.Groups[k].N
			}
		}
		to.first += c.First
		to.supplements += c.Supplements
		to.extended += c.Extended
		to.held += c.Held.N()
		to.heldDays += c.Held.Sum()
		to.queue.days(c.Queue, saving.Decided)
		to.touch.days(c.Touch, saving.Decided)
	}
	rows := []Row{}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		g := groups[key]
		r := Row{
			Key: key, Net: saving.Summarize(g.net.histogram()), Gross: saving.Summarize(g.gross.histogram()), Pledged: saving.Summarize(g.pledged.histogram()),
			Punctuality: g.punctuality, OnTime: g.punctuality.Rate(), Tolerated: g.tolerated,
			FirstPass: saving.ShareOf(g.first, g.answered), Supplements: saving.ShareOf(g.supplements, g.answered), Extended: saving.ShareOf(g.extended, g.answered),
			Queue: saving.Summarize(g.queue.histogram()), Touch: saving.Summarize(g.touch.histogram()), Held: Held{g.held, g.heldDays},
		}
		r.cases = max(r.Net.N+r.Pledged.N, r.OnTime.Of+r.Tolerated, g.answered)
		if ranked := by != ByAll && by != ByRaised; r.cases > 0 || !ranked {
			r.Hidden = ranked && r.cases < SmallN
			rows = append(rows, r)
		}
	}
	hide(rows)
	return rows
}

// hide empties the rows that are hidden. Where only one is, the next smallest is hidden
// too: otherwise whoever takes the others from the whole reads what is hidden.
func hide(rows []Row) {
	hidden, next := 0, -1
	for k := range rows {
		switch {
		case rows[k].Hidden:
			hidden++
		case next < 0 || rows[k].cases < rows[next].cases:
			next = k
		}
	}
	if hidden == 1 && next >= 0 {
		rows[next].Hidden = true
	}
	for k := range rows {
		if rows[k].Hidden {
			rows[k] = Row{Key: rows[k].Key, Hidden: true}
		}
	}
}

// Measure is what a survival curve is of.
type Measure string

const (
	NetDays   Measure = "net"   // of sign-offs, from acceptance, without the stops
	GrossDays Measure = "gross" // of sign-offs, from raising
	Spans     Measure = "span"  // of issues, from raising to the last answer
)

// Curve is the share of the cases raised in the period that was still open after so many
// working days, open cases included; those granted on commitment are left out.
func (d *Data) Curve(m Measure) saving.Curve { return saving.Survive(d.histogram(m)) }

func (d *Data) histogram(m Measure) saving.Histogram {
	var b bins
	if m == Spans {
		d.spans(&b, nil, d.Query.From, d.Query.To, nil)
		return b.histogram()
	}
	for n := range d.cells {
		for k := range d.cells[n].Groups {
			g := &d.cells[n].Groups[k]
			switch {
			case !d.raised(g.Raised) || g.As == Pledged:
			case m == GrossDays:
				b.gross(d, g)
			default:
				b.net(d, g)
			}
		}
	}
	return b.histogram()
}

// spans counts the issues that were raised in a period: in working days, and into days in
// calendar days. Only, when not nil, says of which forms.
func (d *Data) spans(working, days *bins, from, to Month, only map[string]bool) {
	for n := range d.forms {
		f := &d.forms[n]
		if only != nil && !only[f.Name] {
			continue
		}
		for k := range f.Runs {
			r := &f.Runs[k]
			if !within(r.Raised, from, to) || r.As == Pledged {
				continue
			}
			working.days(r.Span, r.As.ending())
			if days != nil {
				days.days(r.Days, r.As.ending())
			}
		}
		for _, c := range f.Open {
			raised := calendar.Date(c.Day)
			if !within(saving.MonthOf(raised), from, to) {
				continue
			}
			working.add(d.calendar.WorkingDays(raised, d.Version.On), saving.Open, c.N)
			if days != nil {
				days.add(d.Version.On.Sub(raised), saving.Open, c.N)
			}
		}
	}
}

// Saved is the time saved on the issues raised in the period, against every baseline.
type Saved struct {
	Span         saving.Summary `json:"span"` // T of all, open ones included; without those on commitment
	OnCommitment int            `json:"onCommitment"`
	// Measured are the issues behind Against, Serial to HandOff, of which nothing is open and
	// nothing was granted on commitment. The four are sums over them, in working days.
	Measured int                `json:"measured"`
	Serial   saving.WorkingDays `json:"serial"`
	Critical saving.WorkingDays `json:"critical"`
	HandOff  saving.WorkingDays `json:"handOff"`
	// Against has the baselines side by side, each per issue on average over the issues for
	// which it is known.
	Against  []Against     `json:"against"`
	Headline saving.Saving `json:"headline"`
	// Attribution says what the difference to the historical medians is due to: sums over the
	// issues of which every item has a history. Absent when there is none.
	Attribution *saving.Attribution `json:"attribution,omitempty"`
	// Matched compares the mean spans of issues with the same prerequisite graphs, before and
	// after, open ones included.
	Matched saving.Comparison `json:"matched"`
}

// Against is one baseline and the mean span of the issues that it is compared with.
type Against struct {
	saving.Baseline
	Issues int                `json:"issues"`
	Span   saving.WorkingDays `json:"span"`
}

// seed makes an interval the same whenever it is computed from the same data.
const seed = 20210301

// Saved measures against the limits and against the months of reference.
func (d *Data) Saved() (Saved, error) {
	type answer struct {
		saved Saved
		err   error
	}
	a := once(d, "saved", func() (a answer) {
		a.saved, a.err = d.saved()
		return a
	})
	return a.saved, a.err
}

func (d *Data) saved() (Saved, error) {
	q := d.Query
	var span bins
	d.spans(&span, nil, q.From, q.To, nil)
	out := Saved{Span: saving.Summarize(span.histogram())}
	serial, critical := Against{Baseline: saving.Baseline{Kind: saving.StatutorySerial}}, Against{Baseline: saving.Baseline{Kind: saving.StatutoryCritical}}
	before := Against{Baseline: saving.Baseline{Kind: saving.HistoricalSerial, From: first(q.BaseFrom), To: last(q.BaseTo)}}
	if d.Version.Archive > 0 {
		before.From, before.To = calendar.Date(0), calendar.Date(0)
		for _, i := range d.past {
			if before.From.IsZero() || i.From < before.From {
				before.From = i.From
			}
			before.To = max(before.To, i.To)
		}
	}
	at := saving.Attribution{}
	histories := d.histories()
	both := map[string]bool{} // the forms of both periods
	beforeCritical := before
	beforeCritical.Kind = saving.HistoricalCritical
	missing := map[string]bool{}
	for n := range d.forms {
		f := &d.forms[n]
		items := make([]saving.History, len(f.Nodes))
		reference := q.BaseFrom != "" || d.Version.Archive > 0
		known := len(items) > 0 && reference
		for k, node := range f.Nodes {
			items[k] = histories[node.Subject]
			items[k].ID = string(rune('a'+k/26)) + string(rune('a'+k%26))
			for _, r := range node.Requires {
				items[k].Requires = append(items[k].Requires, string(rune('a'+r/26))+string(rune('a'+r%26)))
			}
			if items[k].N < saving.EnoughN || items[k].Unreached {
				known = false
				if reference {
					missing[string(node.Subject)] = true
				}
			}
		}
		var s, c saving.Baseline
		if known {
			var err error
			if s, c, err = saving.Historical(items); err != nil {
				return out, err
			}
		}
		for k := range f.Runs {
			r := &f.Runs[k]
			if within(r.Raised, q.BaseFrom, q.BaseTo) && r.As != Pledged {
				both[f.Name] = true
			}
			if !d.raised(r.Raised) {
				continue
			}
			if r.As == Pledged {
				out.OnCommitment += r.N
				continue
			}
			out.Measured += r.Measured
			out.Serial += saving.WorkingDays(r.Serial)
			out.Critical += saving.WorkingDays(r.Critical)
			out.HandOff += saving.WorkingDays(r.HandOff)
			// What was measured has a span of C and what was lost in handing on.
			spans := saving.WorkingDays(r.Critical + r.HandOff)
			if r.Limits > 0 && r.Limits == r.Measured {
				serial.sum(r.Limits, saving.WorkingDays(r.LimitsS), spans)
				critical.sum(r.Limits, saving.WorkingDays(r.LimitsC), spans)
			}
			if known && r.Measured > 0 {
				n := saving.WorkingDays(r.Measured)
				before.sum(r.Measured, n*s.Days, spans)
				beforeCritical.sum(r.Measured, n*c.Days, spans)
				before.P90 += n * s.P90
				beforeCritical.P90 += n * c.P90
				before.P90Beyond, beforeCritical.P90Beyond = before.P90Beyond || s.P90Beyond, beforeCritical.P90Beyond || c.P90Beyond
				if before.N == 0 || s.N < before.N {
					before.N, beforeCritical.N = s.N, s.N
				}
				at.SerialBefore += n * s.Days
				at.CriticalBefore += n * c.Days
				at.SerialAfter += saving.WorkingDays(r.Serial)
				at.CriticalAfter += saving.WorkingDays(r.Critical)
			}
		}
	}
	if before.Issues > 0 {
		// The parts are linear in S and C, so that those of the sums are the sums of the parts.
		at.Parallelism = ((at.SerialBefore - at.CriticalBefore) + (at.SerialAfter - at.CriticalAfter)) / 2
		at.FasterReview = ((at.SerialBefore - at.SerialAfter) + (at.CriticalBefore - at.CriticalAfter)) / 2
		at.Total = at.SerialBefore - at.CriticalAfter
		out.Attribution = &at
	} else {
		before.Missing = slices.Sorted(maps.Keys(missing))
		if len(before.Missing) == 0 {
			before.Missing = []string{"history"}
		}
		beforeCritical.Missing = before.Missing
	}
	out.Against = []Against{serial, critical, before, beforeCritical}
	for k := range out.Against {
		out.Against[k].mean()
	}
	if err := d.matched(&out, both); err != nil {
		return out, err
	}
	baselines := make([]saving.Baseline, len(out.Against))
	for k, a := range out.Against {
		if baselines[k] = a.Baseline; a.Issues == 0 && a.Complete() {
			baselines[k].Missing = []string{"issues"}
			out.Against[k].Missing = baselines[k].Missing
		}
	}
	// Each baseline stands for issues of its own, with which it has to be compared.
	out.Headline = saving.Headline(saving.Run{}, baselines...)
	for _, a := range out.Against {
		if !out.Headline.Insufficient && a.Kind == out.Headline.Baseline.Kind {
			out.Headline = saving.Headline(saving.Run{Span: a.Span}, baselines...)
			out.Headline.CalendarSaved, out.Headline.Baseline.CalendarSpan = 0, 0 // means have no calendar span
		}
	}
	return out, nil
}

func (a *Against) sum(n int, days, span saving.WorkingDays) {
	a.Issues += n
	a.Days += days
	a.Span += span
}

func (a *Against) mean() {
	if n := saving.WorkingDays(a.Issues); n > 0 {
		a.Days, a.Span, a.P90 = a.Days/n, a.Span/n, a.P90/n
	}
	a.Known = a.Days
}

// matched adds the baseline (d): the spans of issues with the same prerequisite graphs
// that were raised in the months of reference.
func (d *Data) matched(out *Saved, forms map[string]bool) error {
	q := d.Query
	var spans, days, after bins
	d.spans(&spans, &days, q.BaseFrom, q.BaseTo, forms)
	d.spans(&after, nil, q.From, q.To, forms)
	now := after.histogram()
	b, err := saving.MatchedWith(spans.histogram(), days.histogram(), first(q.BaseFrom), last(q.BaseTo))
	if err != nil {
		return err
	}
	a := Against{Baseline: b, Issues: now.N()}
	if median := saving.Survive(now).Quantile(0.5); now.N() >= saving.EnoughN && median.Reached() {
		a.Span = *median.Days
	} else if a.Complete() { // there is nothing to compare with it
		a.Baseline.Missing = []string{"median"}
		a.Baseline.Days = 0
	}
	out.Against = append(out.Against, a)
	out.Matched = saving.Compare(spans.histogram(), now, seed)
	return nil
}

// histories are how long each subject took net: by the register of past approvals, when there is
// one, otherwise in the months of reference.
func (d *Data) histories() map[Subject]saving.History {
	if d.Version.Archive > 0 {
		out := map[Subject]saving.History{}
		for _, i := range d.past {
			out[Subject(i.Item)] = i.History(i.Item, nil)
		}
		return out
	}
	by := map[Subject]*bins{}
	for n := range d.cells {
		c := &d.cells[n]
		_, subject := c.whose()
		for k := range c.Groups {
			g := &c.Groups[k]
			if !within(g.Raised, d.Query.BaseFrom, d.Query.BaseTo) || g.As == Pledged {
				continue
			}
			if by[subject] == nil {
				by[subject] = &bins{}
			}
			by[subject].net(d, g)
		}
	}
	out := map[Subject]saving.History{}
	for subject, b := range by {
		out[subject] = saving.HistoryOf(string(subject), nil, b.histogram(), first(d.Query.BaseFrom), last(d.Query.BaseTo))
	}
	return out
}

func first(m Month) calendar.Date {
	d, err := calendar.Parse(string(m) + "-01")
	if err != nil {
		return 0
	}
	return d
}

func last(m Month) calendar.Date {
	d := first(m)
	if d.IsZero() {
		return 0
	}
	year, month, _ := d.Civil()
	if month++; month > 12 {
		year, month = year+1, 1
	}
	return calendar.On(year, month, 1).Add(-1)
}

// Bottleneck says how the sign-offs of a department on a subject lay on the longest paths
// of the issues that ended in the period.
type Bottleneck struct {
	Department  roster.DepartmentID `json:"department"`
	Subject     Subject             `json:"subject"`
	Hidden      bool                `json:"hidden"`
	Criticality saving.Share        `json:"criticality"` // on a longest path, of all
	Slack       float64             `json:"slack"`       // mean working days by which it might have been later
}

// Bottlenecks are those of the period, the most often critical first.
func (d *Data) Bottlenecks() []Bottleneck { return once(d, "bottlenecks", d.bottlenecks) }

func (d *Data) bottlenecks() []Bottleneck {
	type key struct {
		department roster.DepartmentID
		subject    Subject
	}
	sums := map[key]Part{}
	for n := range d.forms {
		if !d.ended(d.forms[n].Place) {
			continue
		}
		for _, p := range d.forms[n].Parts {
			sum := sums[key{p.Department, p.Subject}]
			sum.N += p.N
			sum.Critical += p.Critical
			sum.Slack += p.Slack
			sums[key{p.Department, p.Subject}] = sum
		}
	}
	out := []Bottleneck{}
	for k, p := range sums {
		b := Bottleneck{Department: k.department, Subject: k.subject, Hidden: p.N < SmallN}
		if !b.Hidden {
			b.Criticality, b.Slack = saving.ShareOf(p.Critical, p.N), float64(p.Slack)/float64(p.N)
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b Bottleneck) int {
		return cmp.Or(cmp.Compare(b.Criticality.Count*max(1, a.Criticality.Of), a.Criticality.Count*max(1, b.Criticality.Of)),
			cmp.Compare(a.Department, b.Department), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// Variant is a way that granted issues took, and how long they took on it.
type Variant struct {
	Marks []string       `json:"marks"` // what happened beyond asking and answering; see the package
	Span  saving.Summary `json:"span"`
}

// Variants are the ways of the issues that ended in the period, the most frequent first.
func (d *Data) Variants() []Variant { return once(d, "variants", d.variants) }

func (d *Data) variants() []Variant {
	by := map[string]*bins{}
	for n := range d.forms {
		if !d.ended(d.forms[n].Place) {
			continue
		}
		for _, p := range d.forms[n].Paths {
			if by[p.Path] == nil {
				by[p.Path] = &bins{}
			}
			by[p.Path].days(p.Span, saving.Decided)
		}
	}
	out := []Variant{}
	for _, path := range slices.Sorted(maps.Keys(by)) {
		v := Variant{Marks: []string{}, Span: saving.Summarize(by[path].histogram())}
		if path != "" {
			v.Marks = strings.Split(path, "+")
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b Variant) int { return cmp.Compare(b.Span.N, a.Span.N) })
	return out
}

// Chart is the control chart of the mean spans of the issues that ended, month by month.
func (d *Data) Chart() saving.Chart { return once(d, "chart", d.chart) }

func (d *Data) chart() saving.Chart {
	sums := map[Month]Days{}
	for n := range d.forms {
		f := &d.forms[n]
		if !d.ended(f.Place) {
			continue
		}
		for k := range f.Runs {
			if r := &f.Runs[k]; r.As != Withdrawn && r.As != Pledged {
				sum := sums[f.Month]
				sum.Merge(r.Span)
				sums[f.Month] = sum
			}
		}
	}
	readings := []saving.Reading{}
	for _, m := range slices.Sorted(maps.Keys(sums)) {
		readings = append(readings, saving.Reading{ID: string(m), Days: saving.WorkingDays(sums[m].Sum()) / saving.WorkingDays(sums[m].N())})
	}
	return saving.ChartOf(readings)
}

// Subjects are what sign-offs were raised on in the period, or answered, in order of key.
func (d *Data) Subjects() (subjects []Subject) {
	for _, r := range d.Rows(BySubject) {
		subjects = append(subjects, Subject(r.Key))
	}
	return subjects
}

// Departments are those that had sign-offs in the period.
func (d *Data) Departments() (departments []roster.DepartmentID) {
	for _, r := range d.Rows(ByDepartment) {
		departments = append(departments, roster.DepartmentID(r.Key))
	}
	return departments
}

// Requirements are the prerequisites that there were in issues that ended in the period.
func (d *Data) Requirements() []saving.Requirement { return once(d, "requirements", d.requirements) }

func (d *Data) requirements() []saving.Requirement {
	seen := map[saving.Requirement]bool{}
	for n := range d.forms {
		if f := &d.forms[n]; d.ended(f.Place) {
			for _, node := range f.Nodes {
				for _, at := range node.Requires {
					seen[saving.Requirement{Item: string(node.Subject), Requires: string(f.Nodes[at].Subject)}] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b saving.Requirement) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Requires, b.Requires))
	})
}

// Hidden is how many groups of a ranking are hidden.
func (d *Data) Hidden(by By) (n int) {
	for _, r := range d.Rows(by) {
		if r.Hidden {
			n++
		}
	}
	return n
}
