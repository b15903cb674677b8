package webui

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// speaker says the domain's things in one language: dates as an official writes
// them, names, lengths of time.
type speaker struct {
	lang  string
	texts texts
	rules func() approval.Rules // as they stand
}

func (s *speaker) t(key string, args ...any) string { return s.texts.say(key, args...) }

// name picks the language.
func (s *speaker) name(n roster.Name) string {
	if s.lang == en && n.EN != "" {
		return n.EN
	}
	return n.ZH
}

// text is what the domain says, with its dates as people write them.
func (s *speaker) text(t approval.Text) string {
	return isoDate.ReplaceAllStringFunc(t.In(s.lang), func(found string) string {
		d, err := calendar.Parse(strings.TrimSpace(found))
		switch {
		case err != nil:
			return found
		case s.lang == en:
			return strings.Replace(found, d.String(), s.date(d), 1)
		}
		return s.date(d)
	})
}

var isoDate = regexp.MustCompile(` ?\b\d{4}-\d{2}-\d{2}\b ?`)

// date: 2026年2月27日, 27 February 2026.
func (s *speaker) date(d calendar.Date) string {
	if d.IsZero() {
		return s.t("none")
	}
	year, month, day := d.Civil()
	if s.lang == en {
		return strconv.Itoa(day) + " " + month.String() + " " + strconv.Itoa(year)
	}
	return strconv.Itoa(year) + "年" + strconv.Itoa(int(month)) + "月" + strconv.Itoa(day) + "日"
}

// shortDate leaves the year out: 2月27日, 27 Feb.
func (s *speaker) shortDate(d calendar.Date) string {
	_, month, day := d.Civil()
	if s.lang == en {
		return strconv.Itoa(day) + " " + month.String()[:3]
	}
	return strconv.Itoa(int(month)) + "月" + strconv.Itoa(day) + "日"
}

// moment is a date with the time of day in Beijing.
func (s *speaker) moment(at time.Time) string {
	if at.IsZero() {
		return s.t("none")
	}
	return s.date(calendar.Of(at)) + " " + at.In(calendar.Shanghai).Format("15:04")
}

// money is an amount in 万元, with separators: 1,234万元; in English it is in yuan.
func (s *speaker) money(wan int64) string {
	if s.lang == en {
		wan *= 10_000
	}
	digits := strconv.FormatInt(wan, 10)
	sign := ""
	if wan < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return s.t("money", sign+digits)
}

func (s *speaker) limit(l calendar.Limit) string {
	switch {
	case l.Days == 0:
		return s.t("limit.at_once")
	case l.Unit == calendar.CalendarDays:
		return s.t("limit.calendar", l.Days)
	}
	return s.t("limit.working", l.Days)
}

// left says how far away a last day is: 剩3个工作日, 今天到期, 已超期2个工作日.
func (s *speaker) left(due, today calendar.Date, unit calendar.Unit) string {
	suffix := ".working"
	count := s.rules().Calendar.WorkingDays
	if unit == calendar.CalendarDays {
		suffix, count = ".calendar", func(a, b calendar.Date) int { return b.Sub(a) }
	}
	switch {
	case due.IsZero():
		return ""
	case due == today:
		return s.t("left.today")
	case due > today:
		return s.t("left"+suffix, count(today, due))
	}
	if n := count(due, today); n > 0 {
		return s.t("late"+suffix, n)
	}
	return s.t("late")
}

func (s *speaker) unit(id string) string { return s.name(s.rules().Roster.UnitName(id)) }

func (s *speaker) department(id roster.DepartmentID) string {
	if id == "" {
		return s.t("department.unsettled")
	}
	return s.unit(string(id))
}

func (s *speaker) person(id roster.PersonID) string {
	p, ok := s.rules().Roster.Person(id)
	if !ok {
		return string(id)
	}
	return s.name(roster.Name{ZH: p.NameZH, EN: p.NameEN})
}

