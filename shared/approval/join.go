package approval

import (
	"slices"

	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Join (合议规则) says when a coordination matter counts as agreed whose parties
// are several departments: the matter's default in the catalogue, or what the
// branch asked for. A matter without one needs all of them.
//
//	all     every party agrees; an objection opens a consultation
//	any     one agrees
//	k_of_n  at least K agree
//	lead    the lead department's decision settles it, as soon as the others have
//	        answered or turned red; what they say is advice to it
//
// A matter that is agreed needs nobody who is still asked in it: they become
// void, and so do objections that did not prevent it. Under any and k_of_n an
// objection opens a consultation only when too few are left who could agree;
// under lead only the lead department's does. There are no prerequisites among
// parties, so a join concerns nothing outside its matter.
type Join struct {
	Matter catalog.MatterCode  `json:"matter"`
	Rule   catalog.JoinRule    `json:"rule"`
	K      int                 `json:"k,omitempty"`    // of k_of_n
	Lead   roster.DepartmentID `json:"lead,omitempty"` // of lead, as asked for; a transfer may move the task on
}

// joinsOf answers by which rules a petition's matters are agreed: those that it
// names, and the catalogue's for the others. Only those that differ from all are
// listed.
func (r Rules) joinsOf(p Petition) ([]Join, error) {
	var joins []Join
	named := map[catalog.MatterCode]bool{}
	for k, j := range p.Joins {
		field := "joins[" + itoa(k) + "]"
		departments := p.partiesOf(j.Matter)
		switch {
		case len(departments) == 0:
			return nil, refuse(Invalid, field+".matter", "合议规则只用于本问题中有参与部门的协调事项。", "A join rule is for a coordination matter of this issue that has parties.")
		case named[j.Matter]:
			return nil, refuse(Invalid, field+".matter", "同一协调事项只能有一条合议规则。", "A coordination matter has one join rule.")
		case j.Rule == catalog.JoinKofN && (j.K < 1 || j.K > len(departments)):
			return nil, refuse(Invalid, field+".k", "须同意的部门数为 1 至 %[1]d，现填 %[2]d。", "The number that must agree is from 1 to %[1]d; this says %[2]d.", len(departments), j.K)
		case j.Rule != catalog.JoinKofN && j.K != 0:
			return nil, refuse(Invalid, field+".k", "只有“达到规定数同意”须填同意的部门数，请留空。", "Only the rule k_of_n has a number; leave it empty.")
		case j.Rule == catalog.JoinLead && !slices.Contains(departments, j.Lead):
			return nil, refuse(Invalid, field+".lead", "牵头部门须是该协调事项的参与部门。", "The lead department is one of the matter's parties.")
		case j.Rule != catalog.JoinLead && j.Lead != "":
			return nil, refuse(Invalid, field+".lead", "只有“牵头部门决定”须填牵头部门，请留空。", "Only the rule lead has a lead department; leave it empty.")
		}
		named[j.Matter] = true
		switch j.Rule {
		case catalog.JoinAll:
		case catalog.JoinAny, catalog.JoinKofN, catalog.JoinLead:
			joins = append(joins, j)
		default:
			return nil, refuse(Invalid, field+".rule", "请选择：全部同意、任一同意、达到规定数同意或牵头部门决定。", "Choose all, any, k_of_n or lead.")
		}
	}
	for _, party := range p.Parties {
		matter, _ := r.Catalog.Matter(party.Matter)
		if named[party.Matter] || matter.Join.Rule == "" || matter.Join.Rule == catalog.JoinAll {
			continue
		}
		named[party.Matter] = true
		departments := p.partiesOf(party.Matter)
		j := Join{Matter: party.Matter, Rule: matter.Join.Rule, K: min(matter.Join.K, len(departments))}
		if j.Rule == catalog.JoinLead {
			// A matter whose usual lead takes no part needs all of its parties.
			k := slices.IndexFunc(departments, func(id roster.DepartmentID) bool {
				department, _ := r.Roster.Department(id)
				return department.Kind == matter.Join.Lead
			})
			if k < 0 {
				continue
			}
			j.Lead = departments[k]
		}
		joins = append(joins, j)
	}
	return joins, nil
}

// partiesOf are the departments asked about a matter, in order.
func (p Petition) partiesOf(matter catalog.MatterCode) (departments []roster.DepartmentID) {
	for _, party := range p.Parties {
		if party.Matter == matter {
			departments = append(departments, party.Department)
		}
	}
	return departments
}

// JoinOf is the rule by which the sign-off's matter is agreed, or nil when every
// answer counts by itself.
func (i *Issue) JoinOf(s *SignOff) *Join {
	if s.Matter == "" {
		return nil
	}
	k := slices.IndexFunc(i.Joins, func(j Join) bool { return j.Matter == s.Matter })
	if k < 0 {
		return nil
	}
	return &i.Joins[k]
}

// standing is what the answers in a matter have come to under its rule.
type standing int8

const (
	undecided standing = iota
	carried            // agreed
	lost               // objected to: it can no longer be agreed without a ruling
)

// standing weighs the answers in a matter that has a join.
func (i *Issue) standing(j *Join) standing {
	granted, reachable, lead, heard := 0, 0, State(""), true
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		if s.Matter != j.Matter {
			continue
		}
		switch {
		case s.State == Granted:
			granted++
			reachable++
		case s.State.Asked():
			reachable++
		}
		if s.Leads {
			lead = s.State
		} else if s.State.Asked() && (s.State != Open || s.Light != Red) {
			heard = false // the lead department's word waits for the advice
		}
	}
	switch {
	case j.Rule == catalog.JoinLead && !heard:
		return undecided
	case j.Rule == catalog.JoinLead && lead == Granted, j.Rule != catalog.JoinLead && granted >= j.needs():
		return carried
	case j.Rule == catalog.JoinLead && lead == Objection, j.Rule != catalog.JoinLead && reachable < j.needs():
		return lost
	}
	return undecided
}

// needs is how many parties have to agree.
func (j *Join) needs() int { return max(1, j.K) }

// Counts reports whether an objection has to be ruled on: it stands by itself, or
// its matter can no longer be agreed.
func (i *Issue) Counts(s *SignOff) bool {
	j := i.JoinOf(s)
	return s.State == Objection && (j == nil || (j.Rule != catalog.JoinLead || s.Leads) && i.standing(j) == lost)
}

// weigh draws the consequences of an answer, or of a last day that passed, in
// the sign-off's matter: it is agreed and needs nobody any more, or it is
// objected to and has to be consulted on.
func (t *transition) weigh(n int) {
	j := t.issue.JoinOf(t.issue.SignOff(n))
	if j != nil && t.issue.standing(j) == carried {
		t.carry(j)
	}
	for k := range t.issue.SignOffs {
		if s := &t.issue.SignOffs[k]; (s.N == n || j != nil && s.Matter == j.Matter) && t.issue.Counts(s) {
			t.dispute()
			return
		}
	}
}

// carry lets go of everybody whom an agreed matter needs no more.
func (t *transition) carry(j *Join) {
	var void []int
	for k := range t.issue.SignOffs {
		if s := &t.issue.SignOffs[k]; s.Matter == j.Matter && (s.State.Asked() || s.State == Objection) {
			t.settle(s.N, Void)
			void = append(void, s.N)
		}
	}
	if len(void) == 0 {
		return
	}
	t.event(EvCarry, func(e *Event) {
		e.By, e.After = Machine, string(Void)
		e.Detail = detail(map[string]any{"matter": j.Matter, "rule": j.Rule, "k": j.K, "void": void})
	})
}
