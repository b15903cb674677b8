package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Disposal (处置) is what was made of a warning. It goes with the warning's key,
// which holds the facts: when they change, the warning is another.
type Disposal struct {
	Key  string     `json:"key"`
	As   DisposalAs `json:"as"`
	Text string     `json:"text"`
	By   Actor      `json:"by"`
	At   time.Time  `json:"at"`
}

// DisposalAs is how a warning was disposed of, and with it who does so.
type DisposalAs string

const (
	Handled    DisposalAs = "handled"     // 已处理: the general branch or the headquarters above the branch
	Explained  DisposalAs = "explained"   // 已说明: the lead of the department concerned
	FalseAlarm DisposalAs = "false_alarm" // 误报: an overseer
)

// DisposeWarning disposes of a warning about one of the issue's sign-offs.
type DisposeWarning struct {
	Key  string
	As   DisposalAs
	Text string
	// Find says about which sign-off the issue has the warning today: what warnings
	// there are is not known here.
	Find func(r Rules, i *Issue, key string, today calendar.Date) (n int, ok bool)
}

const (
	disposalRunes = 500
	// disposalsKept keeps an issue's record small (assumed); of older ones the trail tells.
	disposalsKept = 60
)

// Disposed is the disposal of the warning with the key, or nil.
func (i *Issue) Disposed(key string) *Disposal {
	for k := range i.Disposals {
		if i.Disposals[k].Key == key {
			return &i.Disposals[k]
		}
	}
	return nil
}

// CheckDisposal checks how a warning is disposed of, and the text.
func CheckDisposal(as DisposalAs, text string) error {
	if as != Handled && as != Explained && as != FalseAlarm {
		return refuse(Invalid, "as", "请选择：已处理、已说明或误报。", "Choose handled, explained or false_alarm.")
	}
	return textField("text", text, disposalRunes, true)
}

// DisposedAlready refuses what has been disposed of.
func DisposedAlready() error {
	return refuse(Conflict, "", "该预警已处置，事实变化后才会再次提示。", "The warning has been disposed of; it comes back when its facts change.")
}

// NoWarning refuses a key under which there is no warning.
func NoWarning() error {
	return refuse(NotFound, "key", "没有这条预警，其事实可能已变化，请刷新后核对。", "There is no such warning; its facts may have changed. Look again.")
}

// DisposedBy refuses who may not dispose of a warning in this way.
func DisposedBy() error {
	return refuse(Forbidden, "", "预警的处理由上级党总支或总指挥部登记（与支部无关的，由重点项目局登记），说明由有关部门负责人提出，误报由监督员认定。", "The general branch or the headquarters handles a warning (the bureau, when it concerns no branch), the lead of the department concerned explains it, an overseer finds it a false alarm.")
}

func (c DisposeWarning) apply(t *transition) error {
	if !t.Visible(&t.issue, t.actor) {
		return NoIssue(t.issue.ID)
	}
	may := false
	switch t.actor.Role {
	case roster.Overseer:
		may = c.As == FalseAlarm
	case roster.Lead:
		may = c.As == Explained
	case roster.GeneralBranch, roster.Headquarters:
		may = c.As == Handled && slices.ContainsFunc(tiers[1:], func(k roster.Tier) bool { return t.Holds(&t.issue, t.actor, k) })
	}
	if !may {
		return DisposedBy()
	}
	n, ok := c.Find(t.Rules, &t.issue, c.Key, t.today)
	if !ok {
		return NoWarning()
	}
	if s := t.issue.SignOff(n); t.actor.Role == roster.Lead && t.actor.Unit != string(s.Department) {
		return DisposedBy()
	}
	if t.actor.Role != roster.Overseer && t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由其他人员办理。", "You have an interest in this issue and must stand aside; somebody else does this.")
	}
	if t.issue.Disposed(c.Key) != nil {
		return DisposedAlready()
	}
	if err := CheckDisposal(c.As, c.Text); err != nil {
		return err
	}
	kept := slices.Clone(t.issue.Disposals)
	if len(kept) >= disposalsKept {
		kept = kept[1:]
	}
	t.issue.Disposals = append(kept, Disposal{Key: c.Key, As: c.As, Text: c.Text, By: t.actor, At: t.now})
	t.event(EvDisposeWarning, func(e *Event) {
		e.SignOff, e.After, e.Reason = n, string(c.As), c.Text
		e.Detail = detail(map[string]any{"warning": c.Key, "as": c.As})
	})
	return nil
}
