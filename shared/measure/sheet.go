package measure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Month is a month as 2026-03, in Asia/Shanghai; or OpenMonth.
type Month = saving.Month

// OpenMonth is where those stand that have not ended.
const OpenMonth Month = "open"

// Subject is what a sign-off is about: an item's number or a matter's code.
type Subject string

// SubjectOf is the subject of a sign-off.
func SubjectOf(s *approval.SignOff) Subject {
	if s.Item != 0 {
		return Subject(strconv.Itoa(int(s.Item)))
	}
	return Subject(s.Matter)
}

// Parts tells an item from a matter; exactly one of them is set.
func (s Subject) Parts() (catalog.ItemNo, catalog.MatterCode) {
	if n, err := strconv.Atoi(string(s)); err == nil {
		return catalog.ItemNo(n), ""
	}
	return 0, catalog.MatterCode(s)
}

// Outcome is how a sign-off or an issue stands.
type Outcome string

const (
	Waiting   Outcome = ""          // nobody has been asked yet, or it was not needed: not counted
	Open      Outcome = "open"      // asked and not answered
	Granted   Outcome = "granted"   // 同意
	Pledged   Outcome = "pledged"   // granted with duties that are verified later (告知承诺、附条件、容缺): counted apart
	Refused   Outcome = "refused"   // objected to, unless the objection was set aside
	Withdrawn Outcome = "withdrawn" // the branch withdrew: a competing outcome
	Dropped   Outcome = "dropped"   // the issue ended without its answer: another
)

// Answered reports whether the office gave an answer.
func (o Outcome) Answered() bool { return o == Granted || o == Pledged || o == Refused }

// Sheet is what one issue adds to the figures.
type Sheet struct {
	Issue    approval.IssueID    `json:"-"`
	Version  int64               `json:"version"` // of the issue; 0: nothing of it has been folded
	District roster.DistrictCode `json:"district"`
	Raised   calendar.Date       `json:"raised"`
	Lines    []Line              `json:"lines,omitempty"`
	Course   Course              `json:"course"`
}

// Line is one sign-off as it counts. Lengths are in working days.
type Line struct {
	Subject    Subject             `json:"s"`
	Department roster.DepartmentID `json:"d,omitempty"`
	Requires   []int               `json:"r,omitempty"` // positions of lines
	Outcome    Outcome             `json:"o,omitempty"`

	Ended      calendar.Date `json:"e,omitzero"`   // when it was answered, or the issue ended without it
	Net        int           `json:"n,omitempty"`  // without the stops; of one that is open and stands still, so far
	Gross      int           `json:"g,omitempty"`  // from raising
	Stay       int           `json:"st,omitempty"` // of those answered: since it was opened, stops within
	TakenUp    bool          `json:"tk,omitempty"` // of those answered: it is known when somebody took it up
	Queue      int           `json:"q,omitempty"`  // from opening until then
	Touch      int           `json:"t,omitempty"`  // from then on, without the stops
	Held       int           `json:"h,omitempty"`  // with the branch
	Late       bool          `json:"l,omitempty"`  // answered after its last day
	Tolerated  bool          `json:"to,omitempty"` // nobody is to answer for it (容错认定): it counts neither as on time nor as late
	Supplement bool          `json:"su,omitempty"` // the branch was asked for a supplement
	Extended   bool          `json:"ex,omitempty"`
	Redone     bool          `json:"re,omitempty"` // there was an answer before this one

	// Of one that is open.
	Came  calendar.Date `json:"op,omitzero"` // when it was opened
	From  calendar.Date `json:"f,omitzero"`  // the day from which its working days are to be counted, stops allowed for
	Still bool          `json:"p,omitempty"`
	Due   calendar.Date `json:"u,omitzero"` // its last day, unless the clock stands still

	// Of an issue that was measured: how the sign-off lay on its longest path.
	Critical bool `json:"c,omitempty"`
	Slack    int  `json:"k,omitempty"`
}

// Course is an issue as a whole, as it counts. Lengths are in working days.
type Course struct {
	Outcome Outcome       `json:"o"`
	Ended   calendar.Date `json:"e,omitzero"`
	Span    int           `json:"t,omitempty"` // T, from raised to the last answer; of one withdrawn, to that day
	Days    int           `json:"d,omitempty"` // the same in calendar days
	Path    string        `json:"w,omitempty"` // the way it took, once it has ended: see pathOf
	Form    string        `json:"f"`           // the name of its prerequisite graph

	Measured bool `json:"m,omitempty"`  // what follows is known
	Serial   int  `json:"s,omitempty"`  // S of the net days
	Critical int  `json:"c,omitempty"`  // C of them
	Limits   bool `json:"l,omitempty"`  // every limit is known
	LimitsS  int  `json:"ls,omitempty"` // S of the limits
	LimitsC  int  `json:"lc,omitempty"` // C of them
}

