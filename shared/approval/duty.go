package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Duty (后续义务) is what an approval on terms leaves to be done and verified: a
// commitment (告知承诺), a condition (附加条件) or a paper that is still missing
// (容缺材料).
//
//	open ── found to be met, with evidence ──────────▶ met
//	  │                                                 ▲ late
//	  └── its date passes ──▶ missed ───────────────────┤
//	                            │ nobody settles it     └──▶ revoked, with the approval
//	                            ▼
//	                  general branch, headquarters        (an approval that is decided
//	                                                       anew leaves its duties lapsed)
//
// It goes on after the issue has ended.
type Duty struct {
	Kind DecisionKind `json:"kind,omitempty"` // of the approval; empty in what was stored when all were commitments
	Term

	State     DutyState   `json:"state,omitempty"`
	Tier      roster.Tier `json:"tier,omitempty"`     // how high it has climbed since it was missed
	Report    *Word       `json:"report,omitempty"`   // the branch says that it is done
	Evidence  string      `json:"evidence,omitempty"` // by which it was found to be met
	Code      GroundCode  `json:"code,omitempty"`     // on which the approval was revoked
	Ground    string      `json:"ground,omitempty"`
	Reason    string      `json:"reason,omitempty"` // for which it was revoked
	SettledBy Actor       `json:"settledBy,omitzero"`
	SettledAt time.Time   `json:"settledAt,omitzero"`
}

// Term is a duty as who approves states it: what, by when, and who checks it (the
// own department when empty).
type Term struct {
	What    string              `json:"what"`
	By      calendar.Date       `json:"by"`
	Checker roster.DepartmentID `json:"checker"`
}

// DutyState says who acts next on a duty.
type DutyState string

const (
	DutyOpen    DutyState = "open"    // the branch, and the checker until its date
	DutyMet     DutyState = "met"     // nobody
	DutyMissed  DutyState = "missed"  // the checker: find it met all the same, or revoke
	DutyRevoked DutyState = "revoked" // nobody
	DutyLapsed  DutyState = "lapsed"  // nobody: what it was a term of is decided anew
)

// open reports whether the duty's date still has something to say. One that was
// stored before duties had a state is open.
func (d *Duty) open() bool { return d.State == DutyOpen || d.State == "" }

// Pending reports whether somebody still has to settle the duty.
func (d *Duty) Pending() bool { return d.open() || d.State == DutyMissed }

const (
	dutiesMost = 10   // duties of one approval (assumed)
	dutyRunes  = 500  // what one says (assumed)
	proofRunes = 2000 // a report or evidence (assumed)
)

// missLadder is how a missed duty climbs that its checker neither finds met nor
// answers by revoking: so many working days after its date, to that tier. The days
// are this product's own (assumed: no report states them).
var missLadder = []struct {
	After int
	To    roster.Tier
}{
	{3, roster.TierGeneralBranch},
	{8, roster.TierHeadquarters},
}

// climbs is when a missed duty climbs next, and to which tier.
func (r Rules) climbs(d *Duty) (time.Time, roster.Tier, bool) {
	if d.State != DutyMissed {
		return time.Time{}, "", false
	}
	for _, rung := range missLadder {
		if d.Tier == "" || roster.Above(rung.To, d.Tier) {
			return r.Calendar.After(d.By, rung.After).End(), rung.To, true
		}
	}
	return time.Time{}, "", false
}

// UnmarshalJSON also reads a sign-off that was stored when it had one duty at most.
func (s *SignOff) UnmarshalJSON(text []byte) error {
	type plain SignOff
	stored := struct {
		*plain
		Duty *Duty `json:"duty"`
	}{plain: (*plain)(s)}
	if err := json.Unmarshal(text, &stored); err != nil {
		return fmt.Errorf("read a sign-off: %w", err)
	}
	if stored.Duty != nil {
		s.Duties = []Duty{*stored.Duty}
	}
	return nil
}

