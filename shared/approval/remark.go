package approval

import "lianban/shared/roster"

// Urge (催办) is the branch's reminder to a department: noted on an open sign-off,
// once per working day at most, with a text or without.
type Urge struct {
	SignOff int
	Text    string
}

// Comment (留言) is a word by anybody who may see the issue, on one of its
// sign-offs or (0) on the whole. An overseer's is an annotation (批注): the same,
// with the role on record. It changes nothing else.
type Comment struct {
	SignOff  int
	Text     string
	Mentions []roster.PersonID // people who find the comment among their mentions (提及)
}

const remarkRunes = 2000

func (c Urge) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	if err := t.running(s); err != nil {
		return err
	}
	if next := t.Calendar.After(s.UrgedOn, 1); !s.UrgedOn.IsZero() && t.today < next {
		return refuse(Conflict, "", "该任务在本工作日内已催办过，%s 起可再次催办。", "This has been urged within this working day; it may be urged again from %s on.", next)
	}
	if err := textField("text", c.Text, remarkRunes, false); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	s.UrgedOn, s.Urges = t.today, s.Urges+1
	t.event(EvUrge, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Text
		e.Detail = detail(map[string]any{"times": s.Urges, "due": s.Due.On})
	})
	return nil
}

func (c Comment) apply(t *transition) error {
	if t.actor.Person == "" || t.actor.Role == Machine.Role {
		return refuse(Forbidden, "", "留言由具体人员提出。", "Only people comment.")
	}
	if !t.Visible(&t.issue, t.actor) {
		return NoIssue(t.issue.ID)
	}
	if c.SignOff != 0 {
		if _, err := t.named(c.SignOff); err != nil {
			return err
		}
	}
	if err := textField("text", c.Text, remarkRunes, true); err != nil {
		return err
	}
	if err := t.mention(c.Mentions); err != nil {
		return err
	}
	state := string(t.issue.Status)
	if s := t.issue.SignOff(c.SignOff); s != nil {
		state = string(s.State)
	}
	t.event(EvComment, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, state, state, c.Text
		if len(c.Mentions) > 0 {
			e.Detail = detail(map[string]any{"mentions": c.Mentions})
		}
	})
	t.mentioned(c)
	return nil
}
