package approval

import (
	"cmp"
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Dispose (处置) puts on record what the tier that has an open sign-off did about
// it: the branch, the general branch or the headquarters. It moves no clock.
type Dispose struct {
	SignOff int
	What    Remedy
	Text    string
}

// Remedy is what a tier did.
type Remedy string

const (
	Urged       Remedy = "urged"       // 催促
	Coordinated Remedy = "coordinated" // 协调
	Ordered     Remedy = "ordered"     // 责令限期办理
)

// PassUp (提级) gives an open sign-off to a higher tier before silence does. A tier
// that has put no measure of its own on record says why it did not try, and who
// passes over a tier says why: never is the lower tier skipped without a reason
// on record.
type PassUp struct {
	SignOff int
	To      roster.Tier
	Reason  string
	Untried string // why the own tier took no measure
	Skipped string // why the tier between is passed over
}

// PauseLadder (暂停提级) lets a sign-off climb no further by silence until a day has
// passed: once per tier, for at most pauseMost working days. Clock, lights and
// due date go on. The tier that has it does it, or a higher one.
type PauseLadder struct {
	SignOff int
	Until   calendar.Date // the last day of the pause
	Reason  string
}

// ResumeLadder (恢复提级) ends a pause before its day.
type ResumeLadder struct {
	SignOff int
	Reason  string
}

// pauseMost is this product's own (assumed): a working week.
const pauseMost = 5

// Climb is how a sign-off came to a tier.
type Climb struct {
	Tier roster.Tier `json:"tier"`
	// From is the day of receipt, or the last day of the tier that let its time pass;
	// the tier's own days count after it.
	From calendar.Date `json:"from,omitzero"`
	At   time.Time     `json:"at,omitzero"`
	By   Actor         `json:"by,omitzero"` // nobody: silence
}

// Action is a measure that a tier took.
type Action struct {
	Tier roster.Tier `json:"tier"`
	What Remedy      `json:"what"`
	Text string      `json:"text"`
	By   Actor       `json:"by"`
	At   time.Time   `json:"at"`
}

// LadderPause is a span in which a sign-off does not climb.
type LadderPause struct {
	Tier    roster.Tier   `json:"tier"` // the sign-off's when it was paused
	Until   calendar.Date `json:"until"`
	Reason  string        `json:"reason"`
	By      Actor         `json:"by"`
	At      time.Time     `json:"at"`
	EndedAt time.Time     `json:"endedAt,omitzero"` // by a person, before its day
}

// adopt reads how the first release counted rungs, in one number: yellow, red,
// general branch, headquarters.
func (s *SignOff) adopt() {
	if s.Rung == 0 {
		return
	}
	s.Step = StepYellow
	if s.Rung > 1 {
		s.Step = StepRed
	}
	if s.Rung > 2 {
		s.Step = StepNotice // there was none; it stands above it
	}
	for k, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
		if s.Rung > 2+k {
			s.Climbs = append(s.Climbs, Climb{Tier: tier})
		}
	}
	s.Rung = 0
}

// Tier is how high the sign-off has climbed.
func (s *SignOff) Tier() roster.Tier {
	if s.Rung != 0 {
		c := *s
		c.adopt()
		s = &c
	}
	if k := len(s.Climbs) - 1; k >= 0 {
		return s.Climbs[k].Tier
	}
	return roster.TierBranch
}

func (s *SignOff) climb(tier roster.Tier) *Climb {
	for k := range s.Climbs {
		if s.Climbs[k].Tier == tier {
			return &s.Climbs[k]
		}
	}
	return nil
}

// tried reports whether a tier has done something about the sign-off. The branch
// has when it urged the department, a higher tier when it issued a notice by hand.
func (s *SignOff) tried(tier roster.Tier) bool {
	notice := func(n Notice) bool { return n.Tier == tier && n.By.Person != "" }
	return tier == roster.TierBranch && s.Urges > 0 || slices.ContainsFunc(s.Notices, notice) || slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Tier == tier })
}

