package approval

import (
	"io"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// The machine's commands, for tests that drive the rules without a service.

func RouteCommand(round int) Command { return route{round} }

func AskCommand(round int, a Asking, token string) Command {
	return ask{round: round, n: a.SignOff, clock: a.Clock, token: token, seconds: a.Seconds}
}

func LookCommand(round, n int) Command { return look{round, n} }

func TallyCommand(round int) Command { return tally{round} }

func ConsultCommand(round int, token string) Command { return consult{round, token} }

func HoldCommand(round int, token, name, text string) Command { return hold{round, token, name, text} }

func CloseCommand(round int) Command { return closeRound{round} }

func RouseCommand(w Watch) Command { return rouse{w} }

func (r Rules) TallyOf(i *Issue, round int, now time.Time) Tally { return r.tallyOf(i, round, now) }

func (i *Issue) VerdictNow() Verdict { return i.verdict() }

// AskingOf is what CheckClock answers.
func (r Rules) AskingOf(i Issue, round, n int, now time.Time) Asking {
	t := r.at(i, now)
	if !t.current(round) {
		return Asking{SignOff: n, Clock: i.SignOff(n).Clock, Seconds: 1}
	}
	return t.asking(i.SignOff(n))
}

func (r Rules) at(i Issue, now time.Time) *transition {
	return &transition{Rules: r, now: now, issue: i}
}

// RungMoment is when a rung of the ladder is reached.
func (r Rules) RungMoment(i *Issue, n int, step Step) time.Time {
	for _, rung := range r.LadderOf(i).Rungs {
		if rung.Step == step {
			return r.rungAt(i.SignOff(n), rung)
		}
	}
	panic("no such rung: " + step)
}

// DueOf is the last day that a sign-off's clock leads to.
func (r Rules) DueOf(i Issue, s SignOff, now time.Time) Due {
	r.at(i, now).reckon(&s)
	return s.Due
}

// ComesAt is when something happens next to a sign-off by itself; zero: never.
func (r Rules) ComesAt(i Issue, n int, now time.Time) time.Time {
	return r.at(i, now).comes(i.SignOff(n))
}

// NextTierAt is when silence takes the sign-off to the next tier.
func (r Rules) NextTierAt(i *Issue, n int) time.Time { return r.ahead(i, i.SignOff(n)).tierAt }

// Kept is the command as the service gives it to the rules once its bytes are kept.
func Kept(c Attach) Attach { c.kept = true; return c }

// ProveContent says whether content is what a name's ending says.
func ProveContent(name string, r io.ReaderAt, size int64) error { return proveContent(name, r, size) }

// NamePaper checks a name that PaperName made.
func NamePaper(name string) (string, error) { return namePaper(name) }

const (
	ConsultWatch = consultWatch
	HoldWatch    = holdWatch
	DutyWatch    = dutyWatch
	NoticeWatch  = noticeWatch
)

// MissedTo are the days after its date at which a missed duty climbs, with the tiers.
func MissedTo() (days []int, tiers []roster.Tier) {
	for _, rung := range missLadder {
		days, tiers = append(days, rung.After), append(tiers, rung.To)
	}
	return days, tiers
}

// QuestionOf is what an Authoriser would be asked about a command, whatever the rules
// say of it.
func (r Rules) QuestionOf(issue Issue, actor Actor, cmd Command, now time.Time) Question {
	t := &transition{Rules: r, actor: actor, now: now, today: calendar.Of(now), from: issue.Version, issue: clone(issue)}
	t.handOver()
	return t.question(cmd, &issue)
}
