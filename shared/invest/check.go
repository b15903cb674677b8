package invest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Fault is one thing wrong with a fact: which of them, and its field by its JSON name.
type Fault struct {
	N     int // of the facts given, from 0
	Field string
	Text  roster.Name
}

// Entry is who enters facts, and when.
type Entry struct {
	Roster *roster.Roster
	Area   roster.DistrictCode // the area of the bureau: it enters for projects there
	Today  calendar.Date
	Reason string // why existing entries are changed; may stand with a report instead
}

// The longest texts, in characters (assumed).
const (
	longestID     = 64
	longestName   = 120
	longestReason = 500
)

// Check looks at facts one after another, each in the year as it stands with those
// before it, and says everything that is wrong. changed are those that say something
// new: what the year has already is no change.
func (y *Year) Check(facts []Fact, e Entry) (changed []int, faults []Fault) {
	c := checker{
		Entry: e, own: map[roster.ProjectID]bool{}, seen: map[string]int{},
		year: &Year{N: y.N, Batches: y.Batches, projects: maps.Clone(y.projects)},
	}
	for k, f := range facts {
		c.n = k
		before := len(c.faults)
		news := c.fact(f)
		if len(c.faults) > before {
			continue
		}
		if news {
			changed = append(changed, k)
			c.year.add(f, Stamp{}, c.own)
		}
	}
	return changed, c.faults
}

type checker struct {
	Entry
	year   *Year
	own    map[roster.ProjectID]bool
	seen   map[string]int // what a fact is about -> the fact
	n      int
	faults []Fault
}

func (c *checker) wrong(field, zh, en string, args ...any) {
	c.faults = append(c.faults, Fault{c.n, field, roster.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}})
}

func (c *checker) fact(f Fact) (news bool) {
	switch {
	case f.Listing != nil && f.Plan == nil && f.Report == nil:
		return c.listing(*f.Listing)
	case f.Plan != nil && f.Listing == nil && f.Report == nil:
		return c.plan(*f.Plan)
	case f.Report != nil && f.Listing == nil && f.Plan == nil:
		return c.report(*f.Report)
	}
	c.wrong("", "每条只能是项目、计划或进度之一。", "Each entry is a listing, a plan or a report.")
	return false
}

// once refuses a second fact about the same in one batch: which of them counts would
// hang on the order of rows.
func (c *checker) once(field, about string) {
	if _, twice := c.seen[about]; twice {
		c.wrong(field, "同一内容在本次填报中重复出现，请只保留一条。", "The same is entered twice here; keep one.")
	}
	c.seen[about] = c.n
}

func (c *checker) text(field, value string, most int, needed bool) {
	switch n := utf8.RuneCountInString(value); {
	case needed && n == 0:
		c.wrong(field, "请填写此项。", "Please fill this in.")
	case n > most:
		c.wrong(field, "超过 %d 个字，请精简。", "It has more than %d characters; shorten it.", most)
	}
}

// listed finds the project of a plan or report, within the bureau's area.
func (c *checker) listed(id roster.ProjectID) *Project {
	p, ok := c.year.Project(id)
	if !ok {
		c.wrong("project", "“%[1]s”不在%[2]d年度重点项目清单中，请核对编号，或先列入项目清单。", "%[1]q is not on the list of %[2]d; check the number, or list the project first.", id, c.year.N)
		return nil
	}
	if l := p.Listing(); !c.Roster.Within(l.District, c.Area) {
		c.outside("project", l.District)
	}
	return p
}

func (c *checker) outside(field string, code roster.DistrictCode) {
	d, _ := c.Roster.District(code)
	c.wrong(field, "该项目位于%[1]s，不在本局填报范围内。", "The project lies in %[2]s, for which your bureau does not report.", d.NameZH, d.NameEN)
}

// reason asks why something that stands is changed.
func (c *checker) reason(own, zh, en string, args ...any) {
	if strings.TrimSpace(own) == "" && strings.TrimSpace(c.Reason) == "" {
		c.wrong("reason", zh, en, args...)
	}
}

var (
	sectors = roster.Sectors()
	tiers   = roster.ProjectTiers()
	types   = roster.ProjectTypes()
)

func goodID(id string) bool {
	return id != "" && utf8.RuneCountInString(id) <= longestID && !strings.ContainsFunc(id, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}) && strings.Trim(id, ".") != ""
}

