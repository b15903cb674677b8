package city

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// branches is the secretaries' morning: each looks at the own issues that have not
// come to their end, and does what they wait for.
func (y *Year) branches(ctx context.Context, d calendar.Date) error {
	for _, actor := range y.City.secretaries {
		mine := y.own[actor.Person]
		if len(mine) == 0 {
			continue
		}
		at := y.Clock.Now()
		kept := mine[:0]
		for _, id := range mine {
			issue, err := y.Service.Issue(ctx, id, actor)
			if err != nil {
				return fmt.Errorf("issue %s as %s sees it: %w", id, actor.Person, err)
			}
			at = at.Add(time.Minute)
			if y.look(&issue, d, at, actor) {
				kept = append(kept, id)
			}
		}
		y.own[actor.Person] = kept
	}
	return nil
}

// again puts an issue back on its secretary's list, because it was taken up again.
func (y *Year) again(i *approval.Issue) {
	person := y.City.Arrivals[y.issues[i.ID].arrival].By.Person
	if !slices.Contains(y.own[person], i.ID) {
		y.own[person] = append(y.own[person], i.ID)
	}
}

// look is what a secretary does about one issue on a day; it answers false when
// there will be nothing more to do.
func (y *Year) look(i *approval.Issue, d calendar.Date, at time.Time, actor approval.Actor) bool {
	a, c, k := &y.City.Assumed, y.City.Calendar, y.issues[i.ID].arrival
	since := func(t time.Time) int { return c.WorkingDays(calendar.Of(t), d) }
	r := y.City.dice.roll(forAfter, k)
	withdraw, withdrawAfter, confirm, confirmAfter := r.Float64(), days(r, 2, 8), r.Float64(), days(r, 1, a.ConfirmMean)
	followed := false
	switch i.Status {
	case approval.Withdrawn, approval.Confirmed:
	case approval.Concluded:
		if followed = y.follow(i, at); followed {
			break // the case's end is confirmed
		}
		if confirm >= a.NoConfirm && since(i.ConcludedAt) >= confirmAfter {
			y.act(at, i.ID, actor, approval.Confirm{Stars: stars(i), Comment: comment(i)}, nil)
		}
		if confirm < a.NoConfirm && !y.dutiful(i) {
			return false
		}
	case approval.Returned:
		r := y.City.dice.roll(forAfter, k, i.Round(), 1)
		if since(i.Consultation.ClosedAt) >= days(r, 1, a.Resubmit) {
			y.act(at, i.ID, actor, approval.Resubmit{Note: "已按裁定修改方案并补充说明"}, nil)
		}
	default:
		if withdraw < a.Withdrawn && since(y.City.Arrivals[k].At) >= withdrawAfter {
			y.act(at, i.ID, actor, approval.Withdraw{Reason: "项目方案调整，暂不办理"}, nil)
			return true
		}
		for n := range i.SignOffs {
			y.answer(i, &i.SignOffs[n], d, at, actor)
		}
	}
	y.report(i, d, at, actor)
	return !(followed || i.Status == approval.Confirmed || i.Status == approval.Withdrawn) || y.dutiful(i)
}

// answer is what a part waits for from the branch: a supplement, papers handed in
// anew; and a reminder to a department that is late.
func (y *Year) answer(i *approval.Issue, s *approval.SignOff, d calendar.Date, at time.Time, actor approval.Actor) {
	a, c := &y.City.Assumed, y.City.Calendar
	k, n := y.part(i.ID, s.N)
	r := y.City.dice.roll(forAnswer, k, n, len(s.Earlier), 1)
	never, after := r.Float64(), days(r, 1, a.AnswerMean)
	switch s.State {
	case approval.Supplement:
		if never >= a.NoAnswer && c.WorkingDays(calendar.Of(s.Request.At), d) >= after && (s.Request.AnswerBy.IsZero() || d <= s.Request.AnswerBy) {
			y.act(at, i.ID, actor, approval.AnswerSupplement{SignOff: s.N, Text: "已按要求补正，材料随附"}, nil)
		}
	case approval.PapersBack:
		if c.WorkingDays(s.Request.AnswerBy, d) >= 1+after {
			y.act(at, i.ID, actor, approval.Refile{SignOff: s.N, Text: "材料已补齐，重新申报"}, nil)
		}
	case approval.Open:
		if s.Light != approval.Green && s.UrgedOn != d && !s.Disputed() && chance(y.City.dice.roll(forAfter, k, n, int(d)), a.Urge) {
			y.act(at, i.ID, actor, approval.Urge{SignOff: s.N}, nil)
		}
	}
}

// dutiful reports whether the issue's approvals left duties that still have to be
// reported.
func (y *Year) dutiful(i *approval.Issue) bool {
	for n := range i.SignOffs {
		for k := range i.SignOffs[n].Duties {
			if d := &i.SignOffs[n].Duties[k]; d.Pending() && d.Report == nil && y.keeps(i.ID, n+1, k+1) {
				return true
			}
		}
	}
	return false
}

func (y *Year) keeps(id approval.IssueID, n, k int) bool {
	arrival, part := y.part(id, n)
	return chance(y.City.dice.roll(forDuty, arrival, part, k), y.City.Assumed.DutyKept)
}

// report tells the checkers of duties that they are done, some days before their
// date.
func (y *Year) report(i *approval.Issue, d calendar.Date, at time.Time, actor approval.Actor) {
	for n := range i.SignOffs {
		for k := range i.SignOffs[n].Duties {
			o := &i.SignOffs[n].Duties[k]
			if o.Pending() && o.Report == nil && y.City.Calendar.WorkingDays(d, o.By) <= 4 && y.keeps(i.ID, n+1, k+1) {
				y.act(at, i.ID, actor, approval.ReportDuty{SignOff: n + 1, Duty: k + 1, Text: "已落实，请核查"}, nil)
			}
		}
	}
}

// stars is how a branch rates what it saw: by the light, and by how it ended.
func stars(i *approval.Issue) int {
	n := 5
	for k := range i.SignOffs {
		if s := &i.SignOffs[k]; s.Light == approval.Red || !s.DecidedAt.IsZero() && !s.Due.On.IsZero() && calendar.Of(s.DecidedAt) > s.Due.On {
			n--
		}
	}
	if i.Verdict == approval.Refused {
		n--
	}
	return max(1, n)
}

func comment(i *approval.Issue) string {
	if stars(i) <= 2 {
		return "多个环节逾期，协调仍需加强"
	}
	return ""
}