// LadderPaused reports whether the sign-off does not climb at a moment.
func (s *SignOff) LadderPaused(now time.Time) bool {
	return s.Pause != nil && s.Pause.EndedAt.IsZero() && now.Before(s.Pause.Until.End())
}

// Holds reports whether the actor acts for the unit that has the branch's matters
// at a tier.
func (r Rules) Holds(i *Issue, actor Actor, tier roster.Tier) bool {
	id, ok := r.Roster.Up(i.Branch, tier)
	if !ok || actor.Unit != string(id) {
		return false
	}
	unit, _ := r.Roster.Branch(id)
	return actor.Role == roster.RoleOf(unit.Tier)
}

// tiers are from the lowest to the highest.
var tiers = []roster.Tier{roster.TierBranch, roster.TierGeneralBranch, roster.TierHeadquarters}

// holder checks that the actor acts for the tier that has the sign-off, or for a
// higher one where that may, has no interest, and that an answer is owed. The
// secretary, who raised it, is no judge of it and may act.
func (t *transition) holder(n int, from, to roster.Tier) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	tier := cmp.Or(from, s.Tier())
	may := slices.ContainsFunc(tiers, func(k roster.Tier) bool {
		return !roster.Above(tier, k) && !roster.Above(k, cmp.Or(to, tier)) && t.Holds(&t.issue, t.actor, k)
	})
	if !may {
		name := tier.Name()
		return nil, refuse(Forbidden, "", "该任务目前由%[1]s督办，此操作由其办理。", "This is with the %[2]s at present, which does this.", name.ZH, name.EN)
	}
	if t.actor.Role != roster.Secretary && t.aside(t.actor.Person) {
		return nil, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your tier does this.")
	}
	return s, t.running(s)
}

func (c Dispose) apply(t *transition) error {
	s, err := t.holder(c.SignOff, "", "")
	if err != nil {
		return err
	}
	if c.What != Urged && c.What != Coordinated && c.What != Ordered {
		return refuse(Invalid, "what", "请选择处置方式：催促、协调或责令限期办理。", "Choose what was done: urged, coordinated or ordered.")
	}
	if err := textField("text", c.Text, noticeRunes, true); err != nil {
		return err
	}
	if len(s.Actions) >= actionsMost {
		return refuse(Conflict, "", "该任务的处置记录已达 %d 条，请提级办理。", "%d measures are on record already; pass it up.", actionsMost)
	}
	s = t.touch(c.SignOff)
	s.Actions = append(slices.Clone(s.Actions), Action{Tier: s.Tier(), What: c.What, Text: c.Text, By: t.actor, At: t.now})
	t.event(EvDispose, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Text
		e.Detail = detail(map[string]any{"tier": s.Tier(), "remedy": c.What})
	})
	return nil
}

// actionsMost keeps a sign-off's record small (assumed).
const actionsMost = 10

func (c PassUp) apply(t *transition) error {
	s, err := t.holder(c.SignOff, "", "")
	if err != nil {
		return err
	}
	from := s.Tier()
	if from == roster.TierHeadquarters {
		return refuse(Conflict, "", "总指挥部已是最高层级，不能再提级。", "The headquarters is the highest tier; it climbs no further.")
	}
	if c.To != roster.TierGeneralBranch && c.To != roster.TierHeadquarters || !roster.Above(c.To, from) {
		return refuse(Invalid, "to", "请选择高于%[1]s的层级。", "Choose a tier above the %[2]s.", from.Name().ZH, from.Name().EN)
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	tried := s.tried(from)
	if !tried && c.Untried == "" {
		return refuse(Invalid, "untried", "本级尚无处置记录，请先处置，或说明未处置的原因。", "Your tier has no measure on record: take one first, or say why it did not try.")
	}
	if err := textField("untried", c.Untried, textRunes, !tried); err != nil {
		return err
	}
	skips := c.To != nextTier(from)
	if skips && c.Skipped == "" {
		return refuse(Invalid, "skipped", "越级提级须说明越过%[1]s的理由。", "Say why the %[2]s is passed over.", nextTier(from).Name().ZH, nextTier(from).Name().EN)
	}
	if err := textField("skipped", c.Skipped, textRunes, skips); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	before := t.issue.Tier
	t.endPause(s)
	t.climb(s, Climb{Tier: c.To, From: t.today, At: t.now, By: t.actor})
	t.nudge(c.SignOff)
	t.event(EvPassUp, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(before), string(t.issue.Tier), c.Reason
		e.Detail = detail(map[string]any{"due": s.Due.On, "below": from, "tier": c.To, "tried": tried, "untried": c.Untried, "skipped": c.Skipped})
	})
	return nil
}

