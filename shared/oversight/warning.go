// Package oversight raises warnings (预警) from what the workflow and the register
// have on record, and from nothing else: never from anything about a person
// beyond posts, substitutions, declared interests and acts.
//
// A warning is computed whenever somebody looks; what is stored is only its
// disposal (处置), under the warning's key. The key holds the fact that raised it, so
// that a disposed warning comes back when its facts change, and only then.
//
// It also looks through the audit trails for overseers, and has them checked.
//
// It must not know how anything is stored, transported or shown. It imports the
// standard library, approval, audit, calendar, docket and roster.
//
// Road not taken: to keep what a warning needs in the row that lists show. It
// would be written with every commit of every issue, and is read only now and
// then.
package oversight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Kind is what a warning is about.
type Kind string

// About a sign-off of an issue. Supplements and Extensions are also about what a
// department does across issues.
const (
	Overdue     Kind = "overdue"     // 逾期
	NearDue     Kind = "near_due"    // 临期
	Untouched   Kind = "untouched"   // 认领后久未办理
	Supplements Kind = "supplements" // 多次补正
	Extensions  Kind = "extensions"  // 多次延期
	MissedDuty  Kind = "missed_duty" // 后续事项逾期未履行
	Interest    Kind = "interest"    // 利益冲突
)

// About the register.
const (
	Rotation    Kind = "rotation"     // 同岗任职超过五年
	TermEnding  Kind = "term_ending"  // 书记任期将满
	TermOver    Kind = "term_over"    // 书记任期已满
	NoSecretary Kind = "no_secretary" // 支部缺书记
	NoBranch    Kind = "no_branch"    // 项目未建支部
)

const (
	// untouchedFor is this product's own (assumed), in working days.
	untouchedFor = 3
	// repeated is how many make a repetition within an issue (assumed).
	repeated = 2
	// often is how many make one across issues and rounds, of one department and item
	// (assumed), and lately the days in which they count, today included (assumed).
	often  = 3
	lately = 90
	// rotationYears: posts that approve projects rotate after five years, says the
	// Luohu report of 2017.
	rotationYears = 5
	// termAhead is this product's own (assumed), in days.
	termAhead = 30
)

// Warning is a fact that somebody has to look at.
type Warning struct {
	Key        string // unique within the issue, or within the register
	Kind       Kind
	SignOff    int // 0: about no single issue
	Department roster.DepartmentID
	Branch     roster.BranchID
	Project    roster.ProjectID
	Person     roster.PersonID
	Since      calendar.Date
	Text       approval.Text
}

func key(kind Kind, parts ...any) string {
	words := []string{string(kind)}
	for _, p := range parts {
		words = append(words, fmt.Sprint(p))
	}
	return strings.Join(words, ":")
}

func text(zh, en string, args ...any) approval.Text {
	return approval.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// OfIssue are the warnings of an issue, given with its sign-offs.
func OfIssue(r approval.Rules, i *approval.Issue, today calendar.Date) []Warning {
	var all []Warning
	asked, extended := map[roster.DepartmentID]int{}, map[roster.DepartmentID]int{}
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		add := func(kind Kind, fact any, person roster.PersonID, since calendar.Date, t approval.Text) {
			all = append(all, Warning{
				Key: key(kind, s.N, fact), Kind: kind, SignOff: s.N, Department: s.Department, Branch: i.Branch, Project: i.Project,
				Person: person, Since: since, Text: t,
			})
		}
		name := r.Subject(s)
		if s.State == approval.Open && !s.Due.On.IsZero() && !i.Status.Ended() {
			switch {
			case today > s.Due.On:
				add(Overdue, s.Due.On, "", s.Due.On.Add(1), text("“%[1]s”已于 %[3]s 到期，尚未办结。", "%[2]q was due on %[3]s and is not decided.", name.ZH, name.EN, s.Due.On))
			case s.Light == approval.Yellow:
				add(NearDue, s.Due.On, "", today, text("“%[1]s”将于 %[3]s 到期。", "%[2]q is due on %[3]s.", name.ZH, name.EN, s.Due.On))
			}
			if last := touched(s); s.Assignee != "" && r.Calendar.WorkingDays(last, today) > untouchedFor {
				add(Untouched, last, s.Assignee, last, text("“%[1]s”由%[3]s认领，%[4]s 以来未见办理。", "%[2]q was claimed by %[3]s; nothing has been done on it since %[4]s.", name.ZH, name.EN, r.Roster.PersonName(s.Assignee), last))
			}
		}
		if s.Request != nil {
			if asked[s.Department]++; asked[s.Department] >= repeated {
				add(Supplements, asked[s.Department], "", calendar.Of(s.Request.At), text("同一部门在本问题中第 %d 次要求补正。", "The department has asked for supplements in this issue %d times.", asked[s.Department]))
			}
		}
		if s.Extension != nil && s.Extension.Answer == approval.ExtensionGranted {
			if extended[s.Department]++; extended[s.Department] >= repeated {
				add(Extensions, extended[s.Department], "", calendar.Of(s.Extension.AnsweredAt), text("同一部门在本问题中第 %d 次延期。", "The department has extended its time in this issue %d times.", extended[s.Department]))
			}
		}
		for m, d := range s.Duties {
			if d.State == approval.DutyMissed {
				add(MissedDuty, fmt.Sprint(m+1, ":", d.By), "", d.By.Add(1), text("“%[1]s”的后续事项到 %[3]s 仍未履行：%[4]s", "A follow-up duty of %[2]q was not met by %[3]s: %[4]s", name.ZH, name.EN, d.By, d.What))
			}
		}
		for _, who := range acts(s) {
			if conflict(r.Roster, i, who.Actor) {
				add(Interest, cmp.Or(who.For, who.Person), who.Person, who.on, text("%[1]s与该问题有利害关系，却认领或办理了“%[2]s”。", "%[1]s has an interest in the issue and has claimed or decided %[3]q.", r.Roster.PersonName(cmp.Or(who.For, who.Person)), name.ZH, name.EN))
			}
		}
	}
	return all
}

