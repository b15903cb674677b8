package approval

import (
	"slices"
	"strings"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Meeting (会议) is where and when a consultation meets, who takes part, and what
// is voted on.
type Meeting struct {
	At        time.Time  `json:"at"`
	Place     string     `json:"place,omitempty"`
	CallLink  string     `json:"callLink,omitempty"`
	Agenda    []string   `json:"agenda"`
	Papers    []string   `json:"papers,omitempty"` // titles or addresses
	Attendees []Attendee `json:"attendees"`
	Ballot    *Ballot    `json:"ballot,omitempty"`
	By        Actor      `json:"by"`
	SetAt     time.Time  `json:"setAt"`
}

// Attendee (参会方) takes part: a department, the branch or the tier's unit; or
// somebody without an account, such as a village committee (村民委员会) or an
// enterprise, of whom only name and organisation are kept, and who votes by a
// [Link]. Attendees are known by their number in the list, from 1.
type Attendee struct {
	Unit         string `json:"unit,omitempty"` // a department or branch; none for an outsider
	Name         string `json:"name,omitempty"`
	Organisation string `json:"organisation,omitempty"`
	Votes        bool   `json:"votes,omitempty"` // 表决人

	Vote  *Vote `json:"vote,omitempty"`
	Aside *Word `json:"aside,omitempty"` // stands aside from the vote (回避)
	Link  *Link `json:"link,omitempty"`  // by which an outsider votes
}

// Outsider reports whether the attendee has no account.
func (a *Attendee) Outsider() bool { return a.Unit == "" }

// Schedule (安排会议) fixes meeting and vote, as the tier that holds the
// consultation, and may do so again until the first vote is cast.
type Schedule struct {
	At        time.Time
	Place     string // this or a call link, or both
	CallLink  string
	Agenda    []string
	Papers    []string
	Attendees []Attendee // only who they are and whether they vote
	Ballot    *Ballot    // only what is asked and how it is counted; nil: no vote
}

// Minutes (会议纪要) are what was said and resolved, as they stand; earlier versions
// are in the trail.
type Minutes struct {
	Text        string    `json:"text"`
	Present     []int     `json:"present"` // numbers of attendees
	Resolutions []string  `json:"resolutions,omitempty"`
	Version     int       `json:"version"`
	By          Actor     `json:"by"`
	At          time.Time `json:"at"`
}

// Minute writes the minutes, or writes them anew while the consultation is open.
type Minute struct {
	Text        string
	Present     []int
	Resolutions []string
}

const (
	// meetWithin is by when, in working days after the consultation was opened, a
	// meeting is held and its vote has ended (assumed: it shall stay quick).
	meetWithin = 5
	// concludeWithin is how many working days the holder has after that to conclude
	// (assumed).
	concludeWithin = 1

	agendaMost    = 20
	attendeesMost = 40
	paperRunes    = 300
	nameRunes     = 60
)

func (c Schedule) apply(t *transition) error {
	con, err := t.holds()
	if err != nil {
		return err
	}
	if b := con.ballot(); b != nil && (!b.ClosedAt.IsZero() || con.voted() > 0) {
		return refuse(Closed, "", "已有表决，会议和表决安排不能再改。", "A vote has been cast, so that meeting and vote are changed no more.")
	}
	if err := c.check(t, con); err != nil {
		return err
	}
	m := &Meeting{At: c.At.UTC().Truncate(time.Millisecond), Place: c.Place, CallLink: c.CallLink, Agenda: c.Agenda, Papers: c.Papers, By: t.actor, SetAt: t.now}
	voters := 0
	for _, a := range c.Attendees {
		m.Attendees = append(m.Attendees, Attendee{Unit: a.Unit, Name: a.Name, Organisation: a.Organisation, Votes: a.Votes})
		if a.Votes {
			voters++
		}
	}
	said := map[string]any{"at": m.At, "attendees": len(m.Attendees), "agenda": m.Agenda}
	if m.Place != "" {
		said["place"] = m.Place
	}
	if m.CallLink != "" {
		said["callLink"] = m.CallLink
	}
	if n := con.dropLinks(); n > 0 {
		said["links"] = n
	}
	if b := c.Ballot; b != nil {
		m.Ballot = &Ballot{Question: b.Question, Motion: b.Motion, Secret: b.Secret, Quorum: b.Quorum, Threshold: b.Threshold, Need: b.Need, Of: b.Of, Until: b.Until}
		said["question"], said["voters"], said["until"] = b.Question, voters, b.Until
	}
	con.Meeting = m
	con.DueOn = t.consultDue(con)
	said["due"] = con.DueOn.On
	t.event(EvSchedule, func(e *Event) {
		e.Before, e.After = string(Consulting), string(Consulting)
		e.Detail = detail(said)
	})
	t.watchConsultation()
	return nil
}

// check looks at every field.
func (c Schedule) check(t *transition, con *Consultation) error {
	latest := t.Calendar.After(calendar.Of(con.OpenedAt), meetWithin)
	switch on := calendar.Of(c.At); {
	case c.At.IsZero():
		return refuse(Invalid, "at", "请填写会议日期和时间。", "Give the meeting's day and time.")
	case c.At.Before(t.now.Add(-time.Minute)):
		return refuse(Invalid, "at", "会议时间已过，请重新选择。", "That time has passed; choose another one.")
	case on > latest:
		return refuse(Invalid, "at", "会议须在会商开始后五个工作日内召开，最迟 %s。", "A meeting is held within five working days of the consultation's start, on %s at the latest.", latest)
	}
	if c.Place == "" && c.CallLink == "" {
		return refuse(Invalid, "place", "请填写会议地点或视频会议链接。", "Give a place or a call link.")
	}
	if err := textField("place", c.Place, titleRunes, false); err != nil {
		return err
	}
	if err := textField("callLink", c.CallLink, paperRunes, false); err != nil {
		return err
	}
	if c.CallLink != "" {
		host, ok := strings.CutPrefix(c.CallLink, "https://")
		if !ok || host == "" || host[0] == '/' || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
			return refuse(Invalid, "callLink", "视频会议链接须以 https:// 开头。", "A call link starts with https://.")
		}
	}
	if err := texts("agenda", c.Agenda, 1, agendaMost, titleRunes); err != nil {
		return err
	}
	if err := texts("papers", c.Papers, 0, papersMost, paperRunes); err != nil {
		return err
	}
	voters, err := c.attendees(t, con)
	if err != nil {
		return err
	}
	if c.Ballot == nil {
		if voters > 0 {
			return refuse(Invalid, "ballot", "已指定表决人，请写明表决事项和规则。", "There are voters; say what they vote on, and by which rules.")
		}
		return nil
	}
	return c.Ballot.check(t, calendar.Of(c.At), latest, voters)
}

