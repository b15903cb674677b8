package httpapi

import (
	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// AskJoin says when a coordination matter counts as agreed.
type AskJoin struct {
	Matter string `json:"matter" doc:"One that parties are named for."`
	Rule   string `json:"rule" enum:"all,any,k_of_n,lead" doc:"全部同意, 任一同意, 达到规定数同意 or 牵头部门决定."`
	K      int    `json:"k,omitempty" doc:"k_of_n: how many parties have to agree."`
	Lead   string `json:"lead,omitempty" doc:"lead: the party whose decision settles the matter once the others have answered or are overdue."`
}

// Join is the rule by which a coordination matter is agreed.
type Join struct {
	Matter   Ref    `json:"matter"`
	Rule     string `json:"rule" enum:"all,any,k_of_n,lead"`
	RuleName Name   `json:"ruleName"`
	K        int    `json:"k,omitempty" doc:"k_of_n: how many parties have to agree."`
	Lead     *Ref   `json:"lead,omitempty" doc:"lead: the department asked to take the lead; a transfer may have moved its task on."`
}

// MatterJoin is a matter's join rule where the branch names none.
type MatterJoin struct {
	Rule string `json:"rule" enum:"all,any,k_of_n,lead"`
	Name Name   `json:"name"`
	K    int    `json:"k,omitempty"`
	Lead *Ref   `json:"lead,omitempty" doc:"lead: the kind of department that takes it."`
}

func (j AskJoin) domain() approval.Join {
	return approval.Join{Matter: catalog.MatterCode(j.Matter), Rule: catalog.JoinRule(j.Rule), K: j.K, Lead: roster.DepartmentID(j.Lead)}
}

func (v view) join(j approval.Join) Join {
	return Join{v.matter(j.Matter), string(j.Rule), Name(j.Rule.Name()), j.K, v.unit(string(j.Lead))}
}

func matterJoin(j catalog.Join) MatterJoin {
	if j.Rule == "" {
		j.Rule = catalog.JoinAll
	}
	out := MatterJoin{Rule: string(j.Rule), Name: Name(j.Rule.Name()), K: j.K}
	if j.Lead != "" {
		out.Lead = &Ref{string(j.Lead), Name(j.Lead.Name())}
	}
	return out
}
