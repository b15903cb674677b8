package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Notice (督办单) is a higher tier's demand on a department that has not answered:
//
//	issued ── reply ──▶ replied ── recheck: satisfied ──▶ closed
//	   │                  ▲   │
//	   │                  │   └─ recheck: sent back, one more reply ──▶ sent_back
//	   │                  └──────────────────────────────────────────────┘
//	   └── whatever is due when its day passes, climbs a tier, and the sign-off with it
//
// The department's answer to the sign-off itself closes it, too. Its official
// number is the office's; the product's is the issue's running number.
type Notice struct {
	K          int                 `json:"k"` // 1.. within the issue
	Tier       roster.Tier         `json:"tier"`
	By         Actor               `json:"by"` // the ladder, or who issued it by hand
	At         time.Time           `json:"at"`
	Department roster.DepartmentID `json:"department"` // to whom it was addressed
	Demand     string              `json:"demand"`
	Days       int                 `json:"days"` // working days for each reply and each recheck

	State    NoticeState   `json:"state"`
	DueOn    calendar.Date `json:"due,omitzero"` // the last day of what is owed now
	Replies  []NoticeReply `json:"replies,omitempty"`
	ClosedAt time.Time     `json:"closedAt,omitzero"`
}

// NoticeState says who acts next on a notice.
type NoticeState string

const (
	NoticeIssued   NoticeState = "issued"    // the department's lead: reply
	NoticeReplied  NoticeState = "replied"   // the tier: recheck
	NoticeSentBack NoticeState = "sent_back" // the department's lead: reply again
	NoticeClosed   NoticeState = "closed"    // nobody
)

// NoticeReply is a department's reply to a notice and what the recheck (复核) said.
type NoticeReply struct {
	Text  string        `json:"text"`
	By    Actor         `json:"by"`
	At    time.Time     `json:"at"`
	DueOn calendar.Date `json:"due"` // the day by which it was owed

	OK        bool      `json:"ok,omitempty"`
	Finding   string    `json:"finding,omitempty"`
	CheckedBy Actor     `json:"checkedBy,omitzero"`
	CheckedAt time.Time `json:"checkedAt,omitzero"`
}

// Supervise issues a notice by hand: the general branch or the headquarters, when
// its tier has the sign-off or a lower one.
type Supervise struct {
	SignOff   int
	Demand    string
	ReplyDays int // working days
}

// ReplyNotice (督办回复) answers notice K, as the lead of the department that has the task.
type ReplyNotice struct {
	K    int
	Text string
}

// RecheckNotice (督办复核) says whether the reply to notice K satisfies the tier that
// issued it. What does not is sent back once; the second time the next tier takes
// the notice over.
type RecheckNotice struct {
	K    int
	OK   bool
	Text string
}

// The bounds of a notice, this product's own (assumed).
const (
	noticeRunes  = 1000
	replyDays    = 10 // working days at most
	repliesMost  = 6  // with the last one the recheck closes the notice either way
	noticesKept  = 4  // per sign-off; of older ones that are closed the trail tells
	lapsesAtOnce = 16 // in one commit, which has a hundred records
)

// The notice of the ladder, as an office words it.
const ladderDemand = "该任务已逾期未办结，请立即办结，或书面回复逾期原因和办结时间。"

// Open reports whether somebody still owes something on the notice.
func (n *Notice) Open() bool { return n.State != NoticeClosed }

// NoticeOf is notice k of the issue and the number of its sign-off, or nil.
func (i *Issue) NoticeOf(k int) (*Notice, int) {
	for n := range i.SignOffs {
		s := &i.SignOffs[n]
		for m := range s.Notices {
			if s.Notices[m].K == k {
				return &s.Notices[m], s.N
			}
		}
	}
	return nil, 0
}

// notify issues a notice over a sign-off.
func (t *transition) notify(n int, tier roster.Tier, demand string, days int) {
	s := t.touch(n)
	t.issue.Notices++
	kept := slices.Clone(s.Notices)
	if k := slices.IndexFunc(kept, func(n Notice) bool { return !n.Open() }); len(kept) >= noticesKept && k >= 0 {
		kept = slices.Delete(kept, k, k+1)
	}
	notice := Notice{
		K: t.issue.Notices, Tier: tier, By: t.actor, At: t.now, Department: s.Department, Demand: demand, Days: days,
		State: NoticeIssued, DueOn: t.Calendar.After(t.today, days),
	}
	s.Notices = append(kept, notice)
	t.watchNotices()
	t.event(EvSupervise, func(e *Event) {
		e.SignOff, e.After, e.Reason = n, string(NoticeIssued), demand
		e.Detail = detail(map[string]any{"notice": notice.K, "tier": tier, "department": s.Department, "due": notice.DueOn})
	})
}

