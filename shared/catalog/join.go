package catalog

import "lianban/shared/roster"

// JoinRule (合议规则) says when a coordination matter that several departments are
// asked about is agreed.
type JoinRule string

const (
	JoinAll  JoinRule = "all"    // 全部同意
	JoinAny  JoinRule = "any"    // 任一同意
	JoinKofN JoinRule = "k_of_n" // 至少 k 方同意
	JoinLead JoinRule = "lead"   // 牵头部门决定
)

// Join is a matter's rule where the branch names none; the zero value is all.
type Join struct {
	Rule JoinRule              `json:"rule,omitempty"`
	K    int                   `json:"k,omitempty"`    // of k_of_n
	Lead roster.DepartmentKind `json:"lead,omitempty"` // of lead: the kind of department that takes it
}

func (c *Catalog) checkJoin(m *Matter, p *problems) {
	place, j := "matter "+string(m.Code), m.Join
	switch j.Rule {
	case "", JoinAll, JoinAny, JoinKofN, JoinLead:
	default:
		p.add(place, "join rule %q is none of all, any, k_of_n, lead", j.Rule)
	}
	if (j.Rule == JoinKofN) != (j.K > 0) {
		p.add(place, "k is the least number of k_of_n, from 1, and %d goes with rule %q", j.K, j.Rule)
	}
	if (j.Rule == JoinLead) != (j.Lead != "") || j.Lead != "" && !(j.Lead.Known() && j.Lead.Decides()) {
		p.add(place, "the rule lead names a kind of department that answers sign-offs, and %q goes with rule %q", j.Lead, j.Rule)
	}
}

// Name returns the rule's name; for an unknown rule its code.
func (r JoinRule) Name() roster.Name {
	switch r {
	case JoinAll:
		return roster.Name{ZH: "全部同意", EN: "all agree"}
	case JoinAny:
		return roster.Name{ZH: "任一同意", EN: "any one agrees"}
	case JoinKofN:
		return roster.Name{ZH: "达到规定数同意", EN: "a number of them agree"}
	case JoinLead:
		return roster.Name{ZH: "牵头部门决定", EN: "the lead department decides"}
	}
	return roster.Name{ZH: string(r), EN: string(r)}
}