func (s *speaker) project(id roster.ProjectID) string {
	p, ok := s.rules().Roster.Project(id)
	if !ok {
		return string(id)
	}
	return s.name(roster.Name{ZH: p.NameZH, EN: p.NameEN})
}

func (s *speaker) district(code roster.DistrictCode) string {
	d, ok := s.rules().Roster.District(code)
	if !ok {
		return string(code)
	}
	return s.name(roster.Name{ZH: d.NameZH, EN: d.NameEN})
}

func (s *speaker) item(no catalog.ItemNo) string {
	item, ok := s.rules().Catalog.Item(no)
	if !ok {
		return s.t("item.unknown", int(no))
	}
	return s.name(roster.Name{ZH: item.NameZH, EN: item.NameEN})
}

func (s *speaker) matter(code catalog.MatterCode) string {
	m, ok := s.rules().Catalog.Matter(code)
	if !ok {
		return string(code)
	}
	return s.name(roster.Name{ZH: m.NameZH, EN: m.NameEN})
}

// subject is what a sign-off is about: its item or its coordination matter.
func (s *speaker) subject(o *approval.SignOff) string {
	if o.Item != 0 {
		return s.item(o.Item)
	}
	if o.Matter == approval.AgreedAction {
		return s.t("subject.agreed", o.What)
	}
	return s.matter(o.Matter)
}

// actor is who acted, and as whom.
func (s *speaker) actor(a approval.Actor) string {
	switch {
	case a == approval.Outsider:
		return s.t("outsider")
	case a.Person == "":
		return s.t("machine")
	}
	who := s.person(a.Person)
	if a.For != "" {
		who = s.t("person.for", who, s.person(a.For))
	}
	return s.t("actor", who, s.unit(a.Unit), s.name(a.Role.Name()))
}

func (s *speaker) tier(t roster.Tier) string { return s.name(t.Name()) }

func (s *speaker) mark(m catalog.Mark) string { return s.name(m.Name()) }

// list joins names as a sentence does.
func (s *speaker) list(names []string) string { return strings.Join(names, s.t("list.separator")) }

// named puts names where a fault of the register has the ids of people, units and
// projects.
func (s *speaker) named(text string) string {
	return idWords.ReplaceAllStringFunc(text, func(id string) string {
		r := s.rules().Roster
		if _, ok := r.Person(roster.PersonID(id)); ok {
			return s.person(roster.PersonID(id))
		}
		if _, ok := r.Project(roster.ProjectID(id)); ok {
			return s.project(roster.ProjectID(id))
		}
		return s.unit(id)
	})
}

var idWords = regexp.MustCompile(`\b[a-z0-9]+(?:-[a-z0-9]+)+\b`)

// functions are what templates may call, in the speaker's language.
func (s *speaker) functions() template.FuncMap {
	return template.FuncMap{
		"t": s.t, "date": s.date, "moment": s.moment, "money": s.money, "unit": s.unit, "department": s.department,
		"person": s.person, "project": s.project, "district": s.district, "item": s.item, "actor": s.actor, "tier": s.tier,
		"mark": s.mark, "limit": s.limit, "lang": func() string { return s.lang }, "add": func(a, b int) int { return a + b },
		"lines":   func(text string) []string { return strings.Split(text, "\n") },
		"invalid": invalid,
		"pair":    func(name string, of any) pair { return pair{name, of} },
		"field":   func(p problems, name string) fieldProblem { return fieldProblem{p[name], name} },
	}
}

// pair hands a template a name beside what it is of.
type pair struct {
	Name string
	Of   any
}

// invalid marks a control whose field has a problem and joins the two.
func invalid(p problems, name string) template.HTMLAttr {
	if p[name] == "" {
		return ""
	}
	return template.HTMLAttr(` aria-invalid="true" aria-describedby="p-` + template.HTMLEscapeString(name) + `"`)
}