// endPause ends a pause that has not ended by itself.
func (t *transition) endPause(s *SignOff) {
	if s.LadderPaused(t.now) {
		p := *s.Pause
		p.EndedAt = t.now
		s.Pause = &p
	}
}

func (c PauseLadder) apply(t *transition) error {
	s, err := t.pauser(c.SignOff)
	if err != nil {
		return err
	}
	tier := s.Tier()
	switch {
	case tier == roster.TierHeadquarters:
		return refuse(Conflict, "", "该任务已提级到总指挥部，不再提级，无须暂停。", "This is with the headquarters and climbs no further; there is nothing to pause.")
	case s.LadderPaused(t.now):
		return refuse(Conflict, "", "该任务的提级已暂停至 %s。", "Its ladder is paused until %s already.", s.Pause.Until)
	case s.Pause != nil && s.Pause.Tier == tier:
		return refuse(Conflict, "", "该任务在本层级已暂停过一次提级，不能再次暂停。", "Its ladder has been paused once at this tier and is not paused again.")
	}
	if last := t.Calendar.After(t.today, pauseMost); c.Until <= t.today || c.Until > last {
		return refuse(Invalid, "until", "暂停提级最多 %[1]d 个工作日（拟定），请填写今天之后、不晚于 %[2]s 的日期。", "A ladder is paused for at most %[1]d working days (assumed): give a day after today and not after %[2]s.", pauseMost, last)
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	s.Pause = &LadderPause{Tier: tier, Until: c.Until, Reason: c.Reason, By: t.actor, At: t.now}
	t.nudge(c.SignOff)
	t.event(EvPauseLadder, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Reason
		e.Detail = detail(map[string]any{"tier": tier, "until": c.Until})
	})
	return nil
}

// pauser checks that the actor may stop the sign-off's climbing: the general
// branch or the headquarters, when their tier has it or a lower one.
func (t *transition) pauser(n int) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	from := s.Tier()
	if from == roster.TierBranch {
		from = roster.TierGeneralBranch
	}
	return t.holder(n, from, roster.TierHeadquarters)
}

func (c ResumeLadder) apply(t *transition) error {
	s, err := t.pauser(c.SignOff)
	if err != nil {
		return err
	}
	if !s.LadderPaused(t.now) {
		return refuse(Conflict, "", "该任务的提级没有暂停。", "Its ladder is not paused.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	t.endPause(s)
	t.nudge(c.SignOff)
	t.event(EvResumeLadder, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Reason
		e.Detail = detail(map[string]any{"tier": s.Tier(), "until": s.Pause.Until})
	})
	return nil
}

// Standing is where a sign-off stands on its ladder, for those who look.
type Standing struct {
	Level  Level
	Step   Step
	Tier   roster.Tier
	Climbs []Climb
	// The rung and the tier that come next if nobody acts, and when; zero: none.
	NextStep   Step
	NextStepAt time.Time
	NextTier   roster.Tier
	NextTierAt time.Time
}

// StandingOf says where a sign-off stands on its ladder.
func (r Rules) StandingOf(i *Issue, s *SignOff) Standing {
	c := *s
	c.adopt()
	a := r.ahead(i, &c)
	return Standing{
		Level: r.LevelOf(i), Step: c.Step, Tier: c.Tier(), Climbs: c.Climbs,
		NextStep: a.rung.Step, NextStepAt: a.rungAt, NextTier: a.tier, NextTierAt: a.tierAt,
	}
}
