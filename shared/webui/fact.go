package webui

import (
	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// fact is a line of how a task stands, with what belongs to it below.
type fact struct {
	Name, Text string
	Lines      []string
}

// facts are how a task stands besides its state: extension, way between departments,
// ladder, notices.
func (v *visit) facts(issue *approval.Issue, s *approval.SignOff) (all []fact) {
	if e := s.Extension; e != nil {
		f := fact{Name: v.t("fact.extension"), Text: v.t("extension.asked", v.actor(e.By), v.limit(calendar.Limit{Days: e.Days, Unit: s.Limit.Unit}), e.Ground), Lines: []string{v.t("reason", e.Reason)}}
		switch e.Answer {
		case "":
			f.Lines = append(f.Lines, v.t("extension.waits"))
		default:
			f.Lines = append(f.Lines, v.t("extension.answered", v.actor(e.AnsweredBy), v.moment(e.AnsweredAt), v.t("extension."+string(e.Answer)), e.Note))
		}
		all = append(all, f)
	}
	if h := s.Handover; h != nil {
		f := fact{Name: v.t("fact.handover"), Text: v.t("handover.passed", v.department(h.From), v.department(h.To), v.moment(h.Passed.At), h.Passed.Reason)}
		if h.Back != nil {
			f.Lines = append(f.Lines, v.t("handover.back", v.department(h.To), v.moment(h.Back.At), h.Back.Reason))
		}
		if h.Ruled != nil {
			f.Lines = append(f.Lines, v.t("handover.ruled", v.actor(h.Ruled.By), v.department(h.Owner), h.Ruled.Reason))
		} else if s.Disputed() {
			f.Lines = append(f.Lines, v.t("handover.disputed"))
		}
		all = append(all, f)
	}
	if s.State == approval.Open {
		all = append(all, v.ladder(issue, s))
	}
	if len(s.Actions) > 0 {
		f := fact{Name: v.t("fact.actions")}
		for _, a := range s.Actions {
			f.Lines = append(f.Lines, v.t("action", v.tier(a.Tier), v.t("remedy."+string(a.What)), v.moment(a.At), a.Text))
		}
		all = append(all, f)
	}
	for k := range s.Notices {
		n := &s.Notices[k]
		all = append(all, fact{Name: v.t("notice.title", n.K), Text: v.t("notice.state." + string(n.State)), Lines: v.noticeLines(n)})
	}
	return all
}

// ladder says who has the task now, and what happens next if nobody acts.
func (v *visit) ladder(issue *approval.Issue, s *approval.SignOff) fact {
	at := v.Service.Rules().StandingOf(issue, s)
	f := fact{Name: v.t("fact.ladder"), Text: v.t("ladder.below")}
	if roster.Above(at.Tier, roster.TierBranch) {
		f.Text = v.t("ladder.at", v.tier(at.Tier))
	}
	if p := s.Pause; p != nil && s.LadderPaused(v.now) {
		f.Lines = append(f.Lines, v.t("ladder.paused", v.date(p.Until), v.actor(p.By), p.Reason))
	}
	if !at.NextStepAt.IsZero() {
		f.Lines = append(f.Lines, v.t("ladder.step", v.date(calendar.Of(at.NextStepAt)), v.t("step."+string(at.NextStep))))
	}
	if !at.NextTierAt.IsZero() {
		f.Lines = append(f.Lines, v.t("ladder.tier", v.date(calendar.Of(at.NextTierAt)), v.tier(at.NextTier)))
	}
	return f
}
