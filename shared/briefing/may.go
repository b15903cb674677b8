package briefing

import (
	"slices"

	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// inArea reports whether the actor's department answers for the area in which the
// district lies.
func inArea(r *roster.Roster, district roster.DistrictCode, actor approval.Actor) bool {
	d, ok := r.Department(roster.DepartmentID(actor.Unit))
	return ok && r.Within(district, d.District)
}

// draws reports whether the actor may draw it up.
func draws(r *roster.Roster, kind Kind, about string, district roster.DistrictCode, actor approval.Actor) bool {
	switch actor.Role {
	case roster.Bureau:
		return inArea(r, district, actor)
	case roster.GeneralBranch, roster.Headquarters:
		return kind == Agenda && about == actor.Unit
	case roster.Secretary:
		return (kind == List || kind == Pack) && about == actor.Unit
	}
	return false
}

func mayNotDraw(kind Kind) error {
	if kind == Agenda {
		return approval.Refuse(approval.Forbidden, "", "周例会议程由本级（临时党总支、总指挥部）或所在区域的重点项目局编制。", "An agenda is drawn up by the unit itself or the bureau of the area.")
	}
	if kind == Bulletin {
		return approval.Refuse(approval.Forbidden, "", "督查通报由所在区域的重点项目局编制。", "A bulletin is drawn up by the bureau of the area.")
	}
	return approval.Refuse(approval.Forbidden, "", "该材料由本支部书记或所在区域的重点项目局编制。", "It is drawn up by the branch's secretary or the bureau of the area.")
}

// above reports whether the actor acts for the unit or one above it; of an area, for the
// headquarters of a project in it.
func above(r *roster.Roster, b *Briefing, actor approval.Actor) bool {
	unit := roster.BranchID(actor.Unit)
	if b.Kind == Bulletin {
		return actor.Role == roster.Headquarters && common(r, func(p *roster.Project) bool {
			branch, ok := r.BranchOf(p.ID)
			return ok && r.Within(p.District, b.District) && below(r, branch.ID, unit)
		}) != ""
	}
	return slices.Contains([]roster.Role{roster.GeneralBranch, roster.Headquarters}, actor.Role) && below(r, roster.BranchID(b.About), unit)
}

// worksOn reports whether the actor sees drafts.
func worksOn(r *roster.Roster, b *Briefing, actor approval.Actor) bool {
	switch actor.Role {
	case roster.Bureau:
		return inArea(r, b.District, actor)
	case roster.Overseer:
		return true
	case roster.Secretary:
		return b.About == actor.Unit
	}
	return above(r, b, actor)
}

// signs says whether the actor may sign the last version off.
func (k *Keeper) signs(b *Briefing, actor approval.Actor) error {
	r := k.service.Rules().Roster
	if may := above(r, b, actor) || b.Kind == Bulletin && actor.Role == roster.Bureau && inArea(r, b.District, actor); !may {
		if b.Published() == nil && !worksOn(r, b, actor) {
			return docket.Missing(headKind, ID(b.Kind, b.About, b.Period))
		}
		if b.Kind == Bulletin {
			return approval.Refuse(approval.Forbidden, "", "督查通报由总指挥部或所在区域重点项目局的另一人签发。", "A bulletin is signed by the headquarters or another person of the bureau of the area.")
		}
		return approval.Refuse(approval.Forbidden, "", "该材料由上级临时党总支、总指挥部（议程也可由本级）签发。", "It is signed by the general branch or headquarters above, an agenda also by the unit itself.")
	}
	if b.Current().By.Person == actor.Person {
		return approval.Refuse(approval.Forbidden, "", "编制人不能签发自己编制的材料，请由另一人签发。", "Who drew it up does not sign it; let somebody else sign.")
	}
	if unit, ok := r.Branch(roster.BranchID(b.About)); ok && b.Kind != Agenda && unit.SecretaryID == actor.Person {
		return approval.Refuse(approval.Forbidden, "", "支部书记不签发关于本支部的材料，请由上级另一人签发。", "A branch's secretary does not sign what is about the own branch; let somebody else of the tier above sign.")
	}
	return nil
}
