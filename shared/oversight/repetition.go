package oversight

import (
	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// Lately is the first day of those in which a department's acts are counted together.
func Lately(today calendar.Date) calendar.Date { return today.Add(1 - lately) }

// OfDepartments are the warnings of departments that asked for supplements, or extended
// their time, again and again over the same item, whichever the issue and the round.
// It is given an area's acts, oldest first. One more act makes it another warning.
func OfDepartments(r approval.Rules, acts []approval.Lengthening, today calendar.Date) []Warning {
	var order []approval.Lengthening // each with what is counted together, and nothing else
	counted := map[approval.Lengthening][]approval.Lengthening{}
	for _, a := range acts {
		if on := calendar.Of(a.At); on < Lately(today) || on > today {
			continue
		}
		to, ok := r.Roster.SuccessorFor(a.Department, int(a.Item))
		if !ok {
			continue
		}
		of := approval.Lengthening{Kind: a.Kind, Department: to, Item: a.Item, Matter: a.Matter}
		if counted[of] == nil {
			order = append(order, of)
		}
		counted[of] = append(counted[of], a)
	}
	var all []Warning
	for _, of := range order {
		acts := counted[of]
		if len(acts) < often {
			continue
		}
		issues := map[approval.IssueID]bool{}
		for _, a := range acts {
			issues[a.Issue] = true
		}
		last := acts[len(acts)-1]
		name, what := r.Roster.UnitName(string(of.Department)), r.Subject(&approval.SignOff{Item: of.Item, Matter: of.Matter})
		w := Warning{Department: of.Department, Since: calendar.Of(last.At)}
		switch of.Kind {
		case approval.BySupplement:
			w.Kind = Supplements
			w.Text = text("近 %[5]d 天内，%[1]s办理“%[3]s”已 %[6]d 次要求补正，涉及 %[7]d 个问题。", "In %[5]d days %[2]s has asked for supplements on %[4]q %[6]d times, in %[7]d issues.", name.ZH, name.EN, what.ZH, what.EN, lately, len(acts), len(issues))
		case approval.ByExtension:
			w.Kind = Extensions
			w.Text = text("近 %[5]d 天内，%[1]s办理“%[3]s”已 %[6]d 次延期，涉及 %[7]d 个问题。", "In %[5]d days %[2]s has extended its time on %[4]q %[6]d times, in %[7]d issues.", name.ZH, name.EN, what.ZH, what.EN, lately, len(acts), len(issues))
		}
		w.Key = key(w.Kind, of.Department, of.Item, of.Matter, last.Issue, last.Seq)
		all = append(all, w)
	}
	return all
}
