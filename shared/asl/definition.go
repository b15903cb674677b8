package asl

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// A Definition is a state machine that Parse found sound. It never changes and
// may be shared between goroutines.
type Definition struct {
	// Name is the machine's name, as given to Parse.
	Name string
	// Digest is the SHA-256 of the source, in hexadecimal.
	Digest string
	// Comment is the machine's own comment.
	Comment string
	// Timeout is the top-level TimeoutSeconds, zero when there is none.
	Timeout time.Duration

	source []byte
	top    *machine
	states map[string]*state // of all nested machines: names are unique
}

// Digest is the digest Parse gives a source.
func Digest(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}

// Source returns the text from which the definition was parsed.
func (d *Definition) Source() []byte { return slices.Clone(d.source) }

// States lists the names of all states, sorted, nested ones included.
func (d *Definition) States() []string {
	out := make([]string, 0, len(d.states))
	for name := range d.states {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Functions lists the functions the definition names, sorted, each once. A
// FunctionName computed at run time is not among them.
func (d *Definition) Functions() []string {
	var out []string
	for _, s := range d.states {
		if s.kind == kindTask && s.function.static {
			out = append(out, s.function.literal.(string))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A machine is StartAt and States: the top level, a branch, an item processor.
type machine struct {
	start  *state
	states map[string]*state
	within *state // the Parallel or Map it belongs to; nil at the top
}

type stateKind uint8

const (
	kindTask stateKind = iota
	kindChoice
	kindWait
	kindPass
	kindSucceed
	kindFail
	kindParallel
	kindMap
)

var kindNames = map[string]stateKind{
	"Task": kindTask, "Choice": kindChoice, "Wait": kindWait, "Pass": kindPass,
	"Succeed": kindSucceed, "Fail": kindFail, "Parallel": kindParallel, "Map": kindMap,
}

type state struct {
	name    string
	where   string
	kind    stateKind
	machine *machine
	entered string // history event types, made once
	exited  string
	next    *state // nil at a terminal state

	input, output filterPath
	parameters    *template
	selector      *template
	result        resultPath
	assign        *assignment
	retry         []retrier
	catch         []catcher

	// Task
	callback      bool
	resource      string // as histories print it
	function      *template
	payload       *template
	timeout       int64
	timeoutPath   *path
	heartbeat     int64
	heartbeatPath *path

	// Choice
	rules []rule

	// Wait
	seconds       int64
	secondsPath   *path
	timestamp     time.Time
	timestampPath *path

	// Pass
	literal    any
	hasLiteral bool

	// Fail
	errorName, cause           string
	errorTemplate, causeFormat *template

	// Parallel, Map
	branches        []*machine
	itemsPath       *path
	itemSelector    *template
	concurrency     int64
	concurrencyPath *path
}

// filterPath is InputPath or OutputPath: nil path is "$", the whole.
type filterPath struct {
	path *path
	none bool // null: an empty object
}

// resultPath is ResultPath: no steps is "$", the result alone.
type resultPath struct {
	path *path
	none bool // null: the result is dropped
}

type assignment struct {
	names  []string
	values *template
}

type retrier struct {
	errors   []string
	interval time.Duration
	backoff  float64
	attempts int
	maxDelay time.Duration
	jitter   bool
}

type catcher struct {
	errors []string
	result resultPath
	assign *assignment
	next   *state
}