// notice changes a notice and keeps the watch over all of them.
func (t *transition) notice(k int, change func(*Notice)) {
	_, n := t.issue.NoticeOf(k)
	s := t.touch(n)
	s.Notices = slices.Clone(s.Notices)
	m := slices.IndexFunc(s.Notices, func(n Notice) bool { return n.K == k })
	s.Notices[m].Replies = slices.Clone(s.Notices[m].Replies)
	change(&s.Notices[m])
	t.watchNotices()
}

// watchNotices keeps one watch over all open notices: it wakes when the next day
// has passed. No task waits on it, so the sweep looks.
func (t *transition) watchNotices() {
	var next calendar.Date
	for k := range t.issue.SignOffs {
		for _, n := range t.issue.SignOffs[k].Notices {
			if n.Open() && (next.IsZero() || n.DueOn < next) {
				next = n.DueOn
			}
		}
	}
	w := t.issue.Watch(noticeWatch)
	switch {
	case next.IsZero():
		t.unwatch(noticeWatch)
	case w == nil || !w.WakeAt.Equal(next.End()):
		t.watch(Watch{SignOff: noticeWatch, WakeAt: next.End()})
	}
}

// closeNotices ends the notices over a sign-off that is answered or needs no
// answer; one event of the commit names them all.
func (t *transition) closeNotices(s *SignOff) {
	for _, n := range s.Notices {
		if n.Open() {
			t.notice(n.K, func(n *Notice) { n.State, n.DueOn, n.ClosedAt = NoticeClosed, 0, t.now })
			t.closed = append(t.closed, n.K)
		}
	}
}

// openNotice is a notice and the number of its sign-off.
func (t *transition) openNotice(k int) (*Notice, int, error) {
	n, so := t.issue.NoticeOf(k)
	if n == nil {
		return nil, 0, refuse(NotFound, "k", "没有第 %d 号督办单。", "There is no supervision notice number %d.", k)
	}
	return n, so, nil
}

func (c Supervise) apply(t *transition) error {
	s, err := t.pauser(c.SignOff)
	if err != nil {
		return err
	}
	tier := t.tierOf()
	if slices.ContainsFunc(s.Notices, func(n Notice) bool { return n.Open() && !roster.Above(tier, n.Tier) }) {
		return refuse(Conflict, "", "该任务已有本级或上级未办结的督办单。", "Your tier or a higher one has an open supervision notice on this already.")
	}
	if err := textField("demand", c.Demand, noticeRunes, true); err != nil {
		return err
	}
	if c.ReplyDays < 1 || c.ReplyDays > replyDays {
		return refuse(Invalid, "replyDays", "回复期限须为 1 至 %d 个工作日（拟定）。", "A reply is due within 1 to %d working days (assumed).", replyDays)
	}
	t.notify(c.SignOff, tier, c.Demand, c.ReplyDays)
	return nil
}

// tierOf is the tier for which the actor, the general branch or the headquarters, acts.
func (t *transition) tierOf() roster.Tier {
	if t.Holds(&t.issue, t.actor, roster.TierGeneralBranch) {
		return roster.TierGeneralBranch
	}
	return roster.TierHeadquarters
}

func (c ReplyNotice) apply(t *transition) error {
	n, so, err := t.openNotice(c.K)
	if err != nil {
		return err
	}
	s := t.issue.SignOff(so)
	if t.actor.Role != roster.Lead || t.actor.Unit != string(s.Department) {
		name := t.Roster.UnitName(string(s.Department))
		return refuse(Forbidden, "", "督办单由%[1]s的部门负责人回复。", "The lead of %[2]s replies to this notice.", name.ZH, name.EN)
	}
	if t.aside(t.actor.Person) || s.recused(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他负责人办理。", "You have an interest in this issue and must stand aside; another lead of your department does this.")
	}
	switch n.State {
	case NoticeClosed:
		return refuse(Closed, "", "该督办单已办结。", "This notice is closed.")
	case NoticeReplied:
		return refuse(Conflict, "", "该督办单已回复，请等待复核。", "The notice has its reply; wait for the recheck.")
	}
	if err := textField("text", c.Text, noticeRunes, true); err != nil {
		return err
	}
	before, due := n.State, n.DueOn
	t.notice(c.K, func(n *Notice) {
		n.Replies = append(n.Replies, NoticeReply{Text: c.Text, By: t.actor, At: t.now, DueOn: due})
		n.State, n.DueOn = NoticeReplied, t.Calendar.After(t.today, n.Days)
	})
	t.event(EvReplyNotice, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = so, string(before), string(NoticeReplied), c.Text
		e.Detail = detail(map[string]any{"notice": c.K, "due": due})
	})
	return nil
}

