package approval

import (
	"strconv"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// State is where a sign-off stands. Each says who acts next; see the package's
// picture.
type State string

const (
	Waiting    State = "waiting"
	Open       State = "open"
	Supplement State = "supplement"
	PapersBack State = "papers_back" // a supplement did not come in time (退件)
	Objection  State = "objected"
	Held       State = "held"
	Granted    State = "granted"
	Denied     State = "refused"
	Void       State = "void"
)

// Final reports whether the sign-off needs nobody in this round and the next.
func (s State) Final() bool { return s == Granted || s == Denied || s == Void }

// Asked reports whether the workflow has to wait for the sign-off: it is open,
// or something will open it without a ruling.
func (s State) Asked() bool { return s == Waiting || s == Open || s == Supplement || s == PapersBack }

// Running reports whether the department owes an answer and the clock runs.
func (s State) Running() bool { return s == Open }

// Light (红黄绿灯) is a sign-off's colour: green, yellow (near due), red (overdue).
type Light string

const (
	Green  Light = "green"
	Yellow Light = "yellow"
	Red    Light = "red"
)

// SignOff (会签任务) is one department's part in one issue.
type SignOff struct {
	N          int                 `json:"n"` // 1.. within the issue
	Item       catalog.ItemNo      `json:"item,omitempty"`
	Matter     catalog.MatterCode  `json:"matter,omitempty"`
	What       string              `json:"what,omitempty"` // of an agreed action
	Department roster.DepartmentID `json:"department"`
	Requires   []int               `json:"requires,omitempty"` // sign-offs that must be granted first
	Relaxed    []int               `json:"relaxed,omitempty"`  // prerequisites that a commitment removed
	Leads      bool                `json:"leads,omitempty"`    // its department takes the matter's lead: see Join

	State State `json:"state"`
	Round int   `json:"round"` // the round that asked last

	Limit     calendar.Limit `json:"limit"`
	LimitMark catalog.Mark   `json:"limitMark"` // where the limit comes from
	OpenedAt  time.Time      `json:"openedAt,omitzero"`
	// AcceptedAt starts the clock of limits that run from acceptance. Unless the
	// department accepts on a later day the papers count as accepted on receipt
	// (行政许可法 art. 32), so it equals OpenedAt.
	AcceptedAt time.Time   `json:"acceptedAt,omitzero"`
	Acceptance *Acceptance `json:"acceptance,omitempty"` // nil: accepted on receipt
	DecidedAt  time.Time   `json:"decidedAt,omitzero"`
	Stops      []Stop      `json:"stops,omitempty"`
	Due        Due         `json:"due,omitzero"`
	Restated   *Restated   `json:"restated,omitempty"` // how a holiday notice moved Due last
	Light      Light       `json:"light"`
	Rung       int         `json:"rung,omitempty"`  // rungs as the first release counted them; see adopt
	Step       Step        `json:"step,omitempty"`  // the rung of the ladder that its clock has come to
	Clock      int         `json:"clock,omitempty"` // rises whenever the next moment to look at it may change

	Assignee   roster.PersonID `json:"assignee,omitempty"`
	Substitute roster.PersonID `json:"substitute,omitempty"` // who took it, or was given it, for the assignee (代办人)
	ClaimedAt  time.Time       `json:"claimedAt,omitzero"`
	Recused    []Recusal       `json:"recused,omitempty"`
	Handover   *Handover       `json:"handover,omitempty"`
	Assigned   *Word           `json:"assigned,omitempty"` // how the general branch gave it to a department, when nobody was competent
	UrgedOn    calendar.Date   `json:"urgedOn,omitzero"`   // when the branch urged it last
	Urges      int             `json:"urges,omitempty"`

	Climbs  []Climb      `json:"climbs,omitempty"`  // the tiers it has climbed to
	Actions []Action     `json:"actions,omitempty"` // what tiers did about it
	Pause   *LadderPause `json:"pause,omitempty"`   // of its ladder; the last one
	Notices []Notice     `json:"notices,omitempty"`

	Added     []Added    `json:"added,omitempty"`
	Decision  *Decision  `json:"decision,omitempty"`
	Request   *Request   `json:"request,omitempty"`
	Extension *Extension `json:"extension,omitempty"`
	Ruling    *Ruling    `json:"ruling,omitempty"`
	Duties    []Duty     `json:"duties,omitempty"`
	// Revocation is of an approval that was revoked after the issue was withdrawn; of
	// others it is among the earlier attempts.
	Revocation *Revocation `json:"revocation,omitempty"`
	Tolerance  *Tolerance  `json:"tolerance,omitempty"` // the last one proposed; of earlier ones the trail tells

	Earlier []Attempt `json:"earlier,omitempty"` // decisions of earlier rounds, and revoked ones
}

// Restated is what a last day was before a holiday notice moved it or made it firm, so
// that whoever has the task reads it where the day stands.
type Restated struct {
	From   Due       `json:"from"`
	Ground string    `json:"ground"` // the notice
	At     time.Time `json:"at"`
}

// DecisionKind is what a department answered (意见).
type DecisionKind string

const (
	Approve     DecisionKind = "approve"
	OnPledge    DecisionKind = "commitment"  // approved on commitment (告知承诺)
	OnCondition DecisionKind = "conditional" // approved on conditions (附条件同意)
	WithGaps    DecisionKind = "gaps"        // accepted with papers missing (容缺受理)
	Object      DecisionKind = "object"
)

// Decision (意见) is a department's answer.
type Decision struct {
	Kind   DecisionKind `json:"kind"`
	By     Actor        `json:"by"`
	At     time.Time    `json:"at"`
	Code   GroundCode   `json:"code,omitempty"`   // of an objection's ground; empty in what was stored without
	Ground string       `json:"ground,omitempty"` // legal ground; mandatory for an objection
	Reason string       `json:"reason,omitempty"`
}

// Request (补正) asks the branch once, all at once, for what is missing.
type Request struct {
	Papers     []string      `json:"papers"`
	By         Actor         `json:"by"`
	At         time.Time     `json:"at"`
	AnswerBy   calendar.Date `json:"answerBy,omitzero"` // the last day for it, as the branch was told
	Answer     string        `json:"answer,omitempty"`
	AnsweredBy Actor         `json:"answeredBy,omitzero"`
	AnsweredAt time.Time     `json:"answeredAt,omitzero"`
}

// Extension (延期) is what an officer asked for and the lead answered: once per
// sign-off and round, with its reason on the public record (行政许可法 art. 42).
type Extension struct {
	Days       int             `json:"days"`   // in the limit's unit
	Ground     string          `json:"ground"` // the rule that allows it
	Reason     string          `json:"reason"`
	By         Actor           `json:"by"`
	At         time.Time       `json:"at"`
	Answer     ExtensionAnswer `json:"answer,omitempty"`
	Note       string          `json:"note,omitempty"` // what the lead said
	AnsweredBy Actor           `json:"answeredBy,omitzero"`
	AnsweredAt time.Time       `json:"answeredAt,omitzero"`
	From       calendar.Date   `json:"from,omitzero"` // the last day that it moved
}

// ExtensionAnswer is the lead's; empty while the lead owes it.
type ExtensionAnswer string

const (
	ExtensionGranted ExtensionAnswer = "granted"
	ExtensionRefused ExtensionAnswer = "refused"
)

func (e *Extension) granted() bool { return e != nil && e.Answer == ExtensionGranted }

// Outcome is a ruling on an objection.
type Outcome string

const (
	Uphold   Outcome = "upheld"
	SetAside Outcome = "set_aside"
	Revise   Outcome = "revised"
)

// Ruling is what the responsible tier said of an objection, with its reason.
type Ruling struct {
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Vote    string    `json:"vote,omitempty"` // followed or against, where there was a vote on it
}

// Attempt keeps what an earlier round brought, or a decision that was revoked.
type Attempt struct {
	Round    int       `json:"round"`
	Decision *Decision `json:"decision,omitempty"`
	Ruling   *Ruling   `json:"ruling,omitempty"`
	Added    []Added   `json:"added,omitempty"`
	Duties   []Duty    `json:"duties,omitempty"`
	Request  *Request  `json:"request,omitempty"` // that was not answered in time
	// Revocation is why the decision was revoked; none in what was stored before it was
	// kept here, whose duties tell.
	Revocation *Revocation `json:"revocation,omitempty"`
	Tolerance  *Tolerance  `json:"tolerance,omitempty"`
}

// Watch is the machine's eye on one sign-off, on the consultation, on an
// operator's hold, on the duties of approvals or on supervision notices: the token that wakes it, and when it means to look by itself.
// Tokens never leave the inside.
type Watch struct {
	SignOff int       `json:"n"`
	Token   string    `json:"token,omitempty"`
	Clock   int       `json:"clock,omitempty"`
	WakeAt  time.Time `json:"wakeAt"`
}

// The watches that are over no sign-off.
const (
	consultWatch = 0
	holdWatch    = MaxSignOffs + 1
	dutyWatch    = MaxSignOffs + 2
	noticeWatch  = MaxSignOffs + 3
)

// spans turns stops into the calendar's dates.
func (s *SignOff) spans() []calendar.Span {
	if len(s.Stops) == 0 {
		return nil
	}
	spans := make([]calendar.Span, len(s.Stops))
	for k, stop := range s.Stops {
		spans[k].From = calendar.Of(stop.From)
		if !stop.To.IsZero() {
			spans[k].To = calendar.Of(stop.To)
		}
	}
	return spans
}

// start is the day on which the clock starts; that day itself does not count
// (民法典 art. 201).
func (s *SignOff) start() calendar.Date {
	if s.Limit.Start == calendar.Receipt {
		return calendar.Of(s.OpenedAt)
	}
	return calendar.Of(s.AcceptedAt)
}

// days is the whole limit, with what an extension added.
func (s *SignOff) days() int {
	if s.Unowned() {
		return consultDays
	}
	if s.Extension.granted() {
		return s.Limit.Days + s.Extension.Days
	}
	return s.Limit.Days
}

func itoa(n int) string { return strconv.Itoa(n) }

// number undoes itoa.
func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		panic("approval: not a sign-off's number: " + id)
	}
	return n
}
