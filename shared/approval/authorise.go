package approval

import (
	"reflect"
	"slices"

	"lianban/shared/roster"
)

// Authoriser is asked about every command against which the rules have found nothing but,
// perhaps, a field to be put right: whether policies, which stand apart from the code and can be laid before auditors,
// permit it to who holds such a post in such relations to the issue. What no policy
// permits is refused, as a Forbidden error that names the policy.
type Authoriser interface {
	Authorise(q Question) error
}

// Question is what an Authoriser knows of a command: who wants what, and what the two
// have to do with each other; nothing of the issue's state.
type Question struct {
	Command   string // Grant, Oppose: the name of the command's type
	Kind      string // of what it does, where that has kinds: an attachment's Purpose, a warning's Disposal
	Actor     Actor
	Posts     []roster.Role // every role that the person holds, also those they do not act in
	Relations []Relation
}

// Relation is what an actor has to do with an issue.
type Relation string

const (
	OwnBranch  Relation = "branch"     // acts for the branch that has the issue
	AboveIt    Relation = "above"      // acts for the general branch or the headquarters above that branch
	OwnArea    Relation = "area"       // acts for a department whose area the project lies in
	Asked      Relation = "asked"      // acts for the department that the sign-off is asked of
	Signs      Relation = "signs"      // acts for a department that an added signature is asked of (加签)
	AddedIt    Relation = "added_it"   // acts for the department that asked for one
	Checks     Relation = "checks"     // acts for a department that verifies a duty of the approval
	Votes      Relation = "votes"      // acts for a unit that is at the consultation's meeting
	Own        Relation = "own"        // raised the issue, or is secretary of its branch (本人提出)
	Interested Relation = "interested" // has an interest in the project (利害关系)
	Recused    Relation = "recused"    // has stood aside from the sign-off (回避)
	ForBarred  Relation = "for_barred" // stands in for somebody in one of the last three relations (代办)
	Decided    Relation = "decided"    // gave the department's answer (本人作出意见)
	Uploaded   Relation = "uploaded"   // put the attachment there, in the same post
)

// Relations are all there are.
var Relations = []Relation{OwnBranch, AboveIt, OwnArea, Asked, Signs, AddedIt, Checks, Votes, Own, Interested, Recused, ForBarred, Decided, Uploaded}

// authorise asks the policies about a command of which the rules have said what they say.
// The issue is as the command found it, but for one that is only just written. What the
// rules refuse stays refused in their words; but who may at all is said before what is to
// be put right in a field, so that nobody fills in a form in vain.
func (t *transition) authorise(cmd Command, found Issue, said error) error {
	if t.Authoriser == nil || said != nil && (!IsKind(said, Invalid) || t.from == 0) {
		return said
	}
	if t.from == 0 {
		found = t.issue
	}
	q := t.question(cmd, &found)
	if said != nil && q.Kind != "" { // which may be the field at fault
		return said
	}
	if err := t.Authoriser.Authorise(q); err != nil {
		return err
	}
	return said
}

func (t *transition) question(cmd Command, found *Issue) Question {
	q := Question{Command: reflect.TypeOf(cmd).Name(), Actor: t.actor, Posts: t.posts(), Relations: t.relations(cmd, found)}
	switch c := cmd.(type) {
	case Attach:
		q.Kind = string(c.Purpose)
	case DisposeWarning:
		q.Kind = string(c.As)
	}
	return q
}

// posts are the roles that the actor's person holds.
func (t *transition) posts() (roles []roster.Role) {
	person, _ := t.Roster.Person(t.actor.Person)
	for _, p := range person.Posts {
		if !slices.Contains(roles, p.Role) {
			roles = append(roles, p.Role)
		}
	}
	return roles
}