// Of is the sheet of an issue as it stands. A draft has an empty one.
func Of(r approval.Rules, i *approval.Issue) Sheet {
	s := Sheet{Issue: i.ID, Version: i.Version}
	if i.RaisedAt.IsZero() {
		return s
	}
	s.District, s.Raised = i.District, calendar.Of(i.RaisedAt)
	s.Lines = make([]Line, len(i.SignOffs))
	for k := range i.SignOffs {
		s.Lines[k] = lineOf(r, i, &i.SignOffs[k])
		if s.Lines[k].Outcome == Waiting {
			s.Lines[k].Department = "" // it is nobody's figure yet
		}
	}
	s.course(r, i)
	nodes := s.nodes()
	text, err := json.Marshal(nodes)
	if err != nil {
		panic("measure: a graph cannot be encoded: " + err.Error())
	}
	digest := sha256.Sum256(text)
	s.Course.Form = hex.EncodeToString(digest[:8])
	return s
}

func lineOf(r approval.Rules, i *approval.Issue, s *approval.SignOff) Line {
	l := Line{Subject: SubjectOf(s), Department: s.Department, Tolerated: s.Tolerated()}
	for _, n := range s.Requires {
		l.Requires = append(l.Requires, n-1)
	}
	switch s.State {
	case approval.Open, approval.Supplement, approval.PapersBack:
		l.open(r, s)
		return l
	case approval.Granted:
		l.Outcome = Granted
		if len(s.Duties) > 0 {
			l.Outcome = Pledged
		}
	case approval.Denied, approval.Objection:
		l.Outcome = Refused
	case approval.Void:
		if !i.Status.Ended() || s.OpenedAt.IsZero() {
			return l
		}
		l.Outcome = Dropped
		if i.Status == approval.Withdrawn {
			l.Outcome = Withdrawn
		}
		l.Ended = calendar.Of(i.ConcludedAt)
		l.Gross = r.Calendar.WorkingDays(calendar.Of(i.RaisedAt), l.Ended)
		l.Net = r.Calendar.Used(calendar.Of(s.AcceptedAt), l.Ended, calendar.WorkingDays, i.Piece(s).Stops)
		return l
	default:
		return l
	}
	piece := i.Piece(s)
	m, err := piece.Measure(r.Calendar)
	if err != nil { // what has no dates cannot be counted
		return Line{Subject: l.Subject, Department: l.Department, Requires: l.Requires}
	}
	l.Ended, l.Net, l.Gross, l.Held = piece.Decided, int(m.Net), int(m.Gross), int(m.Held)
	l.Late = !s.Due.On.IsZero() && l.Ended > s.Due.On
	l.Stay = r.Calendar.WorkingDays(calendar.Of(s.OpenedAt), l.Ended)
	if on := s.TakenUp(); !on.IsZero() {
		l.TakenUp = true
		l.Queue = r.Calendar.WorkingDays(calendar.Of(s.OpenedAt), on)
		l.Touch = r.Calendar.Used(on, l.Ended, calendar.WorkingDays, piece.Stops)
	}
	l.marks(s)
	return l
}

func (l *Line) marks(s *approval.SignOff) {
	l.Supplement = s.Request != nil || slices.ContainsFunc(s.Earlier, func(a approval.Attempt) bool { return a.Request != nil })
	l.Extended = s.Extension != nil && s.Extension.Answer == approval.ExtensionGranted
	l.Redone = len(s.Earlier) > 0
}

// open keeps dates, from which what an open sign-off has taken is counted on the day
// on which somebody asks.
func (l *Line) open(r approval.Rules, s *approval.SignOff) {
	l.Outcome, l.Came = Open, calendar.Of(s.OpenedAt)
	accepted := calendar.Of(s.AcceptedAt)
	last := accepted // the last day on which a stop began or ended
	stops := make([]calendar.Span, len(s.Stops))
	for k, stop := range s.Stops {
		stops[k].From = calendar.Of(stop.From)
		last = max(last, stops[k].From)
		if !stop.To.IsZero() {
			stops[k].To = calendar.Of(stop.To)
			last = max(last, stops[k].To)
		}
	}
	used := r.Calendar.Used(accepted, last, calendar.WorkingDays, stops)
	if s.Stopped() {
		l.Still, l.Net = true, used
		return
	}
	l.From = r.Calendar.After(accepted, r.Calendar.WorkingDays(accepted, last)-used)
	l.Due = s.Due.On
}

