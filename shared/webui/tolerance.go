package webui

import (
	"cmp"
	"slices"
	"strconv"

	"lianban/shared/approval"
)

// toleranceDeeds are what is done about tolerances of an issue's sign-offs.
var toleranceDeeds = []deed{
	{
		act: "answer_tolerance", group: "tolerance",
		each: tolerated, title: toleranceTitle("answer_tolerance"), about: toleranceSaid,
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "answer", Kind: "radio", Choices: v.words("tolerance.answer.", "confirmed", "refused")}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.AnswerTolerance{SignOff: f.k, Answer: approval.ToleranceAnswer(f.text("answer")), Reason: f.text("reason")}
		},
	},
	{
		act: "propose_tolerance", group: "tolerance",
		each: func(o subject) []int {
			if tolerable(o) == nil {
				return nil
			}
			return []int{0}
		},
		fields: func(v *visit, o subject, _ int) []entry {
			which := entry{Name: "signOff", Kind: "select"}
			for _, n := range tolerable(o) {
				s := o.issue.SignOff(n)
				which.Choices = append(which.Choices, choice{Value: strconv.Itoa(n), Text: v.t("task.named", n, v.subject(s), v.department(s.Department))})
				which.try = cmp.Or(which.try, strconv.Itoa(n))
			}
			code := entry{Name: "code", Kind: "select"}
			for _, g := range approval.ToleranceGrounds {
				text := v.text(g.Text)
				if basis := g.Basis(); basis != "" {
					text = v.t("ground.of", text, basis)
				}
				code.Choices = append(code.Choices, choice{Value: string(g.Code), Text: text})
			}
			return []entry{which, {Name: "of", Kind: "radio", Choices: v.words("tolerance.", "overrun", "objection")}, code, {Name: "ground", Kind: "text"}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.ProposeTolerance{
				SignOff: f.number("signOff"), Of: approval.Tolerated(f.text("of")), Code: approval.GroundCode(cmp.Or(f.text("code"), "none")), Ground: f.text("ground"), Reason: f.text("reason"),
			}
		},
	},
	{
		act: "end_tolerance", group: "tolerance",
		each: tolerated, title: toleranceTitle("end_tolerance"), about: toleranceSaid,
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.EndTolerance{SignOff: f.k, Reason: f.text("reason")} },
	},
}

// tolerable are the sign-offs of an issue that ran over or were objected to, and of which
// no tolerance is proposed or in force.
func tolerable(o subject) (ns []int) {
	for k := range o.issue.SignOffs {
		if s := &o.issue.SignOffs[k]; (s.Light == approval.Red || s.Late() || s.Opposed()) && (s.Tolerance == nil || s.Tolerance.Over()) {
			ns = append(ns, s.N)
		}
	}
	return ns
}

// tolerated are the sign-offs of which a tolerance is proposed or in force.
func tolerated(o subject) (ns []int) {
	for k := range o.issue.SignOffs {
		if s := &o.issue.SignOffs[k]; s.Tolerance != nil && !s.Tolerance.Over() {
			ns = append(ns, s.N)
		}
	}
	return ns
}

func toleranceTitle(act string) func(v *visit, o subject, n int) string {
	return func(v *visit, o subject, n int) string {
		s := o.issue.SignOff(n)
		return v.t("deed."+act+".of", v.t("task.named", s.N, v.subject(s), v.department(s.Department)))
	}
}

func toleranceSaid(v *visit, o subject, n int) []string {
	return slices.DeleteFunc([]string{v.tolerance(o.issue.SignOff(n).Tolerance)}, func(s string) bool { return s == "" })
}

// tolerance says what is proposed or found about a sign-off; "" where nothing is.
func (v *visit) tolerance(o *approval.Tolerance) string {
	if o == nil {
		return ""
	}
	said := v.t("tolerance.said", v.actor(o.Proposed.By), v.t("tolerance."+string(o.Of)), o.Ground, o.Proposed.Reason)
	switch {
	case o.Ended != nil:
		said += v.t("tolerance.ended", v.actor(o.Ended.By), o.Ended.Reason)
	case o.Answered != nil:
		said += v.t("tolerance."+string(o.Answer), v.actor(o.Answered.By))
	default:
		said += v.t("tolerance.pending")
	}
	return said
}
