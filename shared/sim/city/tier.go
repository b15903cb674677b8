package city

import (
	"context"
	"fmt"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// seat is somebody who acts for a tier, with the districts whose issues they see.
type seat struct {
	actor     approval.Actor
	districts []roster.DistrictCode
}

// tier is the day of a general branch or of the headquarters: it looks at the open
// issues below it and does what has come up to it.
func (y *Year) tier(ctx context.Context, d calendar.Date, s seat) error {
	at := y.Clock.Now()
	for _, district := range s.districts {
		issues, err := all(func(p approval.Page) ([]approval.Issue, approval.Cursor, error) {
			return y.Service.Store().Issues(ctx, approval.IssueQuery{District: district}, p)
		})
		if err != nil {
			return fmt.Errorf("open issues of %s: %w", district, err)
		}
		for k := range issues {
			i := &issues[k]
			rules := y.Service.Rules()
			if !rules.RulesOn(i, s.actor) && !rules.AssignsOn(i, s.actor) && i.Notices == 0 {
				continue
			}
			whole, err := y.Service.Issue(ctx, i.ID, s.actor)
			if err != nil {
				return fmt.Errorf("issue %s as %s sees it: %w", i.ID, s.actor.Person, err)
			}
			at = at.Add(time.Minute)
			y.judge(&whole, d, at, s.actor)
		}
	}
	return nil
}

// judge rules on objections, gives disputed tasks to a department and rechecks
// replies to notices.
func (y *Year) judge(i *approval.Issue, d calendar.Date, at time.Time, actor approval.Actor) {
	rules, a := y.Service.Rules(), &y.City.Assumed
	for m := range i.SignOffs {
		s := &i.SignOffs[m]
		k, n := y.part(i.ID, s.N)
		opened := calendar.Date(0)
		if i.Consultation != nil {
			opened = calendar.Of(i.Consultation.OpenedAt) // anew at the next tier
		}
		r := y.City.dice.roll(forTier, k, n, len(s.Earlier), int(opened))
		after, outcome, owner := days(r, 1, a.RuleMean), r.Float64(), r.Float64()
		switch {
		case s.State == approval.Objection && rules.RulesOn(i, actor) && i.Counts(s):
			if y.City.Calendar.WorkingDays(opened, d) >= after {
				rule := approval.Rule{SignOff: s.N, Outcome: approval.Revise, Reason: "请修改方案后重新提交"}
				switch {
				case outcome < a.SetAside:
					rule.Outcome, rule.Reason = approval.SetAside, "经会商，异议所涉事项可在后续环节落实"
				case outcome < a.SetAside+a.Uphold:
					rule.Outcome, rule.Reason = approval.Uphold, "异议理由成立"
				}
				y.act(at, i.ID, actor, rule, nil)
				return // what it leads to is seen the next day
			}
		case s.Disputed() && rules.AssignsOn(i, actor) && s.Handover != nil:
			to := s.Handover.From
			if owner < 0.5 {
				to = s.Handover.To
			}
			y.act(at, i.ID, actor, approval.Assign{SignOff: s.N, To: to, Reason: "经协商，由该部门承办"}, nil)
		}
		for w := range s.Notices {
			if notice := &s.Notices[w]; notice.State == approval.NoticeReplied && rules.Holds(i, actor, notice.Tier) {
				ok := chance(y.City.dice.roll(forTier, k, n, notice.K, len(notice.Replies)), a.NoticeOK)
				text := "回复属实，请抓紧办结"
				if !ok {
					text = "未写明办结时间，请重新回复"
				}
				y.act(at, i.ID, actor, approval.RecheckNotice{K: notice.K, OK: ok, Text: text}, nil)
			}
		}
	}
}