// course measures the issue as a whole.
func (s *Sheet) course(r approval.Rules, i *approval.Issue) {
	c := &s.Course
	c.Outcome = Open
	if !i.Status.Ended() {
		return
	}
	c.Path = pathOf(i)
	c.Outcome, c.Ended = Withdrawn, calendar.Of(i.ConcludedAt)
	if i.Status != approval.Withdrawn {
		switch c.Outcome = Granted; {
		case i.Verdict == approval.Refused:
			c.Outcome = Refused
		case slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Outcome == Pledged }):
			c.Outcome = Pledged
		}
		if m := i.Measure; m != nil {
			c.Ended = m.LastOn
		}
	}
	c.Span, c.Days = r.Calendar.WorkingDays(s.Raised, c.Ended), c.Ended.Sub(s.Raised)
	report, ok, err := r.Report(i)
	if !ok || err != nil {
		return // withdrawn, or of dates that cannot be measured: it counts with its span alone
	}
	c.Measured = true
	c.Serial, c.Critical = whole(report.Run.Serial), whole(report.Run.Path.Days)
	if serial, critical := report.Baselines[0], report.Baselines[1]; serial.Complete() {
		c.Limits, c.LimitsS, c.LimitsC = true, whole(serial.Days), whole(critical.Days)
	}
	for _, slot := range report.Run.Path.Slots {
		n, err := strconv.Atoi(slot.ID)
		if err != nil || n < 1 || n > len(s.Lines) {
			panic("measure: the report names no sign-off: " + slot.ID)
		}
		l := &s.Lines[n-1]
		l.Critical, l.Slack = slot.Slack == 0, whole(slot.Slack)
	}
}

// whole is exact: net days and limits are whole working days.
func whole(d saving.WorkingDays) int { return int(math.Round(float64(d))) }

// Node is a sign-off in a prerequisite graph.
type Node struct {
	Subject  Subject `json:"s"`
	Requires []int   `json:"r,omitempty"` // positions of nodes
}

// nodes are the graph by which the issue is compared with others: of one that has
// ended, of what was answered. The order in which items were chosen plays no part,
// nor do the departments.
func (s *Sheet) nodes() []Node {
	ended := s.Course.Outcome != Open
	var order []int
	for k := range s.Lines {
		if !ended || s.Lines[k].Outcome.Answered() || s.Course.Outcome == Withdrawn {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return strings.Compare(string(s.Lines[a].Subject), string(s.Lines[b].Subject))
	})
	nodes := make([]Node, len(order))
	for at, k := range order {
		nodes[at].Subject = s.Lines[k].Subject
		for _, need := range s.Lines[k].Requires {
			if n := slices.Index(order, need); n >= 0 {
				nodes[at].Requires = append(nodes[at].Requires, n)
			}
		}
		slices.Sort(nodes[at].Requires)
	}
	return nodes
}

// pathOf names the way an issue took (变体): what happened on it beyond asking and
// answering, in this order, each once, joined by "+"; "" when nothing did.
func pathOf(i *approval.Issue) string {
	var marks []string
	mark := func(name string, happened bool) {
		if happened {
			marks = append(marks, name)
		}
	}
	any := func(f func(s *approval.SignOff) bool) bool {
		for k := range i.SignOffs {
			if f(&i.SignOffs[k]) {
				return true
			}
		}
		return false
	}
	mark("supplement", any(func(s *approval.SignOff) bool {
		return s.Request != nil || slices.ContainsFunc(s.Earlier, func(a approval.Attempt) bool { return a.Request != nil })
	}))
	mark("stop", any(func(s *approval.SignOff) bool {
		return slices.ContainsFunc(s.Stops, func(stop approval.Stop) bool { return !stop.ByBranch() })
	}))
	mark("extension", any(func(s *approval.SignOff) bool {
		return s.Extension != nil && s.Extension.Answer == approval.ExtensionGranted
	}))
	mark("added", any(func(s *approval.SignOff) bool { return len(s.Added) > 0 }))
	mark("objection", any(func(s *approval.SignOff) bool {
		object := func(d *approval.Decision) bool { return d != nil && d.Kind == approval.Object }
		return object(s.Decision) || slices.ContainsFunc(s.Earlier, func(a approval.Attempt) bool { return object(a.Decision) })
	}))
	mark("consultation", i.Consultation != nil || len(i.Past) > 0)
	again := len(i.Rounds) - 1 - len(i.Closings)
	for _, r := range i.Rounds {
		if r.Verdict == approval.Continued {
			again--
		}
	}
	mark("returned", again > 0)
	mark("escalated", any(func(s *approval.SignOff) bool { return len(s.Climbs) > 0 }))
	mark("reopened", len(i.Closings) > 0)
	return strings.Join(marks, "+")
}