// UnmarshalJSON also reads an attempt that was stored when it had one duty at most.
func (a *Attempt) UnmarshalJSON(text []byte) error {
	type plain Attempt
	stored := struct {
		*plain
		Duty *Duty `json:"duty"`
	}{plain: (*plain)(a)}
	if err := json.Unmarshal(text, &stored); err != nil {
		return fmt.Errorf("read an earlier attempt: %w", err)
	}
	if stored.Duty != nil {
		a.Duties = []Duty{*stored.Duty}
	}
	return nil
}

// GrantOnTerms approves and leaves duties behind: on commitment (告知承诺), on
// conditions (附条件同意), or with papers that are still missing (容缺受理).
// Commitments and gaps are for items that allow them.
type GrantOnTerms struct {
	SignOff int
	Kind    DecisionKind // OnPledge, OnCondition or WithGaps
	Duties  []Term
	Reason  string
}

// ReportDuty (报告履行) is the branch's word that a duty is done; its checker
// verifies it. Duties are numbered from 1 within their sign-off.
type ReportDuty struct {
	SignOff, Duty int
	Text          string
}

// Meet (核查) checks a duty off, with the evidence, as an officer of the department
// that checks it; late too, which its date then shows.
type Meet struct {
	SignOff, Duty int
	Evidence      string
}

// onTerms are the kinds of approval that leave duties, each with its event.
var onTerms = map[DecisionKind]string{OnPledge: EvCommit, OnCondition: EvCondition, WithGaps: EvGaps}

func (c GrantOnTerms) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if err := t.signedOff(s); err != nil {
		return err
	}
	if err := t.allows(s, c.Kind); err != nil {
		return err
	}
	if n := len(c.Duties); n < 1 || n > dutiesMost {
		return refuse(Invalid, "duties", "请列明 1 至 %d 项后续义务，现为 %d 项。", "State 1 to %d duties; these are %d.", dutiesMost, n)
	}
	duties := make([]Duty, len(c.Duties))
	for k, term := range c.Duties {
		field := "duties[" + itoa(k) + "]"
		if err := textField(field+".what", term.What, dutyRunes, true); err != nil {
			return err
		}
		if term.By <= t.today {
			return refuse(Invalid, field+".by", "核查期限须晚于今天。", "The date of verification must lie after today.")
		}
		if term.Checker == "" {
			term.Checker = s.Department
		}
		switch department, ok := t.Roster.Department(term.Checker); {
		case !ok:
			return refuse(Invalid, field+".checker", "没有这个部门，请从部门列表中选择核查部门。", "There is no such department; choose the checker from the list.")
		case !department.Kind.Decides():
			return refuse(Invalid, field+".checker", "“%[1]s”没有承办人，不能核查，请选择其他部门。", "%[2]q has no officers who could verify it; choose another department.", department.NameZH, department.NameEN)
		default:
			if err := t.gone(field+".checker", department, t.today); err != nil {
				return err
			}
		}
		duties[k] = Duty{Kind: c.Kind, Term: term, State: DutyOpen}
	}
	if err := t.reasonOf(s, c.Reason); err != nil {
		return err
	}
	t.decide(c.SignOff, Decision{Kind: c.Kind, Reason: c.Reason}).Duties = duties
	t.event(onTerms[c.Kind], func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Granted), c.Reason
		e.Detail = detail(map[string]any{"duties": terms(duties)})
	})
	t.watchDuties()
	t.askAfter(c.SignOff)
	t.grant(c.SignOff)
	return nil
}

func terms(duties []Duty) (terms []Term) {
	for k := range duties {
		terms = append(terms, duties[k].Term)
	}
	return terms
}

