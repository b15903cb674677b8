package register

import (
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// The columns of people, one post a row.
const (
	colPerson = iota
	colNameZH
	colNameEN
	colUnit
	colRole
	colSince
	colTermEnds
	colChange
)

var peopleColumns = []column{
	{roster.Name{ZH: "人员编号", EN: "Person"}, true, roster.Name{ZH: "小写字母、数字和连字符；与统一身份认证返回的人员标识一致，登录时以此对应。", EN: "Lower-case letters, digits and hyphens; the same as the identity provider says, by which a sign-in is matched."}},
	{roster.Name{ZH: "姓名", EN: "Name in Chinese"}, false, roster.Name{ZH: "新增人员必填；已有人员可不填，填写的须与登记簿一致。", EN: "Needed for a new person; otherwise as in the register, or empty."}},
	{roster.Name{ZH: "英文姓名", EN: "Name in English"}, false, roster.Name{ZH: "同上。", EN: "Likewise."}},
	{roster.Name{ZH: "单位", EN: "Unit"}, false, roster.Name{ZH: "部门或支部的名称或编号；离任的不看此项。", EN: "Name or id of a department or branch; not looked at for who leaves."}},
	{roster.Name{ZH: "职务", EN: "Role"}, false, roster.Name{ZH: "从可填值中选；一人有多个职务的，每个职务填一行。", EN: "One of the values allowed; a row for each post."}},
	{roster.Name{ZH: "任职日期", EN: "Since"}, false, roster.Name{ZH: "如 2026-03-01；不填的，自变更生效之日起。", EN: "Like 2026-03-01; empty: the day on which the change comes into force."}},
	{roster.Name{ZH: "任期届满", EN: "Term ends"}, false, roster.Name{ZH: "只填支部书记的；比登记簿晚的，按续任办理。", EN: "Of branch secretaries only; a later day than the register's renews the term."}},
	{roster.Name{ZH: "变动", EN: "Change"}, false, roster.Name{ZH: "任职、免职（此职务）或离任（全部职务）；不填为任职。在办工作未交接的不能离岗。", EN: "takes up, gives up (this post), leaves (all posts); empty: takes up. Open work is handed over first."}},
}

// move is what a row says about a post.
type move string

const (
	begins move = "begin"
	ends   move = "end"
	leaves move = "leave"
)

func (m move) name() roster.Name {
	switch m {
	case ends:
		return roster.Name{ZH: "免职", EN: "gives up"}
	case leaves:
		return roster.Name{ZH: "离任", EN: "leaves"}
	}
	return roster.Name{ZH: "任职", EN: "takes up"}
}

func moves() []move { return []move{begins, ends, leaves} }

// staffing reads the rows of people.
type staffing struct {
	*reader
	units  map[string]string // by name and id
	people map[roster.PersonID]*staff
	heads  map[roster.BranchID]head
}

// staff is what the rows say about one person.
type staff struct {
	*group
	id     roster.PersonID
	nameZH string
	nameEN string
	known  bool
	was    roster.Person
	leave  bool
	stays  bool // some row says of a post that it begins or ends
	begin  []roster.Post
	end    []roster.Post
	rows   map[roster.Post]int // where each post stands
}

// head is who heads a branch, and on which row that stands.
type head struct {
	person roster.PersonID
	row    int
}

// units are those that act on a day, under their ids and names.
func units(r *roster.Roster, on calendar.Date) map[string]string {
	all := map[string]string{}
	for _, d := range r.Departments() {
		if d.Acting(on) {
			all[string(d.ID)], all[d.NameZH], all[strings.ToLower(d.NameEN)] = string(d.ID), string(d.ID), string(d.ID)
		}
	}
	for _, b := range r.Branches() {
		if b.Standing(on) {
			all[string(b.ID)], all[b.NameZH], all[strings.ToLower(b.NameEN)] = string(b.ID), string(b.ID), string(b.ID)
		}
	}
	return all
}

func (s *staffing) row(at sheet.Record) {
	if !s.needs(&at) {
		return
	}
	p := s.person(&at)
	m := pick(s.reader, &at, colChange, moves(), move.name)
	if m == "" && at.Text(colChange) != "" {
		return
	}
	since, termEnds := s.date(&at, colSince), s.date(&at, colTermEnds)
	switch {
	case !p.known && (m == ends || m == leaves):
		s.wrong(&at, colPerson, "登记簿中没有这个人，请核对编号。", "The register has no such person; please check the id.")
		return
	case m == leaves && p.stays || m != leaves && p.leave:
		s.wrong(&at, colChange, "同一人既有离任又有其他行，离任的请在其各行都填“离任”。", "Of somebody who leaves every row has to say so.")
		return
	case m == leaves:
		if p.leave = true; !p.was.Left.IsZero() {
			s.unchanged++
		}
		return
	}
	p.stays = true
	post, ok := s.post(&at)
	if !ok {
		return
	}
	if before := p.rows[post]; before > 0 {
		s.wrong(&at, colRole, "与第 %d 行重复。", "The same as row %d.", before)
		return
	}
	p.rows[post] = at.Row
	held := slices.IndexFunc(p.was.Posts, func(q roster.Post) bool { return q.Role == post.Role && q.Unit == post.Unit })
	switch {
	case m == ends && held < 0:
		s.unchanged++
	case m == ends:
		p.end = append(p.end, post)
	case since > s.on:
		s.wrong(&at, colSince, "任职日期不能晚于变更生效日期 %s。", "It cannot be later than %s, the day on which the change comes into force.", s.on)
	case termEnds != 0 && post.Role != roster.Secretary:
		s.wrong(&at, colTermEnds, "任期届满只填支部书记的，请留空。", "Only branch secretaries have a term here; leave it empty.")
	case post.Role == roster.Secretary:
		s.secretary(&at, p, post, since, termEnds, held >= 0)
	case held >= 0 && since != 0 && since != p.was.Posts[held].Since:
		s.sinceFixed(&at, p.was.Posts[held].Since)
	case held >= 0:
		s.unchanged++
	default:
		post.Since = since
		p.begin = append(p.begin, post)
	}
}

func (s *staffing) sinceFixed(at *sheet.Record, since calendar.Date) {
	if since.IsZero() {
		s.wrong(at, colSince, "登记簿中已有此职务，未记任职日期，请留空。", "The register has this post without its first day; leave it empty.")
		return
	}
	s.wrong(at, colSince, "登记簿中此职务自 %s 起，任职日期不能由导入更改；请填此日期或者留空。", "The register has this post since %s, which an import does not change; write that day or leave it empty.", since)
}

// secretary reads the post of a branch's secretary, which comes with a term and a predecessor.
func (s *staffing) secretary(at *sheet.Record, p *staff, post roster.Post, since, termEnds calendar.Date, held bool) {
	branch, _ := s.facts.Roster.Branch(roster.BranchID(post.Unit)) // post has seen to it
	if other, taken := s.heads[branch.ID]; taken && other.person != p.id {
		s.wrong(at, colRole, "该支部的书记已填在第 %d 行；原书记请填“免职”。", "Row %d names this branch's secretary; of the former one say “gives up”.", other.row)
		return
	}
	s.heads[branch.ID] = head{p.id, at.Row}
	a := roster.Appointment{Branch: branch.ID, Person: p.id, From: since, TermEnds: termEnds}
	switch {
	case held && since != 0 && since != branch.TermFrom:
		s.sinceFixed(at, branch.TermFrom)
		return
	case held && (termEnds == 0 || termEnds == branch.TermEnds):
		s.unchanged++
		return
	case held:
		a.From, a.Renewal = 0, true
	}
	p.last = append(p.last, roster.Change{Secretary: &a})
}

// post reads a role in a unit.
func (s *staffing) post(at *sheet.Record) (post roster.Post, ok bool) {
	ok = true
	for _, k := range []int{colUnit, colRole} {
		if at.Text(k) == "" {
			ok = false
			s.wrong(at, k, "请填写此项。", "Please fill this in.")
		}
	}
	post.Role = pick(s.reader, at, colRole, roster.Roles(), roster.Role.Name)
	if typed := at.Text(colUnit); typed != "" {
		if post.Unit = s.units[typed]; post.Unit == "" {
			post.Unit = s.units[strings.ToLower(typed)]
		}
		if post.Unit == "" {
			s.wrong(at, colUnit, "没有“%[1]s”这个单位，或者其已不再履行职责，请填写登记簿上的全称或编号。", "There is no unit %[1]q that acts; write its full name or id.", typed)
		}
	}
	if !ok || post.Role == "" || post.Unit == "" {
		return post, false
	}
	for _, f := range s.facts.Roster.Fits(post) {
		ok = false
		s.wrong(at, colRole, "%[1]s。", "%[2]s.", f.Text.ZH, f.Text.EN)
	}
	return post, ok
}

// person finds whom a row is about, and says where the names do not agree.
func (s *staffing) person(at *sheet.Record) *staff {
	id := roster.PersonID(at.Text(colPerson))
	p := s.people[id]
	if p == nil {
		p = &staff{group: &group{first: *at}, id: id, rows: map[roster.Post]int{}}
		if p.was, p.known = s.facts.Roster.Person(id); p.known {
			p.nameZH, p.nameEN = p.was.NameZH, p.was.NameEN
		}
		s.people[id] = p
		s.groups = append(s.groups, p.group)
	}
	for _, name := range []struct {
		column int
		has    *string
	}{{colNameZH, &p.nameZH}, {colNameEN, &p.nameEN}} {
		typed := at.Text(name.column)
		switch {
		case typed == "" && *name.has == "":
			s.wrong(at, name.column, "登记簿中没有这个编号；新增人员请填写此项，已有人员请核对编号。", "The register has no such id: fill this in for a new person, or check the id.")
		case typed == "":
		case *name.has == "":
			*name.has = typed
		case typed != *name.has:
			s.wrong(at, name.column, "与登记簿或前面一行的“%[1]s”不一致，请核对编号。", "It is not %[1]q as in the register or on a row before; please check the id.", *name.has)
		}
	}
	return p
}

// end turns what was read about each person into changes.
func (s *staffing) end() {
	for _, g := range s.groups {
		p := s.people[roster.PersonID(g.first.Text(colPerson))]
		c := roster.PersonChange{Person: p.id, Begin: p.begin, End: p.end, Leave: p.leave && p.was.Left.IsZero()}
		if !p.known {
			c = roster.PersonChange{New: &roster.Person{ID: p.id, NameZH: p.nameZH, NameEN: p.nameEN, Posts: p.begin}}
		}
		if c.New != nil || len(c.Begin)+len(c.End) > 0 || c.Leave {
			g.order.Roster = append(g.order.Roster, roster.Change{People: &c})
		}
	}
}

// peopleRows are the posts that the register has, as the table writes them.
func peopleRows(r *roster.Roster, w words) (rows [][]any) {
	for _, p := range r.Everybody() {
		for _, post := range p.Posts {
			row := []any{string(p.ID), p.NameZH, p.NameEN, w.name(r.UnitName(post.Unit)), w.name(post.Role.Name()), day(post.Since), nil, nil}
			if b, ok := r.Branch(roster.BranchID(post.Unit)); ok && post.Role == roster.Secretary && b.SecretaryID == p.ID {
				row[colSince], row[colTermEnds] = day(b.TermFrom), day(b.TermEnds)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func day(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.Start().In(calendar.Shanghai)
}
