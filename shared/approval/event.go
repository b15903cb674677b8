package approval

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrRepeated says that the idempotency key has been used: read its Receipt.
var ErrRepeated = errors.New("idempotency key was used before")

// ErrMovedOn says that no task waits on the token any more: it was completed,
// timed out, or its execution ended. It is an outcome, not a failure.
var ErrMovedOn = errors.New("the task has moved on")

// Event is one line of the audit trail: who did what, as whom, when, why, on
// what ground, and what it changed. It is written in the commit that made the
// change and chained: Hash(n) = H(Hash(n-1) || event without its hash).
type Event struct {
	Issue   IssueID         `json:"issue"`
	Seq     int64           `json:"seq"` // 1.. per issue, without gaps
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"` // raise, open, approve, ... ; see the constants
	By      Actor           `json:"by"`
	Round   int             `json:"round,omitempty"`
	SignOff int             `json:"signOff,omitempty"`
	Before  string          `json:"before,omitempty"` // status or state it left
	After   string          `json:"after,omitempty"`  // status or state it entered
	Ground  string          `json:"ground,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"` // what else the command said, as JSON
	Hash    string          `json:"hash,omitempty"`   // base64url of the digest
	// Redacted is set where personal data was replaced after the event was written: Hash is
	// still that of what was written. See [Event.Redact].
	Redacted string `json:"redacted,omitempty"`
}

// The kinds of events.
const (
	EvDraft      = "draft"
	EvRaise      = "raise"
	EvRoute      = "route"
	EvOpen       = "open"
	EvAsk        = "ask"
	EvClaim      = "claim"
	EvRelease    = "release"
	EvReassign   = "reassign"
	EvRecuse     = "recuse"
	EvTransfer   = "transfer"
	EvSendBack   = "send_back"
	EvAssign     = "assign"
	EvApprove    = "approve"
	EvCommit     = "approve_on_commitment"
	EvCondition  = "approve_on_condition"
	EvGaps       = "approve_with_gaps"
	EvObject     = "object"
	EvRequest    = "ask_supplement"
	EvAnswer     = "answer_supplement"
	EvAskExtend  = "ask_extension"
	EvExtend     = "grant_extension"
	EvNotExtend  = "refuse_extension"
	EvUrge       = "urge"
	EvComment    = "comment"
	EvAttach     = "attach"
	EvDetach     = "detach"
	EvReport     = "report_duty"
	EvMeet       = "meet_duty"
	EvMiss       = "miss_duty"
	EvRevoke     = "revoke"
	EvHandOver   = "hand_over"
	EvOfficer    = "name_officer"
	EvReopen     = "reopen"
	EvYellow     = "yellow"
	EvRed        = "red"
	EvEscalate   = "escalate"
	EvConsult    = "consult"
	EvCarry      = "carry" // a matter is agreed by its join rule and needs nobody else
	EvSchedule   = "schedule"
	EvInvite     = "invite" // an outside party was given a link
	EvVote       = "vote"
	EvExcuse     = "excuse"
	EvCount      = "count_votes"
	EvMinute     = "minute"
	EvRefer      = "refer"
	EvSettle     = "conclude_consultation"
	EvRule       = "rule"
	EvReturn     = "return"
	EvResubmit   = "resubmit"
	EvWithdraw   = "withdraw"
	EvConclude   = "conclude"
	EvCloseRound = "close_round"
	EvConfirm    = "confirm"
	EvStuck      = "stuck"
	EvResume     = "resume"
	EvCarryOver  = "carry_over" // a new execution takes over a round that has gone on for long
	EvUnowned    = "unowned"    // nobody is competent: the general branch decides whose it is
	EvFollow     = "follow"     // tasks went to another department with their competence
	EvRestate    = "restate"    // last days moved with the calendar
	EvRouse      = "rouse"      // the sweep woke what a lost timer left asleep
)

// The kinds of events of the clock.
const (
	EvAccept     = "accept"
	EvDeem       = "deem_accepted"
	EvStop       = "stop_clock"
	EvEndStop    = "end_stop"
	EvStopEnds   = "stop_ends" // its announced days are over, or the sign-off was decided
	EvPapersBack = "papers_back"
	EvRefile     = "refile"
)

// The kinds of events of the ladder and its tiers.
const (
	EvRemind         = "remind"
	EvDispose        = "dispose"
	EvPassUp         = "pass_up"
	EvPauseLadder    = "pause_ladder"
	EvResumeLadder   = "resume_ladder"
	EvSupervise      = "supervise"
	EvReplyNotice    = "reply_notice"
	EvRecheck        = "recheck_notice"
	EvLapse          = "lapse_notice"
	EvCloseNotice    = "close_notice"
	EvDisposeWarning = "dispose_warning"
)

// What happens to tolerances.
const (
	EvProposeTolerance = "propose_tolerance"
	EvConfirmTolerance = "confirm_tolerance"
	EvRefuseTolerance  = "refuse_tolerance"
	EvEndTolerance     = "end_tolerance"
)

// What happens to added signatures.
const (
	EvAddSigner   = "add_signer"
	EvAnswerAdded = "answer_added"
	EvCancelAdded = "cancel_added"
	EvCounter     = "countersign"   // the last binding signature has come: the approval takes effect
	EvUncounter   = "uncountersign" // a binding signer disagrees: the approval takes no effect
)

// Chain seals e: its hash, by the digest, takes in the hash before it.
func (e *Event) Chain(head string, by Digest) error {
	e.Hash, e.Redacted = "", ""
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event %d of %s: %w", e.Seq, e.Issue, err)
	}
	if e.Hash, err = by.Sum([]byte(head), text); err != nil {
		return fmt.Errorf("event %d of %s: %w", e.Seq, e.Issue, err)
	}
	return nil
}

// VerifyChain checks events in order from the first one and names the first
// that is missing, out of order, or not what was written.
func VerifyChain(events []Event, head string) error {
	var links Links
	for k, e := range events {
		if e.Seq != int64(k+1) {
			return fmt.Errorf("event %d of issue %s: found number %d in its place", k+1, e.Issue, e.Seq)
		}
		ok, err := links.Next(e)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("event %d of issue %s is not what was written", e.Seq, e.Issue)
		}
	}
	if links.last != head {
		return fmt.Errorf("the trail ends at event %d, not at the issue's head", len(events))
	}
	if n := links.Unvouched(); n != 0 {
		return fmt.Errorf("event %d was redacted, and no later one says so", n)
	}
	return nil
}