func (c *checker) listing(l Listing) bool {
	if !goodID(string(l.Project)) {
		c.wrong("project", "项目编号由文字、数字和“-”“_”“.”组成，不超过 %d 个字符。", "A project's number is made of letters, digits, “-”, “_” and “.”, at most %d.", longestID)
	}
	c.once("project", "l/"+string(l.Project))
	c.text("nameZH", l.NameZH, longestName, true)
	c.text("nameEN", l.NameEN, longestName, false)
	if d, ok := c.Roster.District(l.District); !ok {
		c.wrong("district", "没有行政区划“%s”，请填写名册上的名称或六位代码。", "There is no area %q; write a name or code that is on the roster.", l.District)
	} else if !c.Roster.Within(d.Code, c.Area) {
		c.outside("district", d.Code)
	}
	choice(c, "sector", l.Sector, sectors)
	choice(c, "tier", l.Tier, tiers)
	choice(c, "type", l.Type, types)
	if !l.Start.IsZero() && !l.Finish.IsZero() && l.Finish < l.Start {
		c.wrong("finish", "计划竣工日期早于计划开工日期，请核对。", "The planned finish is before the planned start; check them.")
	}
	if p, ok := c.Roster.Project(l.Project); ok {
		if p.NameZH != l.NameZH {
			c.wrong("nameZH", "与名册不一致，名册上该编号的项目为“%s”。", "The roster has another project under this number: %s.", p.NameZH)
		}
		if p.District != l.District {
			d, _ := c.Roster.District(p.District)
			c.wrong("district", "与名册不一致，名册上该项目位于%[1]s。", "The roster has this project in %[2]s.", d.NameZH, d.NameEN)
		}
	}
	was, ok := c.year.Project(l.Project)
	if ok && was.Listing() == l {
		return false
	}
	if ok {
		if old := was.Listing(); old.District != l.District && !c.Roster.Within(old.District, c.Area) {
			c.outside("project", old.District)
		}
		c.reason("", "“%s”已列入清单，修改项目信息须在导入说明中写明理由。", "%q is on the list; to change its entry, give the reason with the import.", l.Project)
	}
	return true
}

func choice[T ~string](c *checker, field string, value T, all []T) {
	if !slices.Contains(all, value) {
		words := make([]string, len(all))
		for k, v := range all {
			words[k] = string(v)
		}
		c.wrong(field, "“%[1]s”不在可填范围内。", "%[1]q is none of %[2]s.", value, strings.Join(words, ", "))
	}
}

func (c *checker) amount(field string, m Money, least Money) {
	if m < least || m > MaxMoney {
		c.wrong(field, "金额以万元为单位，须在 %d 至 %d 之间。", "Amounts are in 10,000 yuan, from %d to %d.", least, MaxMoney)
	}
}

func (c *checker) plan(p Plan) bool {
	project := c.listed(p.Project)
	c.once("from", fmt.Sprint("p/", p.Project, "/", p.From))
	c.amount("amount", p.Amount, 1)
	c.text("ground", p.Ground, longestReason, false)
	first, last := calendar.On(c.year.N, time.January, 1), calendar.On(c.year.N, time.December, 31)
	if p.From < first || p.From > last {
		c.wrong("from", "计划的生效日期须在 %d 年之内。", "A plan comes into force within %d.", c.year.N)
	}
	if project == nil {
		return true
	}
	for _, v := range slices.Backward(project.Plans) {
		if v.Value.From != p.From {
			continue
		}
		if v.Value == p {
			return false
		}
		c.reason("", "%[1]s起生效的计划已有%[3]d万元，更正须在导入说明中写明理由；年中调整请另填生效日期。", "A plan in force from %[2]s is entered (%[3]d); to correct it, give the reason with the import; an adjustment has a day of its own.", p.From, p.From, v.Value.Amount)
		return true
	}
	if len(project.Plans) > 0 && strings.TrimSpace(p.Ground) == "" {
		c.wrong("ground", "调整年度计划须填写依据文号。", "An adjustment of the plan names the document that it rests on.")
	}
	return true
}

func (c *checker) report(r Report) bool {
	project := c.listed(r.Project)
	c.once("period", fmt.Sprint("r/", r.Project, "/", r.Half))
	c.amount("done", r.Done, 0)
	c.text("reason", r.Reason, longestReason, false)
	period := Period{c.year.N, r.Half}
	if !period.In(c.year.N) {
		c.wrong("period", "期次须为 %d 年的某月或某月上半月。", "The period is a month of %d, or the first half of one.", c.year.N)
		return true
	}
	last := period.Last()
	if last > c.Today {
		c.wrong("period", "该期尚未结束，不能填报。", "The period has not ended yet.")
	}
	if r.Started > last {
		c.wrong("started", "实际开工日期晚于本期截止日，请核对。", "Works began after the period's end; check the day.")
	}
	switch {
	case r.Finished > last:
		c.wrong("finished", "实际竣工日期晚于本期截止日，请核对。", "Works were finished after the period's end; check the day.")
	case !r.Finished.IsZero() && r.Finished < r.Started:
		c.wrong("finished", "实际竣工日期早于实际开工日期，请核对。", "Works were finished before they began; check the days.")
	}
	if project == nil {
		return true
	}
	if was, ok := project.Report(r.Half); ok {
		same := was.Value
		same.Reason = r.Reason
		if same == r {
			return false
		}
		c.reason(r.Reason, "该期已填报%d万元，更正须写明理由；原数保留。", "%d is reported for this period; a correction needs a reason, and the old figure is kept.", was.Value.Done)
		return true
	}
	if before, ok := project.Latest(r.Half - 1); ok && r.Done < before.Value.Done {
		c.reason(r.Reason, "累计数少于 %[1]s 已填的%[2]d万元，确系核减的请写明理由。", "The cumulative figure is below the %[2]d of %[1]s; where it was reduced, give the reason.", Period{c.year.N, before.Value.Half}, before.Value.Done)
	}
	for half := r.Half + 1; half <= halves; half++ {
		if later, ok := project.Report(half); ok {
			if r.Done > later.Value.Done {
				c.reason(r.Reason, "累计数大于 %[1]s 已填的%[2]d万元，请核对，或写明理由。", "The cumulative figure is above the %[2]d of %[1]s; check it, or give the reason.", Period{c.year.N, half}, later.Value.Done)
			}
			break
		}
	}
	return true
}
