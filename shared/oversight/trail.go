package oversight

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/roster"
)

// Audits refuses whoever does not look through all audit trails.
func Audits(a approval.Actor) error {
	if a.Role != roster.Overseer && a.Role != roster.AuditAdministrator {
		return approval.Refuse(approval.Forbidden, "", "审计台账由审计管理员和监督员查看，审计链由其核验。", "Audit administrators and overseers look through the audit trails and verify them.")
	}
	return nil
}

// Search says what an overseer looks for. In one issue every event is looked through, in all of
// them what departs from the plain course.
type Search struct {
	approval.HappeningFilter
	Issue approval.IssueID
}

// Check refuses, at its field, what cannot be looked for.
func (q *Search) Check(r *roster.Roster) error {
	if _, ok := r.Department(q.Department); q.Department != "" && !ok {
		return approval.Refuse(approval.Invalid, "department", "没有这个部门，请核对编号。", "There is no such department; please check its id.")
	}
	if !slices.ContainsFunc(r.Everybody(), func(p roster.Person) bool { return p.ID == q.Person }) && q.Person != "" {
		return approval.Refuse(approval.Invalid, "person", "没有这个人员，请核对编号。", "There is no such person; please check the id.")
	}
	if q.Concern != "" && !slices.Contains(approval.Concerns(), q.Concern) {
		return approval.Refuse(approval.Invalid, "concern", "没有这个监督类别，请从列表中选择。", "There is no such concern; please choose one of the list.")
	}
	if q.Kind != "" && q.Issue == "" && !slices.ContainsFunc(approval.Concerns(), func(c approval.Concern) bool { return slices.Contains(approval.KindsOf(c), q.Kind) }) {
		return approval.Refuse(approval.Invalid, "kind", "没有这种事件，请从列表中选择；一般办理环节的事件请指定问题查询。", "There is no such kind of event; choose one of the list. Events of the plain course are looked for in one issue.")
	}
	if !q.From.IsZero() && !q.Until.IsZero() && q.Until < q.From {
		return approval.Refuse(approval.Invalid, "until", "截止日期早于起始日期，请核对。", "The last day comes before the first; please check.")
	}
	return nil
}

// Found is a happening with the issue and the event that it points to.
type Found struct {
	approval.Happening
	In    *approval.Issue
	Event *approval.Event // nil: the issue's trail does not hold it, which is a matter for an alarm
}

// Trail lists what is looked for, the latest first, before a place that the page before
// answered; the zero one begins. A page may hold fewer than the limit, and end with a place to go on from all the same.
func Trail(ctx context.Context, s *approval.Service, actor approval.Actor, q Search, before approval.Place, limit int) (list []Found, next approval.Place, err error) {
	if err := Audits(actor); err != nil {
		return nil, next, err
	}
	if err := q.Check(s.Rules().Roster); err != nil {
		return nil, next, err
	}
	if q.Issue != "" {
		return trailIn(ctx, s, actor, q, before, limit)
	}
	happenings, next, err := s.Happenings(ctx, q.HappeningFilter, before, limit)
	if err != nil {
		return nil, next, err
	}
	rules, issues := s.Rules(), map[approval.IssueID]*approval.Issue{}
	for _, h := range happenings {
		in := issues[h.Issue]
		if in == nil {
			issue, err := s.Store().Issue(ctx, h.Issue)
			if err != nil {
				return nil, next, fmt.Errorf("read the issue of a happening: %w", err)
			}
			in = &issue
			issues[h.Issue] = in
		}
		if !rules.Visible(in, actor) { // a draft that was withdrawn is its branch's own
			continue
		}
		events, _, err := s.Store().Events(ctx, h.Issue, h.Seq-1, approval.Page{Limit: 1})
		if err != nil {
			return nil, next, fmt.Errorf("read the event of a happening: %w", err)
		}
		f := Found{Happening: h, In: in}
		if len(events) == 1 && events[0].Seq == h.Seq && events[0].Kind == h.Kind {
			f.Event = &events[0]
		}
		list = append(list, f)
	}
	return list, next, nil
}

// trailIn looks through the whole trail of one issue.
func trailIn(ctx context.Context, s *approval.Service, actor approval.Actor, q Search, before approval.Place, limit int) (list []Found, next approval.Place, err error) {
	issue, err := s.Issue(ctx, q.Issue, actor)
	if approval.IsKind(err, approval.NotFound) {
		return nil, next, approval.Refuse(approval.Invalid, "issue", "没有这个问题，请核对编号。", "There is no such issue; please check its id.")
	}
	if err != nil {
		return nil, next, fmt.Errorf("read the issue looked into: %w", err)
	}
	rules := s.Rules()
	for page := (approval.Page{Limit: 200}); ; {
		events, more, err := s.Store().Events(ctx, q.Issue, 0, page)
		if err != nil {
			return nil, next, fmt.Errorf("read the events looked through: %w", err)
		}
		for k := range events {
			h := rules.Happening(&issue, &events[k])
			late := !q.Until.IsZero() && !h.At.Before(q.Until.Add(1).Start()) || before != (approval.Place{}) && h.Place().Compare(before) >= 0
			if early := !q.From.IsZero() && h.At.Before(q.From.Start()); !early && !late && q.Passes(&h) {
				list = append(list, Found{Happening: h, In: &issue, Event: &events[k]})
			}
		}
		if page.Cursor = more; more == "" {
			break
		}
	}
	slices.Reverse(list)
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Place()
	}
	return list, next, nil
}

// Verify checks the chains of the issues in which something was found, one after another.
func Verify(ctx context.Context, r audit.Reader, list []Found) (all []audit.Checked, err error) {
	seen := map[approval.IssueID]bool{}
	for k := range list {
		id := list[k].Issue
		if seen[id] {
			continue
		}
		seen[id] = true
		one, err := audit.CheckOne(ctx, r, string(id))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Cursor is a place as text, empty for the zero one; PlaceAt reads it.
func Cursor(p approval.Place) string {
	if p == (approval.Place{}) {
		return ""
	}
	return p.At.UTC().Format(time.RFC3339Nano) + "," + strconv.FormatInt(p.Seq, 10) + "," + string(p.Issue)
}

// PlaceAt reads a cursor, and reports whether it is one.
func PlaceAt(cursor string) (p approval.Place, ok bool) {
	if cursor == "" {
		return p, true
	}
	parts := strings.SplitN(cursor, ",", 3)
	if len(parts) != 3 || parts[2] == "" {
		return p, false
	}
	at, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil {
		return p, false
	}
	seq, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || seq < 0 {
		return p, false
	}
	return approval.Place{At: at, Issue: approval.IssueID(parts[2]), Seq: seq}, true
}