// touched is the day of the last act on the sign-off since it was claimed.
func touched(s *approval.SignOff) calendar.Date {
	last := s.ClaimedAt
	if r := s.Request; r != nil {
		if r.At.After(last) {
			last = r.At
		}
		if r.AnsweredAt.After(last) {
			last = r.AnsweredAt
		}
	}
	if e := s.Extension; e != nil && e.At.After(last) {
		last = e.At
	}
	return calendar.Of(last)
}

// act is who has claimed a sign-off or answered it, and when.
type act struct {
	approval.Actor
	on calendar.Date
}

func acts(s *approval.SignOff) (all []act) {
	if s.Assignee != "" && s.Decision == nil {
		all = append(all, act{approval.Actor{Person: s.Assignee}, calendar.Of(s.ClaimedAt)})
	}
	if d := s.Decision; d != nil {
		all = append(all, act{d.By, calendar.Of(d.At)})
	}
	return all
}

// conflict reports whether somebody, or whom they stood in for, raised the issue or
// has an interest in its project.
func conflict(r *roster.Roster, i *approval.Issue, who approval.Actor) bool {
	for _, p := range []roster.PersonID{who.Person, who.For} {
		if p != "" && (p == i.RaisedBy.Person || r.MustStandAside(p, i.Project)) {
			return true
		}
	}
	return false
}

// OfRoster are the warnings of the register for a district: rotation for posts in
// its departments, and branches and projects that lie in it.
func OfRoster(r *roster.Roster, district roster.DistrictCode, today calendar.Date) []Warning {
	var all []Warning
	for _, p := range r.Everybody() {
		for _, post := range p.Posts {
			d, ok := r.Department(roster.DepartmentID(post.Unit))
			if !ok || d.District != district || !d.Kind.Decides() || post.Since.IsZero() || today <= fiveYears(post.Since) {
				continue
			}
			all = append(all, Warning{
				Key: key(Rotation, p.ID, post.Role, post.Unit, post.Since), Kind: Rotation, Department: d.ID, Person: p.ID, Since: fiveYears(post.Since),
				Text: text("%[1]s自 %[2]s 起任%[3]s%[4]s，已超过 %[6]d 年，应予轮岗。", "%[7]s has been %[5]s since %[2]s, which is more than %[6]d years; the post rotates.", p.NameZH, post.Since, d.NameZH, post.Role.Name().ZH, post.Role.Name().EN, rotationYears, p.NameEN),
			})
		}
	}
	for _, b := range r.Branches() {
		if b.Tier != roster.TierBranch || !b.Dissolved.IsZero() && b.Dissolved <= today || !lies(r, b, district) {
			continue
		}
		w := Warning{Branch: b.ID, Person: b.SecretaryID}
		switch {
		case b.SecretaryID == "":
			w.Kind, w.Key, w.Since = NoSecretary, key(NoSecretary, b.ID, len(b.Former)), today
			w.Text = text("%[1]s没有书记。", "%[2]s has no secretary.", b.NameZH, b.NameEN)
		case b.TermEnds.IsZero():
			continue
		case b.TermEnds < today:
			w.Kind, w.Key, w.Since = TermOver, key(TermOver, b.ID, b.TermEnds), b.TermEnds.Add(1)
			w.Text = text("%[1]s书记的任期已于 %[3]s 届满。", "The term of the secretary of %[2]s ended on %[3]s.", b.NameZH, b.NameEN, b.TermEnds)
		case b.TermEnds <= today.Add(termAhead):
			w.Kind, w.Key, w.Since = TermEnding, key(TermEnding, b.ID, b.TermEnds), b.TermEnds.Add(-termAhead)
			w.Text = text("%[1]s书记的任期将于 %[3]s 届满。", "The term of the secretary of %[2]s ends on %[3]s.", b.NameZH, b.NameEN, b.TermEnds)
		default:
			continue
		}
		all = append(all, w)
	}
	for _, p := range r.Projects() {
		if _, ok := r.BranchOf(p.ID); ok || p.District != district || !p.InForce(today) {
			continue
		}
		all = append(all, Warning{
			Key: key(NoBranch, p.ID), Kind: NoBranch, Project: p.ID, Since: today,
			Text: text("%[1]s尚未建立临时党支部。", "%[2]s has no temporary branch.", p.NameZH, p.NameEN),
		})
	}
	return all
}

func fiveYears(since calendar.Date) calendar.Date {
	year, month, day := since.Civil()
	return calendar.On(year+rotationYears, month, day)
}

// lies reports whether a project of the branch lies in the district.
func lies(r *roster.Roster, b roster.Branch, district roster.DistrictCode) bool {
	return slices.ContainsFunc(b.Projects, func(id roster.ProjectID) bool {
		p, _ := r.Project(id)
		return p.District == district
	})
}
