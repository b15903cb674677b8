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
	// Bulletin (督查通报) is of a district or a city, a quarter.
	Bulletin Kind = "bulletin"
	// Pack (述职) is of a branch, a half-year.
	Pack Kind = "pack"
)

// Kinds are all of them, as screens list them.
func Kinds() []Kind { return []Kind{Agenda, List, Bulletin, Pack} }

// Name returns the kind's name, or the zero text for none.
func (k Kind) Name() approval.Text {
	return map[Kind]approval.Text{
		Agenda: {ZH: "周例会议程", EN: "Weekly agenda"},
		List:   {ZH: "支部月度联席清单", EN: "Monthly branch list"},

		Bulletin: {ZH: "督查通报", EN: "Quarterly bulletin"},
		Pack:     {ZH: "支部半年述职材料", EN: "Half-year report"},
	}[k]
}

// Period is the span of days that a briefing is about, both included.
type Period struct {
	Code string // 2026-W10, 2026-03, 2026-Q1, 2026-H1
	From calendar.Date
	To   calendar.Date
}

// PeriodOf is the period of the kind in which a day lies: the week from Monday (ISO
// 8601), the month, the quarter or the half-year.
func PeriodOf(k Kind, on calendar.Date) Period {
	year, month, _ := on.Civil()
	if k == Agenda {
		monday := on.Add(-(int(on.Weekday()) + 6) % 7)
		y, week := monday.Start().In(calendar.Shanghai).ISOWeek()
		return Period{fmt.Sprintf("%d-W%02d", y, week), monday, monday.Add(6)}
	}
	months, code := k.months()
	n := (int(month) - 1) / months
	first := time.Month(n*months + 1)
	return Period{fmt.Sprintf(code, year, n+1), calendar.On(year, first, 1), calendar.On(year, first+time.Month(months), 1).Add(-1)}
}

// months is how many a period of the kind has, and how its code is written.
func (k Kind) months() (n int, code string) {
	switch k {
	case Bulletin:
		return 3, "%d-Q%d"
	case Pack:
		return 6, "%d-H%d"
	}
	return 1, "%d-%02d"
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
	case List, Bulletin, Pack:
		months, _ := k.months()
		layout := map[Kind]string{List: "%4d-%2d", Bulletin: "%4d-Q%1d", Pack: "%4d-H%1d"}[k]
		if _, err := fmt.Sscanf(code, layout, &year, &n); err != nil || year < 1000 || n < 1 || n > 12/months {
			return Period{}, false
		}
		on = calendar.On(year, time.Month((n-1)*months+1), 1)
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
	switch k {
	case Bulletin:
		n := (int(month)-1)/3 + 1
		return text("%[1]d年第%[3]s季度", "quarter %[2]d of %[1]d", year, n, []string{"一", "二", "三", "四"}[n-1])
	case Pack:
		n := (int(month) - 1) / 6
		return text("%[1]d年%[2]s半年", "%[3]s half of %[1]d", year, []string{"上", "下"}[n], []string{"first", "second"}[n])
	}
	return approval.Text{ZH: fmt.Sprintf("%d年%d月", year, month), EN: fmt.Sprintf("%s %d", month, year)}
}

func text(zh, en string, args ...any) approval.Text {
	return approval.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}
