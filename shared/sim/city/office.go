package city

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// office is a department's day: its people look at its inbox once, take what is
// new and answer what they have studied, the earliest due date first, as far as
// the day goes.
func (y *Year) office(ctx context.Context, d calendar.Date, department roster.DepartmentID) error {
	tasks, err := all(func(p approval.Page) ([]approval.Task, approval.Cursor, error) {
		return y.Service.Store().SignOffs(ctx, approval.SignOffQuery{Department: department}, p)
	})
	if err != nil {
		return fmt.Errorf("inbox of %s: %w", department, err)
	}
	now := y.Clock.Now()
	r := y.Service.Rules().Roster
	y.lead(d, now, department, tasks)
	if err := y.duties(ctx, d, now, department); err != nil {
		return err
	}
	officers := r.People(roster.Officer, string(department))
	desks := make([]desk, 0, len(officers))
	for k := range officers {
		id := officers[k].ID
		if len(r.Substitutes(id, department, d)) > 0 {
			continue // absent
		}
		// What is left of a day is not lost, up to one more day's work: cases are
		// larger than a day's share.
		y.left[id] = min(y.left[id], y.City.officers[id]) + y.City.officers[id]
		desks = append(desks, desk{
			y: y, d: d, at: now, left: y.left[id], officer: &officers[k],
			actor: approval.Actor{Person: id, Role: roster.Officer, Unit: string(department)},
		})
	}
	for k := range tasks {
		if t := &tasks[k]; t.Added == nil && t.SignOff.State == approval.Open && !t.SignOff.Disputed() {
			if desk := y.whose(desks, r, t, d); desk != nil {
				desk.handle(t)
			}
		}
	}
	for k := range desks {
		y.left[desks[k].actor.Person] = desks[k].left
	}
	return nil
}

// whose is the desk at which a task is handled today: its assignee's, or a
// substitute's; of what nobody has claimed, the one with most time left.
func (y *Year) whose(desks []desk, r *roster.Roster, t *approval.Task, d calendar.Date) *desk {
	var best *desk
	for k := range desks {
		x := &desks[k]
		id := x.actor.Person
		if slices.Contains(x.officer.Interests, t.Project) || slices.ContainsFunc(t.SignOff.Recused, func(r approval.Recusal) bool { return r.Person == id }) {
			continue
		}
		has := t.SignOff.Assignee
		if has == id || has != "" && r.StandsIn(id, has, t.SignOff.Department, d) {
			return x
		}
		if has == "" && (best == nil || x.left > best.left) {
			best = x
		}
	}
	return best
}

// desk is an officer's day.
type desk struct {
	y       *Year
	d       calendar.Date
	at      time.Time // of the next act
	left    float64   // of the day, in tasks
	officer *roster.Person
	actor   approval.Actor
}

// do plans an act, a quarter of an hour after the one before.
func (x *desk) do(t *approval.Task, cmd approval.Command, then func(*approval.Issue)) {
	actor := x.actor
	if has := t.SignOff.Assignee; has != "" && has != actor.Person {
		actor.For = has
	}
	x.at = x.at.Add(15 * time.Minute)
	x.y.act(x.at, t.Issue, actor, cmd, then)
}

// spend takes time of the officer's day.
func (x *desk) spend(work float64) {
	x.left -= work
	x.y.used[roster.DepartmentID(x.actor.Unit)] += work
}

func (x *desk) handle(t *approval.Task) {
	s := &t.SignOff
	key := noteKey{t.Issue, s.N, len(s.Earlier)}
	if s.Assignee == "" {
		if x.left >= claimWork {
			x.spend(claimWork)
			x.take(t, key)
		}
		return
	}
	ready, noted := x.y.notes[key]
	if !noted { // it was handed over: the successor studies it anew
		ready = x.y.City.Calendar.After(x.d, x.y.study(t, key))
		x.y.notes[key] = ready
	}
	if ready > x.d {
		x.extend(t, ready)
		return
	}
	if s.Extension != nil && s.Extension.Answer == "" {
		return // the lead owes a word
	}
	work := x.y.City.work(x.y.part(t.Issue, s.N))
	if x.left < min(work, x.y.City.officers[x.actor.Person]) {
		return
	}
	x.spend(work)
	x.decide(t, key)
}

func (y *Year) study(t *approval.Task, key noteKey) int {
	k, n := y.part(t.Issue, key.n)
	return y.City.study(k, n, key.attempt, t.SignOff.Limit)
}

