package approval

import (
	"lianban/shared/catalog"
)

// AskExtension asks the department's lead for more time (延期): before the due date
// has passed, once, for the days that the item's own rule allows, or the ten of
// 行政许可法 art. 42. The reason is told to the applicant and on the public record.
type AskExtension struct {
	SignOff int
	Days    int
	Reason  string
}

// AnswerExtension is the lead's answer to it; nobody answers the own request.
type AnswerExtension struct {
	SignOff int
	Answer  ExtensionAnswer
	Note    string // mandatory with a refusal
}

// licensingExtension is what 行政许可法 art. 42 lets the head of the office add.
const licensingExtension = 10

// Extendable says by how many days, in the limit's unit, the rule of a
// sign-off's limit lets it be extended, and which rule that is; 0 when none does.
func (r Rules) Extendable(s *SignOff) (days int, ground string) {
	item, ok := r.Catalog.Item(s.Item)
	switch {
	case ok && item.Statutory.Known && item.Statutory.Extension > 0 && s.LimitMark == item.Statutory.Mark:
		return item.Statutory.Extension, item.Statutory.Source
	case s.LimitMark == catalog.MarkDefault:
		return licensingExtension, "行政许可法第四十二条"
	}
	return 0, ""
}

// inTime refuses what comes after the sign-off's last day.
func (t *transition) inTime(s *SignOff) error {
	if s.Stopped() {
		return refuse(Conflict, "", "该任务正在停表，请在停表结束后、到期日前办理延期。", "The clock stands still; extend it when it goes on, before its last day.")
	}
	if t.today > s.Due.On {
		return refuse(Closed, "", "到期日 %s 已过，不能再延期，请尽快办结并说明逾期原因。", "The last day, %s, has passed, so it cannot be extended any more; decide soon and say why it is late.", s.Due.On)
	}
	return nil
}

func (c AskExtension) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if s.Extension != nil {
		return refuse(Conflict, "", "该任务已申请过延期，每项任务只能申请一次。", "An extension has been asked for already; each sign-off has one.")
	}
	if err := t.inTime(s); err != nil {
		return err
	}
	most, ground := t.Extendable(s)
	switch {
	case most == 0:
		mark := s.LimitMark.Name()
		return refuse(Invalid, "days", "该任务的时限出处为“%[1]s”，其规定不允许延期，请在 %[3]s 前办结。", "The limit of this sign-off (%[2]s) rests on no rule that lets it be extended; decide by %[3]s.", mark.ZH, mark.EN, s.Due.On)
	case c.Days < 1 || c.Days > most:
		return refuse(Invalid, "days", "延期须为 1 至 %d 天（按该时限的计算单位），现填 %d 天。", "An extension is of 1 to %d days, in the unit of the limit; this asks for %d.", most, c.Days)
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	t.take(s)
	s.accepted(Implied, t.actor, t.now)
	s.Extension = &Extension{Days: c.Days, Ground: ground, Reason: c.Reason, By: t.actor, At: t.now}
	t.event(EvAskExtend, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(Open), string(Open), ground, c.Reason
		e.Detail = detail(map[string]any{"days": c.Days, "unit": s.Limit.Unit, "due": s.Due.On})
	})
	return nil
}

func (c AnswerExtension) apply(t *transition) error {
	s, err := t.lead(c.SignOff)
	if err != nil {
		return err
	}
	if s.Extension == nil || s.Extension.Answer != "" {
		return refuse(Conflict, "", "该任务没有待批准的延期申请。", "No request for an extension waits here.")
	}
	if by := s.Extension.By; by.Person == t.actor.Person || by.For == t.actor.Person {
		return refuse(Forbidden, "", "不能批准本人提出的延期申请，请由本部门其他负责人批准。", "Nobody answers the own request for an extension; another lead of the department does.")
	}
	if c.Answer != ExtensionGranted && c.Answer != ExtensionRefused {
		return refuse(Invalid, "answer", "请选择：同意延期或不同意延期。", "Choose granted or refused.")
	}
	if err := textField("note", c.Note, textRunes, c.Answer == ExtensionRefused); err != nil {
		return err
	}
	if c.Answer == ExtensionGranted {
		if err := t.inTime(s); err != nil {
			return err
		}
	}
	s = t.touch(c.SignOff)
	e := *s.Extension
	e.Answer, e.Note, e.AnsweredBy, e.AnsweredAt = c.Answer, c.Note, t.actor, t.now
	s.Extension = &e
	if c.Answer == ExtensionRefused {
		t.event(EvNotExtend, func(e *Event) {
			e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Note
			e.Detail = detail(map[string]any{"days": s.Extension.Days, "unit": s.Limit.Unit, "due": s.Due.On})
		})
		return nil
	}
	e.From = s.Due.On
	before := s.Light
	t.reckon(s)
	t.nudge(c.SignOff)
	t.event(EvExtend, func(ev *Event) {
		ev.SignOff, ev.Before, ev.After, ev.Ground, ev.Reason = c.SignOff, string(before), string(s.Light), e.Ground, c.Note
		ev.Detail = detail(map[string]any{"days": e.Days, "unit": s.Limit.Unit, "from": e.From, "due": s.Due.On})
	})
	t.lengthened(ByExtension, s)
	return nil
}