func (c RecheckNotice) apply(t *transition) error {
	n, so, err := t.openNotice(c.K)
	if err != nil {
		return err
	}
	if !t.Holds(&t.issue, t.actor, n.Tier) {
		return refuse(Forbidden, "", "该督办单由%[1]s复核。", "The %[2]s rechecks this notice.", n.Tier.Name().ZH, n.Tier.Name().EN)
	}
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your tier does this.")
	}
	switch n.State {
	case NoticeClosed:
		return refuse(Closed, "", "该督办单已办结。", "This notice is closed.")
	case NoticeIssued, NoticeSentBack:
		return refuse(Conflict, "", "该督办单尚未回复，不能复核。", "The notice has no reply to recheck yet.")
	}
	if err := textField("text", c.Text, noticeRunes, true); err != nil {
		return err
	}
	if c.OK || len(n.Replies) >= repliesMost {
		t.recheck(c, so, NoticeClosed)
		return nil
	}
	again := len(n.Replies) > 1
	t.recheck(c, so, NoticeSentBack)
	if again {
		t.takeOver(c.K, so)
	}
	return nil
}

func (t *transition) recheck(c RecheckNotice, so int, after NoticeState) {
	var due calendar.Date
	t.notice(c.K, func(n *Notice) {
		r := &n.Replies[len(n.Replies)-1]
		r.OK, r.Finding, r.CheckedBy, r.CheckedAt = c.OK, c.Text, t.actor, t.now
		n.State, n.DueOn = after, t.Calendar.After(t.today, n.Days)
		if after == NoticeClosed {
			n.DueOn, n.ClosedAt = 0, t.now
		}
		due = n.DueOn
	})
	t.event(EvRecheck, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = so, string(NoticeReplied), string(after), c.Text
		e.Detail = detail(map[string]any{"notice": c.K, "ok": c.OK, "due": due})
	})
}

// takeOver gives a notice, and the open sign-off with it, to the next tier; the
// headquarters is given it again. A ladder that is paused, or a clock that stands
// still, only gives the notice its days anew.
func (t *transition) takeOver(k, so int) {
	n, _ := t.issue.NoticeOf(k)
	s := t.issue.SignOff(so)
	before, due := n.Tier, n.DueOn
	after := nextTier(before)
	if s.State != Open || t.issue.Status == Returned || s.LadderPaused(t.now) {
		after = before
	}
	t.notice(k, func(n *Notice) { n.Tier, n.DueOn = after, t.Calendar.After(t.today, n.Days) })
	n, _ = t.issue.NoticeOf(k)
	t.event(EvLapse, func(e *Event) {
		e.By, e.SignOff, e.Before, e.After = Machine, so, string(before), string(after)
		e.Detail = detail(map[string]any{"notice": k, "state": n.State, "passed": due, "below": before, "tier": after, "due": n.DueOn})
	})
	if after == before {
		return
	}
	climbed := false
	for _, tier := range tiers[1:] {
		if roster.Above(tier, s.Tier()) && !roster.Above(tier, after) {
			s = t.touch(so)
			t.climb(s, Climb{Tier: tier, From: t.today, At: t.now, By: Machine})
			climbed = true
		}
	}
	if climbed {
		t.nudge(so)
	}
}

// lapseNotices hands on every notice on which somebody let the day pass.
func (t *transition) lapseNotices() {
	left := lapsesAtOnce
	for n := range t.issue.SignOffs {
		for _, notice := range t.issue.SignOffs[n].Notices {
			if notice.Open() && left > 0 && !t.now.Before(notice.DueOn.End()) {
				t.takeOver(notice.K, n+1)
				left--
			}
		}
	}
}

// late reports whether the sign-off's last day has passed: then an answer needs
// its reason, which is published (优化营商环境条例 art. 36).
func (t *transition) late(s *SignOff) bool { return !s.Due.On.IsZero() && t.today > s.Due.On }

// reasonOf checks the reason of an answer, which a late one must have.
func (t *transition) reasonOf(s *SignOff, reason string) error {
	t.runOut(s.N) // a stop whose days are over hides no overrun
	if t.late(s) && reason == "" {
		return refuse(Invalid, "reason", "该任务已于 %s 到期，逾期办结须说明逾期原因并予公开（优化营商环境条例第三十六条）。", "The last day was %s: an answer after it needs its reason, which is published (优化营商环境条例 art. 36).", s.Due.On)
	}
	return textField("reason", reason, textRunes, t.late(s))
}
