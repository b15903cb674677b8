package briefing

import (
	"fmt"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// Kind is what sort of briefing it is.
type Kind string

const (
	Agenda Kind = "agenda" // 周例会议程: of a general branch or headquarters, a week
	List   Kind = "list"   // 支部月度联席清单: of a branch, a month
)

// Kinds are all of them, as screens list them.
func Kinds() []Kind { return []Kind{Agenda, List} }

// Name returns the kind's name, or the zero text for none.
func (k Kind) Name() approval.Text {
	return map[Kind]approval.Text{
		Agenda: {ZH: "周例会议程", EN: "Weekly agenda"},
		List:   {ZH: "支部月度联席清单", EN: "Monthly branch list"},
	}[k]
}

// Period is the span of days that a briefing is about, both included.
type Period struct {
	Code string // 2026-W10, 2026-03
	From calendar.Date
	To   calendar.Date
}

// PeriodOf is the period of the kind in which a day lies: the week from Monday (ISO
// 8601), or the month.
func PeriodOf(k Kind, on calendar.Date) Period {
	year, month, _ := on.Civil()
	if k == Agenda {
		monday := on.Add(-(int(on.Weekday()) + 6) % 7)
		y, week := monday.Start().In(calendar.Shanghai).ISOWeek()
		return Period{fmt.Sprintf("%d-W%02d", y, week), monday, monday.Add(6)}
	}
	return Period{fmt.Sprintf("%d-%02d", year, int(month)), calendar.On(year, month, 1), calendar.On(year, month+1, 1).Add(-1)}
}

// ParsePeriod reads a period's code as the kind has it.
func ParsePeriod(k Kind, code string) (Period, bool) {
	var year, n int
	on := calendar.Date(0)
	switch k {
	case Agenda:
		if _, err := fmt.Sscanf(code, "%4d-W%2d", &year, &n); err != nil || year < 1000 || n < 1 {
			return Period{}, false
		}
		on = PeriodOf(Agenda, calendar.On(year, 1, 4)).From.Add(7 * (n - 1)) // 4 January is in the first week
	case List:
		if _, err := fmt.Sscanf(code, "%4d-%2d", &year, &n); err != nil || year < 1000 || n < 1 || n > 12 {
			return Period{}, false
		}
		on = calendar.On(year, time.Month(n), 1)
	default:
		return Period{}, false
	}
	p := PeriodOf(k, on)
	return p, p.Code == code
}

// before is the period before.
func (p Period) before(k Kind) Period { return PeriodOf(k, p.From.Add(-1)) }

// words name the period in a title.
func (p Period) words(k Kind) approval.Text {
	year, month, _ := p.From.Civil()
	if k == Agenda {
		return text("%s至%s", "%s to %s", p.From, p.To)
	}
	return approval.Text{ZH: fmt.Sprintf("%d年%d月", year, month), EN: fmt.Sprintf("%s %d", month, year)}
}

func text(zh, en string, args ...any) approval.Text {
	return approval.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}
