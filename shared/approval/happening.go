package approval

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Concern (监督类别) is for what an overseer looks at an event: how it departs from the
// plain course of an issue, in which everybody agrees in time.
type Concern string

const (
	Pausing     Concern = "pause"       // 停表、补正: a clock stands still, or goes on
	Extending   Concern = "extension"   // 延期
	Overriding  Concern = "override"    // 裁定、改变意见: somebody else's word takes the place of a department's
	Skipping    Concern = "skip"        // 越级: a tier was passed over
	Reopening   Concern = "reopen"      // 重新启动
	Revoking    Concern = "revoke"      // 撤销同意
	Relaxing    Concern = "relax"       // 告知承诺、附条件、容缺
	Dissenting  Concern = "dissent"     // 异议、会商
	Handing     Concern = "hand"        // 转办、改派、回避、移交
	Climbing    Concern = "climb"       // 催办、逾期、提级、督办
	Tolerating  Concern = "tolerance"   // 容错认定: an overrun or an objection that rates leave out
	Noting      Concern = "note"        // 监督意见、预警处置
	Interfering Concern = "interfering" // 系统异常与恢复
)

// Concerns are all of them, in the order in which they are shown.
func Concerns() []Concern {
	return []Concern{Pausing, Extending, Overriding, Skipping, Reopening, Revoking, Relaxing, Dissenting, Handing, Climbing, Tolerating, Noting, Interfering}
}

// concerns are the kinds of events that overseers look at in lists. What is missing is the
// plain course, and reads in the issue's own trail.
var concerns = map[string]Concern{
	EvRequest: Pausing, EvAnswer: Pausing, EvStop: Pausing, EvEndStop: Pausing, EvStopEnds: Pausing, EvPapersBack: Pausing, EvRefile: Pausing,
	EvPauseLadder: Pausing, EvResumeLadder: Pausing,
	EvAskExtend: Extending, EvExtend: Extending, EvNotExtend: Extending,
	EvRule: Overriding, EvReturn: Overriding, EvCarry: Overriding, EvAssign: Overriding, EvUncounter: Overriding,
	EvReopen: Reopening, EvRevoke: Revoking,
	EvCommit: Relaxing, EvCondition: Relaxing, EvGaps: Relaxing, EvMiss: Relaxing,
	EvObject: Dissenting, EvConsult: Dissenting, EvExcuse: Dissenting, EvCount: Dissenting, EvRefer: Dissenting, EvSettle: Dissenting, EvWithdraw: Dissenting,
	EvTransfer: Handing, EvSendBack: Handing, EvReassign: Handing, EvRecuse: Handing, EvHandOver: Handing, EvOfficer: Handing, EvUnowned: Handing,
	EvFollow: Handing, EvAddSigner: Handing, EvCancelAdded: Handing,
	EvUrge: Climbing, EvRed: Climbing, EvEscalate: Climbing, EvPassUp: Climbing, EvDispose: Climbing, EvSupervise: Climbing, EvReplyNotice: Climbing,
	EvRecheck: Climbing, EvLapse: Climbing, EvCloseNotice: Climbing,
	EvProposeTolerance: Tolerating, EvConfirmTolerance: Tolerating, EvRefuseTolerance: Tolerating, EvEndTolerance: Tolerating,
	EvDisposeWarning: Noting,
	EvStuck:          Interfering, EvResume: Interfering, EvCarryOver: Interfering, EvRestate: Interfering, EvRouse: Interfering,
}

// Concern says what an overseer looks at the event for; "" when it is of the plain course.
func (e *Event) Concern() Concern {
	switch {
	case e.Kind == EvPassUp || e.Kind == EvEscalate:
		var d struct {
			Skipped string `json:"skipped"`
		}
		if json.Unmarshal(e.Detail, &d) == nil && d.Skipped != "" {
			return Skipping
		}
	case e.Kind == EvComment && e.By.Role == roster.Overseer:
		return Noting
	}
	return concerns[e.Kind]
}

// KindsOf are the kinds of events that an overseer may look at for a concern, by name.
func KindsOf(c Concern) (kinds []string) {
	for kind, of := range concerns {
		if of == c {
			kinds = append(kinds, kind)
		}
	}
	switch c {
	case Skipping:
		kinds = append(kinds, EvPassUp)
	case Noting:
		kinds = append(kinds, EvComment)
	}
	slices.Sort(kinds)
	return kinds
}

// Happening (监督事项) points to an event that overseers look at, from the lists in which
// they look for it. The commit that writes the event writes it too, once and for all.
type Happening struct {
	Issue   IssueID   `json:"issue"`
	Seq     int64     `json:"seq"` // of the event
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Concern Concern   `json:"concern"`
	By      Actor     `json:"by"`
	// Department is whose sign-off it is about (as of its commit; as of the day on which the
	// lists were filled, for what is older than they are), or else whose person did it; ""
	// for neither.
	Department roster.DepartmentID `json:"department,omitempty"`
	Project    roster.ProjectID    `json:"project"`
}

// Place orders the lists by time, and no two happenings have the same.
type Place struct {
	At    time.Time
	Issue IssueID
	Seq   int64
}

