package eventlog

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Transition is what an event did to its activity, in the standard lifecycle model of XES (活动状态变化).
type Transition string

const (
	Schedule Transition = "schedule"  // it is to be done: received
	Assign   Transition = "assign"    // it was given to somebody
	Reassign Transition = "reassign"  // to somebody else
	Start    Transition = "start"     // somebody took it up: claimed
	Suspend  Transition = "suspend"   // its clock was stopped
	Resume   Transition = "resume"    // its clock goes on
	Complete Transition = "complete"  // it was answered
	Withdraw Transition = "withdraw"  // it was taken back before somebody took it up
	Abort    Transition = "ate_abort" // it was taken back while somebody had it
)

var transitions = []Transition{Schedule, Assign, Reassign, Start, Suspend, Resume, Complete, Withdraw, Abort}

// Case is an issue (事项), a trace of XES.
type Case struct {
	ID string
	// Project, District and Kind group cases. They are left out when empty.
	Project, District, Kind string
	Events                  []Event
}

// Event is one thing that happened. What is empty is left out, but for Activity and At.
type Event struct {
	// Activity is what was done, the same words for the same thing (concept:name).
	Activity string
	At       time.Time
	// Transition is Complete when empty: a thing without duration.
	Transition Transition
	// Instance tells two pieces of one activity in a case apart, such as a sign-off's number (concept:instance).
	Instance string
	// Resource is who did it (org:resource), Role as what (org:role), Department where (org:group).
	Resource, Role, Department string
	// Item is the approval item, Outcome how it was answered.
	Item, Outcome string
}

// beijing is where the times of a log are.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

func (e Event) time() string { return e.At.In(beijing).Format("2006-01-02T15:04:05.000-07:00") }

func (e Event) transition() Transition { return cmp.Or(e.Transition, Complete) }

// checked returns the events in the order in which they are written, or an error that names what cannot be.
func (c Case) checked() ([]Event, error) {
	if c.ID == "" {
		return nil, fmt.Errorf("event log: a case has no id")
	}
	for i, e := range c.Events {
		switch {
		case e.Activity == "":
			return nil, fmt.Errorf("event log: event %d of case %q has no activity", i+1, c.ID)
		case e.At.IsZero() || e.At.Year() < 1 || e.At.Year() > 9998:
			return nil, fmt.Errorf("event log: event %d of case %q, %q, has no time", i+1, c.ID, e.Activity)
		case !slices.Contains(transitions, e.transition()):
			return nil, fmt.Errorf("event log: event %d of case %q, %q, has transition %q, which is none of XES's", i+1, c.ID, e.Activity, e.Transition)
		}
	}
	return slices.SortedStableFunc(slices.Values(c.Events), func(a, b Event) int { return a.At.Compare(b.At) }), nil
}