// take looks at a new task: it is claimed, and studied from then on; or it is found
// to be another department's, one's own affair, or incomplete.
func (x *desk) take(t *approval.Task, key noteKey) {
	a, s := &x.y.City.Assumed, &t.SignOff
	k, n := x.y.part(t.Issue, key.n)
	r := x.y.City.dice.roll(forIssue, k, n, key.attempt)
	recuse, transfer, back, supplement := r.Float64(), r.Float64(), r.Float64(), r.Float64()
	switch {
	case s.Handover != nil && s.Handover.Back == nil && back < a.SentBack:
		x.do(t, approval.SendBack{SignOff: s.N, Reason: "经核，该事项不属本部门职责"}, nil)
		return
	case s.Handover == nil && s.Assigned == nil && transfer < a.Transfer:
		if to := x.elsewhere(t); to != "" {
			x.do(t, approval.Transfer{SignOff: s.N, To: to, Reason: "该事项由贵部门主管，现予转办"}, nil)
			return
		}
	case len(s.Recused) == 0 && recuse < a.Recusal:
		x.do(t, approval.Recuse{SignOff: s.N, Reason: "与申请单位有利害关系，申请回避"}, nil)
		return
	}
	x.y.notes[key] = x.y.City.Calendar.After(x.d, x.y.study(t, key))
	x.do(t, approval.Claim{SignOff: s.N}, nil)
	received := x.y.City.Calendar.WorkingDays(calendar.Of(s.OpenedAt), x.d)
	if supplement < a.Supplement && s.Request == nil && received <= 5 { // later the papers count as accepted
		papers := []string{"申请表补充盖章页", "总平面图（补充标注）", "现状管线资料"}
		x.do(t, approval.AskSupplement{SignOff: s.N, Papers: papers[:1+r.IntN(len(papers))]}, nil)
	}
}

// elsewhere is a department that might be competent instead: of the same kind at
// another level, or one that often is mistaken for it.
func (x *desk) elsewhere(t *approval.Task) roster.DepartmentID {
	r := x.y.Service.Rules().Roster
	from, _ := r.Department(t.SignOff.Department)
	project, _ := r.Project(t.Project)
	for _, kind := range mistaken[from.Kind] {
		for _, d := range r.DepartmentsOf(kind, project.District, project.Town) {
			if d.ID != from.ID {
				return d.ID
			}
		}
	}
	return ""
}

// mistaken are kinds of department whose tasks are taken for each other's (assumed).
var mistaken = map[roster.DepartmentKind][]roster.DepartmentKind{
	roster.UrbanManagement:  {roster.Parks, roster.Housing},
	roster.Parks:            {roster.UrbanManagement},
	roster.Housing:          {roster.UrbanManagement},
	roster.Water:            {roster.Ecology},
	roster.Ecology:          {roster.Water},
	roster.Transport:        {roster.TrafficPolice},
	roster.TrafficPolice:    {roster.Transport},
	roster.NaturalResources: {roster.Forestry},
	roster.TownGovernment:   {roster.UrbanManagement},
}

// extend asks for more time when the study will not be over by the due date.
func (x *desk) extend(t *approval.Task, ready calendar.Date) {
	s, c := &t.SignOff, x.y.City.Calendar
	if s.Extension != nil || ready <= s.Due.On || s.Stopped() || x.d > s.Due.On || c.WorkingDays(x.d, s.Due.On) > 3 {
		return
	}
	most, _ := x.y.Service.Rules().Extendable(s)
	if days := min(most, ready.Sub(s.Due.On)); days > 0 {
		x.do(t, approval.AskExtension{SignOff: s.N, Days: days, Reason: "案情复杂，需补充技术论证"}, nil)
	}
}

// decide answers a task that has been studied.
func (x *desk) decide(t *approval.Task, key noteKey) {
	a, s := &x.y.City.Assumed, &t.SignOff
	k, n := x.y.part(t.Issue, key.n)
	r := x.y.City.dice.roll(forAnswer, k, n, key.attempt)
	object, onTerms, days := r.Float64(), r.Float64(), a.DutyDays[0]+r.IntN(a.DutyDays[1]-a.DutyDays[0]+1)
	reason := ""
	if x.d > s.Due.On {
		reason = "同期受理事项集中，现场核查延后，已采取措施加快办理"
	}
	least := a.Objection
	if key.attempt > 0 {
		least = a.ObjectAnew
	}
	if object < least {
		ground := pick(r, approval.ObjectionGrounds[:3])
		x.do(t, approval.Oppose{SignOff: s.N, Code: ground.Code, Ground: ground.Basis(), Reason: "经审查，现有材料和方案不满足要求"}, nil)
		return
	}
	item, ok := x.y.City.Catalog.Item(s.Item)
	kind := approval.DecisionKind("")
	switch {
	case ok && item.CommitmentAllowed && slices.Contains(x.y.City.Arrivals[k].Petition.Commitments, s.Item) && onTerms < a.OnPledge:
		kind = approval.OnPledge
	case ok && item.GapsAllowed && onTerms < a.Gaps:
		kind = approval.WithGaps
	case onTerms > 1-a.Condition:
		kind = approval.OnCondition
	default:
		x.do(t, approval.Grant{SignOff: s.N, Reason: reason}, nil)
		return
	}
	term := approval.Term{What: duty[kind], By: x.y.City.Calendar.After(x.d, days)}
	x.do(t, approval.GrantOnTerms{SignOff: s.N, Kind: kind, Duties: []approval.Term{term}, Reason: reason}, nil)
}