// allows refuses an approval on terms that what is asked does not allow. A
// coordination matter knows conditions alone.
func (t *transition) allows(s *SignOff, kind DecisionKind) error {
	item, _ := t.Catalog.Item(s.Item)
	name := t.Subject(s)
	switch {
	case onTerms[kind] == "":
		return refuse(Invalid, "kind", "请选择：告知承诺、附条件同意或容缺受理。", "Choose commitment, conditional or gaps.")
	case kind == OnPledge && !item.CommitmentAllowed:
		return refuse(Invalid, "kind", "“%[1]s”不适用告知承诺，请选择其他意见。", "%[2]q cannot be approved on commitment; choose another answer.", name.ZH, name.EN)
	case kind == WithGaps && !item.GapsAllowed:
		return refuse(Invalid, "kind", "“%[1]s”不适用容缺受理，请选择其他意见。", "%[2]q cannot be accepted with papers missing; choose another answer.", name.ZH, name.EN)
	}
	return nil
}

// pending is the duty that a command names, still to be settled. May says who may:
// authority comes before everything else.
func (t *transition) pending(n, k int, may func(*Duty) error) (*Duty, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	if k < 1 || k > len(s.Duties) {
		return nil, refuse(NotFound, "duty", "第 %d 项会签任务没有第 %d 项后续义务。", "Sign-off %d has no duty number %d.", n, k)
	}
	d := &s.Duties[k-1]
	if err := may(d); err != nil {
		return nil, err
	}
	switch d.State {
	case DutyMet:
		return nil, refuse(Closed, "", "该项义务已核查履行，不能再次办理。", "The duty has been found to be met already.")
	case DutyRevoked:
		return nil, refuse(Closed, "", "该项同意已经撤销，不能再次办理。", "The approval has been revoked already.")
	}
	return d, nil
}

// checks checks that the actor speaks for a department that verifies a duty of the
// sign-off, in one of the roles.
func (t *transition) checks(s *SignOff, checker roster.DepartmentID, roles ...roster.Role) error {
	if !slices.Contains(roles, t.actor.Role) || t.actor.Unit != string(checker) {
		name := t.Roster.UnitName(string(checker))
		return refuse(Forbidden, "", "该项义务由%[1]s核查。", "The duty is verified by %[2]s.", name.ZH, name.EN)
	}
	if t.barred(s) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他人员核查。", "You have an interest in this issue and must stand aside; somebody else of your department verifies it.")
	}
	return nil
}

// verifies checks that the actor speaks for a department that still has to verify
// one of the sign-off's duties.
func (t *transition) verifies(n int, roles ...roster.Role) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	if len(s.Duties) == 0 {
		return nil, refuse(Conflict, "signOff", "该任务没有附带需要核查的后续义务。", "This approval left no duties that could be verified.")
	}
	own := func(d Duty) bool { return t.actor.Unit == string(d.Checker) }
	if err := t.checks(s, s.Duties[max(0, slices.IndexFunc(s.Duties, own))].Checker, roles...); err != nil {
		return nil, err
	}
	switch {
	case slices.ContainsFunc(s.Duties, func(d Duty) bool { return d.State == DutyRevoked }):
		return nil, refuse(Closed, "", "该项同意已经撤销，不能再次办理。", "The approval has been revoked already.")
	case !slices.ContainsFunc(s.Duties, func(d Duty) bool { return own(d) && d.Pending() }):
		return nil, refuse(Closed, "", "由本部门核查的义务均已履行，不能再次办理。", "The duties that your department verifies have all been met already.")
	}
	return s, nil
}

func (c ReportDuty) apply(t *transition) error {
	d, err := t.pending(c.SignOff, c.Duty, func(*Duty) error { return t.secretary() })
	if err != nil {
		return err
	}
	if err := textField("text", c.Text, proofRunes, true); err != nil {
		return err
	}
	state := string(d.State)
	t.duty(c.SignOff, c.Duty, func(d *Duty) { d.Report = &Word{c.Text, t.actor, t.now} })
	t.event(EvReport, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, state, state, c.Text
		e.Detail = detail(map[string]any{"duty": c.Duty, "what": d.What, "checker": d.Checker})
	})
	return nil
}