// texts checks a list of texts.
func texts(field string, list []string, least, most, runes int) error {
	if len(list) < least || len(list) > most {
		return refuse(Invalid, field, "请填写 %d 至 %d 项，现为 %d 项。", "Give %d to %d entries; these are %d.", least, most, len(list))
	}
	for k, text := range list {
		if err := textField(field+"["+itoa(k)+"]", text, runes, true); err != nil {
			return err
		}
	}
	return nil
}

// attendees checks who takes part, and counts who votes.
func (c Schedule) attendees(t *transition, con *Consultation) (voters int, err error) {
	if len(c.Attendees) == 0 || len(c.Attendees) > attendeesMost {
		return 0, refuse(Invalid, "attendees", "请列明参会方（1 至 %d 个）。", "List who takes part (1 to %d).", attendeesMost)
	}
	holder, _ := t.Roster.Up(t.issue.Branch, con.Tier)
	for k := range c.Attendees {
		a, field := &c.Attendees[k], "attendees["+itoa(k)+"]"
		if slices.ContainsFunc(c.Attendees[:k], func(b Attendee) bool {
			return a.Unit == b.Unit && a.Name == b.Name && a.Organisation == b.Organisation
		}) {
			return 0, refuse(Invalid, field, "参会方重复了。", "This attendee is named twice.")
		}
		if a.Votes {
			voters++
		}
		if a.Outsider() {
			if err := textField(field+".name", a.Name, nameRunes, true); err != nil {
				return 0, err
			}
			if err := textField(field+".organisation", a.Organisation, titleRunes, true); err != nil {
				return 0, err
			}
			continue
		}
		if a.Name != "" || a.Organisation != "" {
			return 0, refuse(Invalid, field+".name", "系统内的单位无须填写姓名和单位名称。", "A unit of this system needs no name.")
		}
		department, ok := t.Roster.Department(roster.DepartmentID(a.Unit))
		switch {
		case ok && !department.Kind.Decides():
			return 0, refuse(Invalid, field+".unit", "“%[1]s”不参加会商，请选择其他单位。", "%[2]q takes no part in consultations; choose another unit.", department.NameZH, department.NameEN)
		case !ok && a.Unit != string(t.issue.Branch) && a.Unit != string(holder):
			return 0, refuse(Invalid, field+".unit", "请选择部门、该项目的临时党支部或主持会商的单位。", "Choose a department, the project's own branch, or the unit that holds the consultation.")
		case a.Votes && a.Unit == string(t.issue.Branch):
			return 0, refuse(Invalid, field+".votes", "该支部是问题的提出方，应当回避，可列席，不参加表决。", "The branch raised the issue and must stand aside: it attends and does not vote.")
		case a.Votes && len(t.casters(a)) == 0:
			return 0, refuse(Invalid, field+".votes", "该单位没有可以表决的人员（均应回避），请列席。", "Nobody of this unit may vote, as all must stand aside; let it attend only.")
		}
	}
	return voters, nil
}

func (c Minute) apply(t *transition) error {
	con, err := t.holds()
	if err != nil {
		return err
	}
	m := con.Meeting
	if m == nil || t.now.Before(m.At) {
		return refuse(Conflict, "", "会议召开后方可记录会议纪要。", "Minutes are written when the meeting has been held.")
	}
	if err := textField("text", c.Text, textRunes, true); err != nil {
		return err
	}
	for k, n := range c.Present {
		if n < 1 || n > len(m.Attendees) || slices.Contains(c.Present[:k], n) {
			return refuse(Invalid, "present["+itoa(k)+"]", "请从参会方中选择，不要重复。", "Choose among those who take part, each once.")
		}
	}
	if err := texts("resolutions", c.Resolutions, 0, agendaMost, paperRunes); err != nil {
		return err
	}
	version := 1
	if con.Minutes != nil {
		version = con.Minutes.Version + 1
	}
	con.Minutes = &Minutes{Text: c.Text, Present: c.Present, Resolutions: c.Resolutions, Version: version, By: t.actor, At: t.now}
	t.event(EvMinute, func(e *Event) {
		e.Before, e.After, e.Reason = string(Consulting), string(Consulting), c.Text
		e.Detail = detail(map[string]any{"version": version, "present": c.Present, "resolutions": c.Resolutions})
	})
	return nil
}