// duty is what each kind of approval leaves to be done.
var duty = map[approval.DecisionKind]string{
	approval.OnPledge: "按告知承诺书落实各项条件并接受核查", approval.WithGaps: "补齐容缺材料", approval.OnCondition: "落实所附条件并报送资料",
}

// lead is what the head of a department does on a day: extensions and supervision
// notices are answered.
func (y *Year) lead(d calendar.Date, now time.Time, department roster.DepartmentID, tasks []approval.Task) {
	people := y.Service.Rules().Roster.People(roster.Lead, string(department))
	if len(people) == 0 {
		return
	}
	actor := approval.Actor{Person: people[0].ID, Role: roster.Lead, Unit: string(department)}
	for at := range tasks {
		t := &tasks[at]
		s := &t.SignOff
		k, n := y.part(t.Issue, s.N)
		r := y.City.dice.roll(forTier, k, n, int(d))
		if e := s.Extension; t.Added == nil && e != nil && e.Answer == "" && s.State == approval.Open {
			now = now.Add(time.Minute)
			answer := approval.AnswerExtension{SignOff: s.N, Answer: approval.ExtensionGranted}
			if d > s.Due.On || !chance(r, y.City.Assumed.ExtendYes) {
				answer = approval.AnswerExtension{SignOff: s.N, Answer: approval.ExtensionRefused, Note: "请在原期限内办结"}
			}
			y.act(now, t.Issue, actor, answer, nil)
		}
		for at := range s.Notices {
			if notice := &s.Notices[at]; t.Added == nil && (notice.State == approval.NoticeIssued || notice.State == approval.NoticeSentBack) && chance(r, 0.7) {
				now = now.Add(time.Minute)
				y.act(now, t.Issue, actor, approval.ReplyNotice{K: notice.K, Text: "已督促承办人加快办理，近日办结"}, nil)
			}
		}
	}
}

// duties has what a department verifies checked: what the branch has reported, and
// what was missed.
func (y *Year) duties(ctx context.Context, d calendar.Date, now time.Time, department roster.DepartmentID) error {
	open, err := all(func(p approval.Page) ([]approval.OpenDuty, approval.Cursor, error) {
		return y.Service.Store().Duties(ctx, approval.DutyQuery{Checker: department}, p)
	})
	if err != nil {
		return fmt.Errorf("duties that %s verifies: %w", department, err)
	}
	r := y.Service.Rules().Roster
	var there []roster.PersonID
	for _, p := range r.People(roster.Officer, string(department)) {
		if len(r.Substitutes(p.ID, department, d)) == 0 {
			there = append(there, p.ID)
		}
	}
	if len(there) == 0 {
		return nil
	}
	for _, o := range open {
		now = now.Add(time.Minute)
		// Each in turn, as some may have to stand aside.
		actor := approval.Actor{Person: there[(o.SignOff+int(d))%len(there)], Role: roster.Officer, Unit: string(department)}
		k, n := y.part(o.Issue, o.SignOff)
		roll := y.City.dice.roll(forDuty, k, n, o.DutyRef.Duty, int(d))
		switch late := y.City.Calendar.WorkingDays(o.By, d); {
		case o.Report != nil:
			y.act(now, o.Issue, actor, approval.Meet{SignOff: o.SignOff, Duty: o.DutyRef.Duty, Evidence: "现场核查，已落实"}, nil)
		case late > 2 && chance(roll, 0.4):
			y.act(now, o.Issue, actor, approval.Meet{SignOff: o.SignOff, Duty: o.DutyRef.Duty, Evidence: "逾期补正后核查，已落实"}, nil)
		case late > 10 && chance(roll, 0.2):
			y.act(now, o.Issue, actor, approval.Revoke{SignOff: o.SignOff, Code: "commitment_broken", Reason: "逾期未履行，经催告仍未落实"}, func(i *approval.Issue) { y.again(i) })
		}
	}
	return nil
}

// all reads every page of a list.
func all[T any](read func(approval.Page) ([]T, approval.Cursor, error)) (list []T, err error) {
	page := approval.Page{Limit: 200}
	for {
		part, next, err := read(page)
		if err != nil {
			return nil, err
		}
		if list == nil && next == "" {
			return part, nil
		}
		list = append(list, part...)
		if page.Cursor = next; next == "" {
			return list, nil
		}
	}
}
