package measure

import (
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Ask is a question as somebody puts it; what is left empty is chosen for them.
type Ask struct {
	From, To         Month // empty: the last LookedBack months, the present one included
	BaseFrom, BaseTo Month // empty: no months of reference
	Heirs            bool
}

// LookedBack is how many months are shown unless others are asked for (assumed).
const LookedBack = 12

// Recorded are the months that can be asked for: the last five years (assumed), the present
// one included.
func Recorded(today calendar.Date) []Month {
	months := Months(today.Add(-31*61), today)
	return months[max(0, len(months)-60):]
}

// Own says whose figures of time somebody may see: the bureau and overseers those of all
// departments of their area, for which it is empty, and a lead those of the own department.
func Own(a approval.Actor) (roster.DepartmentID, error) {
	switch a.Role {
	case roster.Bureau, roster.Overseer:
		return "", nil
	case roster.Lead:
		return roster.DepartmentID(a.Unit), nil
	}
	return "", approval.Refuse(approval.Forbidden, "", "用时统计由重点项目局和监督员查看，部门负责人查看本部门的。", "These figures are for the bureau and overseers, and for a lead those of the own department.")
}

// SeesAll refuses everybody but the bureau and overseers.
func SeesAll(a approval.Actor) error {
	if own, err := Own(a); err != nil || own != "" {
		return approval.Refuse(approval.Forbidden, "", "堵点分析由重点项目局和监督员查看。", "Bottlenecks are looked at by the bureau and overseers.")
	}
	return nil
}

// Query is the question that somebody may ask: of the districts of their area.
func (k *Keeper) Query(a approval.Actor, ask Ask) (Query, error) {
	own, err := Own(a)
	if err != nil {
		return Query{}, err
	}
	months := Recorded(calendar.Of(k.Now()))
	q := Query{
		From: months[max(0, len(months)-LookedBack)], To: months[len(months)-1], Department: own, Heirs: ask.Heirs,
		Districts: Area(k.Rules().Roster, roster.DepartmentID(a.Unit)),
	}
	if ask.From != "" || ask.To != "" {
		if !span(months, ask.From, ask.To) {
			return Query{}, approval.Refuse(approval.Invalid, "from", "请同时选择近五年内的起始和截止月份（如 2026-03），起始不晚于截止。", "Choose a first and a last month of the last five years (such as 2026-03), the first not after the last.")
		}
		q.From, q.To = ask.From, ask.To
	}
	if ask.BaseFrom != "" || ask.BaseTo != "" {
		if !span(months, ask.BaseFrom, ask.BaseTo) {
			return Query{}, approval.Refuse(approval.Invalid, "baseFrom", "对照期请同时选择近五年内的起始和截止月份（如 2026-03），起始不晚于截止。", "For the months of reference choose a first and a last one of the last five years (such as 2026-03), the first not after the last.")
		}
		q.BaseFrom, q.BaseTo = ask.BaseFrom, ask.BaseTo
	}
	return q, nil
}

// span reports whether two months are on record and in order.
func span(months []Month, from, to Month) bool {
	return slices.Contains(months, from) && slices.Contains(months, to) && from <= to
}

// Days are the first and the last day of the months asked for.
func (q *Query) Days() (from, to calendar.Date) { return first(q.From), last(q.To) }