// about are the sign-offs that a command names, or all when it names none.
func about(cmd Command, i *Issue) (signOffs []*SignOff) {
	v := reflect.ValueOf(cmd)
	if n := v.FieldByName("SignOff"); n.IsValid() && n.Kind() == reflect.Int && n.Int() > 0 {
		if s := i.SignOff(int(n.Int())); s != nil {
			return []*SignOff{s}
		}
		return nil
	}
	if k := v.FieldByName("K"); k.IsValid() && k.Kind() == reflect.Int { // a notice, which goes with one
		if _, n := i.NoticeOf(int(k.Int())); n != 0 {
			return []*SignOff{i.SignOff(n)}
		}
	}
	for k := range i.SignOffs {
		signOffs = append(signOffs, &i.SignOffs[k])
	}
	return signOffs
}

// relations are those of the actor to the issue, in the order of Relations.
func (t *transition) relations(cmd Command, i *Issue) (all []Relation) {
	add := func(r Relation, holds bool) {
		if holds {
			all = append(all, r)
		}
	}
	signOffs := about(cmd, i)
	some := func(holds func(*SignOff) bool) bool { return slices.ContainsFunc(signOffs, holds) }
	unit := t.actor.Unit
	branch := i.Branch
	if b, ok := t.Roster.BranchOf(i.Project); ok {
		branch = b.ID
	}
	add(OwnBranch, unit != "" && unit == string(branch))
	add(AboveIt, slices.ContainsFunc(tiers[1:], func(k roster.Tier) bool {
		id, ok := t.Roster.Up(branch, k)
		return ok && unit == string(id)
	}))
	department, ok := t.Roster.Department(roster.DepartmentID(unit))
	add(OwnArea, ok && t.Roster.Within(i.District, department.District))
	add(Asked, some(func(s *SignOff) bool { return t.answersFor(s) }))
	add(Signs, some(func(s *SignOff) bool {
		return slices.ContainsFunc(s.Added, func(a Added) bool { return unit == string(a.Department) })
	}))
	add(AddedIt, some(func(s *SignOff) bool {
		return slices.ContainsFunc(s.Added, func(a Added) bool { return unit != "" && unit == a.By.Unit })
	}))
	add(Checks, some(func(s *SignOff) bool {
		return slices.ContainsFunc(s.Duties, func(d Duty) bool { return unit == string(d.Checker) })
	}))
	con := i.Consultation
	add(Votes, unit != "" && con.open() && con.Meeting != nil && slices.ContainsFunc(con.Meeting.Attendees, func(a Attendee) bool { return unit == a.Unit }))

	own := func(p roster.PersonID) bool {
		return p != "" && (p == i.RaisedBy.Person || t.Roster.Holds(p, roster.Secretary, string(branch)))
	}
	interested := func(p roster.PersonID) bool { return p != "" && t.Roster.MustStandAside(p, i.Project) }
	recused := func(p roster.PersonID) bool {
		return p != "" && some(func(s *SignOff) bool { return s.recused(p) })
	}
	me, absent := t.actor.Person, t.actor.For
	add(Own, own(me))
	add(Interested, interested(me))
	add(Recused, recused(me))
	add(ForBarred, own(absent) || interested(absent) || recused(absent))
	add(Decided, me != "" && some(func(s *SignOff) bool { return s.Decision != nil && s.Decision.By.Person == me }))
	detach, _ := cmd.(Detach)
	add(Uploaded, slices.ContainsFunc(i.Attachments, func(a Attachment) bool {
		return a.ID == detach.ID && a.By.Person == me && a.By.Role == t.actor.Role && a.By.Unit == unit
	}))
	return all
}

// answersFor reports whether the actor's department is asked for the sign-off, or took
// over from the one that answered it.
func (t *transition) answersFor(s *SignOff) bool {
	if t.actor.Unit == "" {
		return false
	}
	by, ok := t.Roster.SuccessorFor(s.Department, int(s.Item))
	return t.actor.Unit == string(s.Department) || ok && t.actor.Unit == string(by)
}