func (c Meet) apply(t *transition) error {
	d, err := t.pending(c.SignOff, c.Duty, func(d *Duty) error {
		return t.checks(t.issue.SignOff(c.SignOff), d.Checker, roster.Officer)
	})
	if err != nil {
		return err
	}
	if err := textField("evidence", c.Evidence, proofRunes, true); err != nil {
		return err
	}
	t.miss(c.SignOff)
	before := t.issue.SignOff(c.SignOff).Duties[c.Duty-1].State
	t.duty(c.SignOff, c.Duty, func(d *Duty) {
		d.State, d.Evidence, d.SettledBy, d.SettledAt = DutyMet, c.Evidence, t.actor, t.now
	})
	t.event(EvMeet, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(before), string(DutyMet), c.Evidence
		e.Detail = detail(map[string]any{"duty": c.Duty, "what": d.What, "by": d.By})
	})
	t.watchDuties()
	return nil
}

// duty changes a sign-off's duty.
func (t *transition) duty(n, k int, change func(*Duty)) {
	s := t.touch(n)
	s.Duties = slices.Clone(s.Duties)
	change(&s.Duties[k-1])
}

// each gathers the duties of a sign-off that something happens to, and lets it.
func (t *transition) each(n int, which func(*Duty) bool, change func(*Duty)) (hit []Term) {
	for k := range t.issue.SignOff(n).Duties {
		if d := &t.issue.SignOff(n).Duties[k]; which(d) {
			hit = append(hit, d.Term)
			t.duty(n, k+1, change)
		}
	}
	return hit
}

// miss puts on record which duties of a sign-off were not met by their dates.
func (t *transition) miss(n int) {
	missed := t.each(n, func(d *Duty) bool { return d.open() && !t.now.Before(d.By.End()) }, func(d *Duty) { d.State = DutyMissed })
	if missed == nil {
		return
	}
	t.event(EvMiss, func(e *Event) {
		e.By, e.SignOff, e.Before, e.After = Machine, n, string(DutyOpen), string(DutyMissed)
		e.Detail = detail(map[string]any{"duties": missed})
	})
}

// climbDuties takes missed duties that nobody has settled up the tiers. While the issue
// is on, it goes with them; after its end the duties alone bear the mark.
func (t *transition) climbDuties(n int) {
	for _, rung := range missLadder {
		before := t.issue.Tier
		due := t.each(n, func(d *Duty) bool {
			at, to, ok := t.climbs(d)
			return ok && to == rung.To && !t.now.Before(at)
		}, func(d *Duty) {
			if d.Tier != "" {
				before = d.Tier
			}
			d.Tier = rung.To
		})
		if due == nil {
			continue
		}
		if !t.issue.Status.Ended() && roster.Above(rung.To, t.issue.Tier) {
			t.issue.Tier = rung.To
		}
		t.event(EvEscalate, func(e *Event) {
			e.By, e.SignOff, e.Before, e.After = Machine, n, string(before), string(rung.To)
			e.Detail = detail(map[string]any{"duties": due})
		})
	}
}

// lookFor is how many events one look at the duties writes before it leaves the
// rest to the next: a commit has a hundred records.
const lookFor = 24

// lookAtDuties records what the dates of duties have to say by now.
func (t *transition) lookAtDuties() {
	stray := len(t.issue.Stray) > 0
	for n := 1; n <= len(t.issue.SignOffs) && len(t.events) < lookFor; n++ {
		t.miss(n)
		t.climbDuties(n)
	}
	t.watchDuties()
	// A notice after the issue's end may have moved the days by which they climb.
	if stray || t.changed && len(t.events) == 0 {
		t.event(EvRouse, func(e *Event) { e.Before, e.After = string(t.issue.Status), string(t.issue.Status) })
	}
}

// watchDuties keeps one watch over all duties: it wakes when the next date has
// something to say. No task waits on it, so the sweep looks; it outlives the
// issue's end.
func (t *transition) watchDuties() {
	var next time.Time
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if len(t.issue.Stray) > 0 {
		sooner(t.now)
	}
	for k := range t.issue.SignOffs {
		for m := range t.issue.SignOffs[k].Duties {
			d := &t.issue.SignOffs[k].Duties[m]
			if d.open() {
				sooner(d.By.End())
			} else if at, _, ok := t.climbs(d); ok {
				sooner(at)
			}
		}
	}
	w := t.issue.Watch(dutyWatch)
	switch {
	case next.IsZero():
		t.unwatch(dutyWatch)
	case w == nil || !w.WakeAt.Equal(next):
		t.watch(Watch{SignOff: dutyWatch, WakeAt: next})
	}
}

