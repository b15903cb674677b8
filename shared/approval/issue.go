package approval

import (
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// IssueID names an issue: a UUIDv7, so that ids sort by the moment of birth.
type IssueID string

// MaxSignOffs is how many sign-offs one issue may have: the concurrency of an
// inline Map in Step Functions.
const MaxSignOffs = 40

// Status is where an issue (问题) stands. Each says who acts next.
type Status string

const (
	Draft      Status = "draft"      // the branch: finish it and raise it
	Raised     Status = "raised"     // the machine: route it
	InSignOff  Status = "in_signoff" // the departments
	Consulting Status = "consulting" // the tier that rules on objections (会商)
	Returned   Status = "returned"   // the branch: revise and resubmit
	Concluded  Status = "concluded"  // the branch: confirm and rate
	Confirmed  Status = "confirmed"  // nobody
	Withdrawn  Status = "withdrawn"  // nobody
)

// Ended reports whether departments have nothing left to do.
func (s Status) Ended() bool { return s == Concluded || s == Confirmed || s == Withdrawn }

// Verdict is what a round came to; the state machine's Choice reads it.
type Verdict string

const (
	Pending   Verdict = "pending"   // somebody still owes an answer
	Objected  Verdict = "objected"  // all answered, an objection stands or a consultation goes on
	Agreed    Verdict = "agreed"    // all granted
	Refused   Verdict = "refused"   // an objection was upheld
	SentBack  Verdict = "returned"  // a ruling asks for a revision: a new round
	WasPulled Verdict = "withdrawn" // the branch withdrew
	Continued Verdict = "continued" // the round went on for so long that another execution took it over
)

// Issue (问题/事项) is the aggregate: everything one commit may change together.
// Its sign-offs, watches and the consultation hang on it.
type Issue struct {
	ID      IssueID `json:"id"`
	Version int64   `json:"version"` // rises by one with every commit
	Status  Status  `json:"status"`

	Project  roster.ProjectID    `json:"project"`
	Branch   roster.BranchID     `json:"branch"`
	District roster.DistrictCode `json:"district"`
	Title    string              `json:"title"`
	Body     string              `json:"body,omitempty"`

	// What is asked: items of the catalogue, of which some on commitment
	// (告知承诺), or a coordination matter with the parties named.
	Items       []catalog.ItemNo `json:"items,omitempty"`
	Commitments []catalog.ItemNo `json:"commitments,omitempty"`
	Parties     []Party          `json:"parties,omitempty"`
	Joins       []Join           `json:"joins,omitempty"`   // once raised: those in force
	Assumed     []string         `json:"assumed,omitempty"` // inputs that no source states; shown wherever the issue is
	Request     string           `json:"request,omitempty"` // the request (诉求) that it came from

	Officer     roster.PersonID `json:"officer,omitempty"`   // 包干责任人, as named; see OfficerOf
	Secretary   roster.PersonID `json:"secretary,omitempty"` // who took it over from who raised it
	RaisedBy    Actor           `json:"raisedBy"`
	CreatedAt   time.Time       `json:"createdAt"`
	RaisedAt    time.Time       `json:"raisedAt,omitzero"`
	ConcludedAt time.Time       `json:"concludedAt,omitzero"`
	ConfirmedAt time.Time       `json:"confirmedAt,omitzero"`
	Verdict     Verdict         `json:"verdict,omitempty"`

	Rounds       []Round        `json:"rounds,omitempty"`
	Tier         roster.Tier    `json:"tier"` // how high it has climbed (提级)
	Light        Light          `json:"light"`
	Consultation *Consultation  `json:"consultation,omitempty"`
	Past         []Consultation `json:"pastConsultations,omitempty"` // earlier ones
	Hold         *Hold          `json:"hold,omitempty"`
	Rating       *Rating        `json:"rating,omitempty"`
	Measure      *Measure       `json:"measure,omitempty"`
	Closings     []Closing      `json:"closings,omitempty"`    // earlier ends, after which it was reopened
	Revoked      []int          `json:"revoked,omitempty"`     // sign-offs whose approval was revoked after the end, without reopening it
	Stray        []DutyRef      `json:"strayDuties,omitempty"` // settled duties that are still in their checkers' lists
	Notices      int            `json:"notices,omitempty"`     // how many supervision notices were issued
	Disposals    []Disposal     `json:"disposals,omitempty"`   // of warnings
	Attachments  []Attachment   `json:"attachments,omitempty"`
	Count        Count          `json:"count"`
	NextDue      calendar.Date  `json:"nextDue,omitzero"` // earliest due date of an open sign-off
	Whole        Due            `json:"whole,omitzero"`   // the planned last day of the whole; see WholeLight

	Events int64  `json:"events"`         // how many there are
	Head   string `json:"head,omitempty"` // hash of the last one; the next chains to it

	SignOffs []SignOff `json:"-"`
	Watches  []Watch   `json:"-"`
}

// Round (轮次) is one pass of an issue through the workflow: one execution.
type Round struct {
	N         int       `json:"n"`
	Execution string    `json:"execution"` // issue-<id>-r<n>
	Machine   string    `json:"machine,omitempty"`
	StartedAt time.Time `json:"startedAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"`
	Verdict   Verdict   `json:"verdict,omitempty"`
	Note      string    `json:"note,omitempty"`     // what the branch changed
	Register  int64     `json:"register,omitempty"` // on how many change sets of the register it was raised
}

// Due is a last day and whether a holiday notice still to come may move it.
type Due struct {
	On          calendar.Date `json:"on,omitzero"`
	Provisional bool          `json:"provisional,omitempty"`
}

// Hold is a round that met something nobody expected and waits for an operator.
type Hold struct {
	Round int       `json:"round"`
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
	Cause string    `json:"cause,omitempty"`
}

// Rating (评价) is the branch's word on how it was served: 1 (very bad) to 5.
type Rating struct {
	Stars   int       `json:"stars"`
	Comment string    `json:"comment,omitempty"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
}

// Count sums an issue's sign-offs up for lists.
type Count struct {
	All        int `json:"all"`
	Open       int `json:"open"`                 // open, supplement, objected
	Supplement int `json:"supplement,omitempty"` // of those, how many wait for the branch
	Disputed   int `json:"disputed,omitempty"`   // of those, of how many nobody has yet decided whose they are
	Waiting    int `json:"waiting"`
	Granted    int `json:"granted"`
}

// Round is the current round's number; 0 while a draft.
func (i *Issue) Round() int { return len(i.Rounds) }

// SignOff returns the sign-off numbered n, or nil.
func (i *Issue) SignOff(n int) *SignOff {
	if n < 1 || n > len(i.SignOffs) {
		return nil
	}
	return &i.SignOffs[n-1]
}

// Watch returns the watch over sign-off n, or nil.
func (i *Issue) Watch(n int) *Watch {
	for k := range i.Watches {
		if i.Watches[k].SignOff == n {
			return &i.Watches[k]
		}
	}
	return nil
}

// ExecutionName is the name of a round's execution; starts are idempotent by it.
func ExecutionName(id IssueID, round int) string {
	return "issue-" + string(id) + "-r" + itoa(round)
}

// Actor is who acts, and as whom: one person may hold several posts, and the one
// used is on record.
type Actor struct {
	Person roster.PersonID `json:"person,omitempty"`
	Role   roster.Role     `json:"role"`
	Unit   string          `json:"unit,omitempty"` // branch or department of the post
	For    roster.PersonID `json:"for,omitempty"`  // whom Person stands in for (代办)
}

// Machine is the workflow acting on its own.
var Machine = Actor{Role: "machine"}
