package fault

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/engine"
	"lianban/shared/local"
	"lianban/shared/roster"
)

// trail is what has been checked of an issue's events.
type trail struct {
	heads   []string // by sequence number, from 1
	version int64
	decided map[[2]int]string // by sign-off and round
	kinds   []string          // of the events
	texts   []string          // the events, as JSON
}

// decisions are the events that are a department's answer.
var decisions = []string{approval.EvApprove, approval.EvCommit, approval.EvCondition, approval.EvGaps, approval.EvObject}

// always holds after every step.
func (h *history) always() error {
	for _, id := range h.ids {
		issue, err := h.peek(id)
		if approval.IsKind(err, approval.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := h.follow(&issue); err != nil {
			return err
		}
		if err := h.recoverable(&issue); err != nil {
			return err
		}
	}
	return nil
}

// follow checks what was added to a trail.
func (h *history) follow(issue *approval.Issue) error {
	t := h.trails[issue.ID]
	if t == nil {
		t = &trail{decided: map[[2]int]string{}}
		h.trails[issue.ID] = t
	}
	if issue.Version < t.version {
		return fmt.Errorf("issue %s went back from version %d to %d", issue.ID, t.version, issue.Version)
	}
	if issue.Version == t.version {
		return nil
	}
	t.version = issue.Version
	page := approval.Page{Limit: 200}
	for {
		events, next, err := h.plain.Events(h.ctx, issue.ID, int64(len(t.heads)), page)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := t.add(e); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	if int64(len(t.heads)) != issue.Events || t.heads[len(t.heads)-1] != issue.Head {
		return fmt.Errorf("issue %s has %d events and its trail %d, or another head", issue.ID, issue.Events, len(t.heads))
	}
	return nil
}

func (t *trail) add(e approval.Event) error {
	head, want := "", e.Hash
	if n := len(t.heads); n > 0 {
		head = t.heads[n-1]
	}
	if err := e.Chain(head, approval.DigestOf(want)); err != nil {
		return err
	}
	if e.Seq != int64(len(t.heads))+1 || e.Hash != want {
		return fmt.Errorf("issue %s: event %d does not follow on event %d", e.Issue, e.Seq, len(t.heads))
	}
	t.heads = append(t.heads, want)
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	t.kinds, t.texts = append(t.kinds, e.Kind), append(t.texts, string(text))
	if slices.Contains(decisions, e.Kind) {
		at := [2]int{e.SignOff, e.Round}
		if before, ok := t.decided[at]; ok {
			return fmt.Errorf("issue %s: sign-off %d was decided twice in round %d, %s and then %s", e.Issue, e.SignOff, e.Round, before, e.Kind)
		}
		t.decided[at] = e.Kind
	}
	return nil
}

// under says that the machine has something to do with an issue.
func under(issue *approval.Issue) bool {
	return issue.Status == approval.Raised || issue.Status == approval.InSignOff || issue.Status == approval.Consulting
}

// recoverable checks that an issue that is under way goes on by itself: an execution
// runs, or a record in the outbox will start it.
func (h *history) recoverable(issue *approval.Issue) error {
	if !under(issue) {
		return nil
	}
	execution, err := h.disk.journal.Find(h.ctx, local.MachineName, approval.ExecutionName(issue.ID, issue.Round()))
	switch {
	case err == nil && execution.Head.Status == engine.Running:
		return nil
	case err == nil:
		return fmt.Errorf("issue %s is %s and the execution of round %d has %s", issue.ID, issue.Status, issue.Round(), execution.Head.Status)
	case !errors.Is(err, engine.ErrUnknown):
		return err
	}
	records, err := h.undelivered()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(records, func(o approval.Outbox) bool {
		return o.Issue == issue.ID && o.Start != nil && o.Start.Round == issue.Round()
	}) {
		return fmt.Errorf("issue %s is %s, round %d has no execution, and nothing will start it", issue.ID, issue.Status, issue.Round())
	}
	return nil
}

func (h *history) undelivered() (out []approval.Outbox, err error) {
	for shard := range approval.Shards {
		page := approval.Page{Limit: 200}
		for {
			records, next, err := h.plain.Outbox(h.ctx, shard, page)
			if err != nil {
				return nil, err
			}
			out = append(out, records...)
			if page.Cursor = next; next == "" {
				break
			}
		}
	}
	return out, nil
}

// settled holds when the faults have stopped and the house has come to rest.
func (h *history) settled() error {
	for _, check := range []func() error{h.kept, h.once, h.alarmed, h.listed, h.counted} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// kept checks that what was acknowledged is part of the trails.
func (h *history) kept() error {
	for _, a := range h.acks {
		t := h.trails[a.issue]
		if t == nil || int64(len(t.heads)) < a.events || a.events > 0 && t.heads[a.events-1] != a.head {
			return fmt.Errorf("%s was acknowledged with %d events of issue %s, which are not part of its trail", a.what, a.events, a.issue)
		}
	}
	return nil
}

// once checks that nothing happened twice, nothing acknowledged is missing, and
// nothing refused was done.
func (h *history) once() error {
	for _, in := range h.intents {
		if in.key != "" {
			_, err := h.plain.Receipt(h.ctx, string(in.actor.Person)+"/"+in.key)
			switch {
			case err == nil && in.state == refused:
				return fmt.Errorf("%s was refused, and its key stands for something done: %T", in.name(), in.cmd)
			case err != nil && !approval.IsKind(err, approval.NotFound):
				return err
			case err == nil && in.state == unknown:
				return fmt.Errorf("%s was done, and asking again does not tell: %T", in.name(), in.cmd)
			}
		}
		if in.mark == "" {
			continue
		}
		// A later event of another kind may repeat what was said.
		found := map[string]int{}
		for _, t := range h.trails {
			for k, text := range t.texts {
				if strings.Contains(text, in.mark) {
					found[t.kinds[k]]++
				}
			}
		}
		for kind, n := range found {
			if n > 1 {
				return fmt.Errorf("%s stands %d times in the trails, as %s: %T", in.name(), n, kind, in.cmd)
			}
		}
		switch {
		case len(found) > 0 && in.state == refused:
			return fmt.Errorf("%s was refused and stands in a trail: %T", in.name(), in.cmd)
		case len(found) == 0 && in.state == acknowledged:
			return fmt.Errorf("%s was acknowledged and stands in no trail: %T", in.name(), in.cmd)
		}
	}
	return h.titles()
}

// titles checks that no issue was created twice.
func (h *history) titles() error {
	seen := map[string]approval.IssueID{}
	for _, id := range h.ids {
		issue, err := h.peek(id)
		if err != nil {
			continue
		}
		if other, ok := seen[issue.Title]; ok {
			return fmt.Errorf("%q was created as %s and as %s", issue.Title, other, id)
		}
		seen[issue.Title] = id
	}
	return nil
}

// alarmed checks that an issue that is under way is watched: its execution waits for
// a timer, and each task that is owed has a watch.
func (h *history) alarmed() error {
	for _, id := range h.ids {
		issue, err := h.peek(id)
		if err != nil || !under(&issue) {
			continue
		}
		d, err := h.engine.Describe(h.ctx, engine.ExecutionID(local.MachineName, approval.ExecutionName(id, issue.Round())))
		if err != nil {
			return err
		}
		if d.Status != engine.Running || d.NextWake.IsZero() {
			return fmt.Errorf("issue %s is %s and its execution is %s with its next timer at %s: %s", id, issue.Status, d.Status, d.NextWake, h.stands(&issue))
		}
		for k := range issue.SignOffs {
			if s := &issue.SignOffs[k]; issue.Hold == nil && (s.State == approval.Open || s.State == approval.Supplement) && issue.Watch(s.N) == nil {
				return fmt.Errorf("nobody watches sign-off %d of issue %s: %s", s.N, id, h.stands(&issue))
			}
		}
	}
	return nil
}

func (h *history) stands(issue *approval.Issue) string {
	text := ""
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		text += fmt.Sprintf("%d %s %s; ", s.N, s.State, s.Assignee)
	}
	return fmt.Sprintf("%swatches %+v, hold %+v", text, issue.Watches, issue.Hold)
}

// listed checks that the inboxes show what the issues say.
func (h *history) listed() error {
	want := map[roster.DepartmentID][]string{}
	for _, id := range h.ids {
		issue, err := h.peek(id)
		if err != nil {
			continue
		}
		for k := range issue.SignOffs {
			s := &issue.SignOffs[k]
			if list := want[s.Department]; s.State == approval.Open || s.State == approval.Supplement {
				want[s.Department] = append(list, fmt.Sprint(id, "/", s.N))
			} else {
				want[s.Department] = list
			}
		}
	}
	for department, tasks := range want {
		shown, _, err := h.plain.SignOffs(h.ctx, approval.SignOffQuery{Department: department}, approval.Page{Limit: 200})
		if err != nil {
			return err
		}
		var got []string
		for k := range shown {
			got = append(got, fmt.Sprint(shown[k].Issue, "/", shown[k].SignOff.N))
		}
		slices.Sort(got)
		slices.Sort(tasks)
		if !slices.Equal(got, tasks) {
			return fmt.Errorf("the inbox of %s shows %v, not %v", department, got, tasks)
		}
	}
	return nil
}

// counted checks that the figures are what a recomputation gives.
func (h *history) counted() error {
	c, err := h.keeper().Compare(h.ctx)
	if err != nil {
		return err
	}
	if c.Behind > 0 || len(c.Differences) > 0 {
		return fmt.Errorf("the figures are %d issues behind, and %d differ: %s", c.Behind, len(c.Differences), c.Differences)
	}
	return nil
}

// ended holds when every issue has come to its end.
func (h *history) ended() error {
	if err := h.settled(); err != nil {
		return err
	}
	running, err := h.disk.journal.Open(h.ctx)
	if err != nil {
		return err
	}
	if len(running) > 0 {
		x, _, err := h.disk.journal.Load(h.ctx, running[0].ID)
		return errors.Join(fmt.Errorf("%d executions go on after every issue has ended, the first is %s: %+v", len(running), x.Name, x.Head), err)
	}
	records, err := h.undelivered()
	if err != nil {
		return err
	}
	if len(records) > 0 {
		return fmt.Errorf("%d records are not delivered, the first %+v", len(records), records[0])
	}
	digest := sha256.New()
	for _, id := range h.ids {
		if t := h.trails[id]; t != nil {
			h.report.Issues++
			digest.Write([]byte(t.heads[len(t.heads)-1]))
		}
	}
	h.report.Digest = hex.EncodeToString(digest.Sum(nil))
	return nil
}