// DutyRef names a duty within its issue.
type DutyRef struct {
	SignOff int `json:"signOff"`
	Duty    int `json:"duty"` // 1.. within the sign-off
}

// OpenDuty is a duty as it stands in its checker's list: open, or missed and not yet
// settled, which its date shows.
type OpenDuty struct {
	Issue   IssueID          `json:"issue"`
	Title   string           `json:"title"`
	Project roster.ProjectID `json:"project"`
	DutyRef
	Item       catalog.ItemNo      `json:"item,omitempty"`
	Matter     catalog.MatterCode  `json:"matter,omitempty"`
	Department roster.DepartmentID `json:"department"` // that approved
	Kind       DecisionKind        `json:"kind"`
	Term
	Report *Word `json:"report,omitempty"`
}

// MissedDuties lists what a department checks whose day has passed, the oldest first.
// It may lag behind the last commits.
func (s *Service) MissedDuties(ctx context.Context, checker roster.DepartmentID) ([]OpenDuty, error) {
	var missed []OpenDuty
	today := s.Today()
	for page := (Page{Limit: 50}); ; {
		list, next, err := s.store.Duties(ctx, DutyQuery{Checker: checker}, page)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if d.By >= today {
				return missed, nil
			}
			missed = append(missed, d)
		}
		if page.Cursor = next; next == "" {
			return missed, nil
		}
	}
}

// recordsMost is what one commit holds; see Store.
const recordsMost = 100

// listDuties says what the commit changes in the lists of duties: those of the
// sign-offs it touches. What does not fit into the commit any more is taken out of
// the lists by the sweep, which the watch over duties calls at once. Others are the
// records that other lists take.
func (t *transition) listDuties(others int) (put []OpenDuty, gone []DutyRef) {
	i := &t.issue
	records := 4 + len(t.events) + others // header, receipt, outbox, the watch over duties
	for n := range t.watches {
		if t.watches[n] != watchKept {
			records++
		}
		if n >= len(t.touched) || !t.touched[n] {
			continue
		}
		records++
		s, was := i.SignOff(n), []Duty(nil)
		if n <= len(t.was) {
			was = t.was[n-1].Duties
		}
		for k := range max(len(was), len(s.Duties)) {
			ref := DutyRef{n, k + 1}
			before, listed := Duty{}, k < len(was) && was[k].Pending() && was[k].Kind != ""
			if listed {
				before = was[k]
			}
			switch {
			case k < len(s.Duties) && s.Duties[k].Pending():
				d := &s.Duties[k]
				if d.Kind == "" { // stored before there were lists
					s.Duties = slices.Clone(s.Duties)
					d = &s.Duties[k]
					d.Kind = OnPledge
				}
				if !listed || before.Report != d.Report || before.Term != d.Term {
					put = append(put, OpenDuty{i.ID, i.Title, i.Project, ref, s.Item, s.Matter, s.Department, d.Kind, d.Term, d.Report})
				}
			case listed:
				gone = append(gone, ref)
			}
		}
	}
	stray := len(i.Stray)
	if stray+len(gone) == 0 {
		return put, nil
	}
	gone = append(slices.DeleteFunc(slices.Clone(i.Stray), func(r DutyRef) bool {
		return slices.ContainsFunc(put, func(o OpenDuty) bool { return o.DutyRef == r })
	}), gone...)
	room := min(len(gone), max(0, recordsMost-records-len(put)))
	i.Stray = slices.Clone(gone[room:])
	if stray+len(i.Stray) > 0 {
		t.watchDuties()
	}
	return put, gone[:room]
}