// Place is where the happening stands.
func (h *Happening) Place() Place { return Place{h.At, h.Issue, h.Seq} }

// Compare orders places by time, those of one moment by issue and number.
func (p Place) Compare(q Place) int {
	return cmp.Or(p.At.Compare(q.At), cmp.Compare(p.Issue, q.Issue), cmp.Compare(p.Seq, q.Seq))
}

// Happening is what the lists hold of an event of an issue; its Concern is "" when they hold nothing.
func (r Rules) Happening(i *Issue, e *Event) Happening {
	h := Happening{Issue: i.ID, Seq: e.Seq, At: e.At, Kind: e.Kind, Concern: e.Concern(), By: e.By, Project: i.Project}
	if s := i.SignOff(e.SignOff); s != nil {
		h.Department = s.Department
	} else if d, ok := r.Roster.Department(roster.DepartmentID(e.By.Unit)); ok {
		h.Department = d.ID
	}
	return h
}

func (r Rules) happenings(i *Issue, events []Event) (list []Happening) {
	for k := range events {
		if h := r.Happening(i, &events[k]); h.Concern != "" {
			list = append(list, h)
		}
	}
	return list
}

// HappeningQuery takes exactly one of Concern, Person and Department: the happenings from a
// moment on and before a place, the latest first.
type HappeningQuery struct {
	Concern    Concern
	Person     roster.PersonID
	Department roster.DepartmentID
	From       time.Time
	Before     Place // zero: to the end
}

// HappeningFilter says which happenings an overseer looks for; what is zero narrows nothing.
type HappeningFilter struct {
	Concern     Concern
	Kind        string // of the event
	Person      roster.PersonID
	Department  roster.DepartmentID
	From, Until calendar.Date // days, both included
}

// Passes reports whether a happening is what is looked for, whenever it was.
func (f *HappeningFilter) Passes(h *Happening) bool {
	return (f.Concern == "" || h.Concern == f.Concern) && (f.Kind == "" || h.Kind == f.Kind) &&
		(f.Person == "" || h.By.Person == f.Person) && (f.Department == "" || h.Department == f.Department)
}

// queries are the lists that together hold what the filter looks for: the fewest there are.
func (f *HappeningFilter) queries(before Place) (all []HappeningQuery) {
	q := HappeningQuery{Before: before}
	if !f.From.IsZero() {
		q.From = f.From.Start()
	}
	switch {
	case f.Person != "":
		q.Person = f.Person
	case f.Concern != "":
		q.Concern = f.Concern
	case f.Kind != "":
		for _, c := range Concerns() {
			if q.Concern = c; slices.Contains(KindsOf(c), f.Kind) {
				all = append(all, q)
			}
		}
		return all
	case f.Department != "":
		q.Department = f.Department
	default:
		for _, c := range Concerns() {
			q.Concern = c
			all = append(all, q)
		}
		return all
	}
	return []HappeningQuery{q}
}

// lookedThrough is how many happenings one page looks through at most, so that a filter that
// lets little pass costs no more than any other (assumed).
const lookedThrough = 1000

// Happenings lists those that pass the filter and stand before a place (the zero one: all),
// the latest first, and where to go on; that is zero at the end. A page may hold fewer than the
// limit, even none, and not be the last: then it has looked through as many as one page does. It may lag behind the
// last commits.
func (s *Service) Happenings(ctx context.Context, f HappeningFilter, before Place, limit int) (list []Happening, next Place, err error) {
	if end := f.Until; before == (Place{}) && !end.IsZero() {
		before.At = end.Add(1).Start()
	}
	for looked := 0; looked < lookedThrough; {
		read, err := s.latest(ctx, f.queries(before), limit)
		if err != nil {
			return nil, Place{}, err
		}
		looked += len(read)
		for k := range read {
			if before = read[k].Place(); !f.Passes(&read[k]) {
				continue
			}
			if list = append(list, read[k]); len(list) == limit {
				if k == len(read)-1 && len(read) < limit {
					return list, Place{}, nil
				}
				return list, before, nil
			}
		}
		if len(read) < limit {
			return list, Place{}, nil
		}
	}
	return list, before, nil
}

// latest are the first of several lists put together.
func (s *Service) latest(ctx context.Context, queries []HappeningQuery, limit int) (all []Happening, err error) {
	for _, q := range queries {
		list, err := s.store.Happenings(ctx, q, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b Happening) int { return b.Place().Compare(a.Place()) })
	return all[:min(limit, len(all))], nil
}

// EnterHappenings enters what the lists lack of an issue's happenings, as they do of those from before
// there were lists, unless it is only to look; it answers how many were missing.
func (s *Service) EnterHappenings(ctx context.Context, id IssueID, look bool) (missing int, err error) {
	issue, err := s.store.Issue(ctx, id)
	if err != nil {
		return 0, err
	}
	for page := (Page{Limit: 200}); ; {
		events, next, err := s.store.Events(ctx, id, 0, page)
		if err != nil {
			return missing, err
		}
		n, err := s.store.EnterHappenings(ctx, s.Rules().happenings(&issue, events), look)
		if missing += n; err != nil {
			return missing, err
		}
		if page.Cursor = next; next == "" {
			return missing, nil
		}
	}
}
