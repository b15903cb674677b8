package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Step says what happens next. It takes over x: on return only
// Result.Execution may be used. On an error the execution in the result is
// unchanged; ErrNotLive, ErrNoTask, ErrEnded, ErrNothingDue and
// *InvalidDataError say why the event does not apply.
//
// A task whose deadline is not after now is over, also when no Wake has said so
// yet: whether an answer is in time must not depend on how late a timer fires.
// The same holds for the execution's own deadline.
func Step(def *Definition, x Execution, ev Event, now time.Time) (Result, error) {
	r := run{def: def, x: &x, now: now.UTC()}
	err := r.event(ev)
	if err == nil {
		r.drain()
	}
	return Result{Execution: x, Effects: r.effects, History: r.history}, err
}

// run is one Step under way.
type run struct {
	def     *Definition
	x       *Execution
	now     time.Time
	effects []Effect
	history []HistoryEvent
	// ready holds branches that can go on, first come first served.
	ready []move
}

type move struct {
	branch *Branch
	// enter names the state to enter; nil acts on the current one (a retry).
	enter *state
	input any
}

func (r *run) event(ev Event) error {
	x := r.x
	if ev.Kind == KindStart {
		return r.start(ev.Start)
	}
	if x.Definition != r.def.Digest {
		return fmt.Errorf("execution %s runs on definition %s, not %s", x.Name, clip(x.Definition, 12), clip(r.def.Digest, 12))
	}
	x.link()
	switch ev.Kind {
	case KindWake:
		if x.Status != Running {
			return ErrEnded
		}
		if at, ok := x.NextWake(); !ok || at.After(r.now) {
			return ErrNothingDue
		}
		r.wake()
		return nil
	case KindAbort:
		if x.Status != Running {
			return ErrEnded
		}
		r.end(Aborted, "ExecutionAborted", ev.Error, ev.Cause, r.x.Root.Last)
		return nil
	case KindResume:
		if x.Status != Running {
			return ErrEnded
		}
		x.Root.each(func(b *Branch) {
			if t := b.Task; t != nil && t.Call != nil {
				t.arm(r.now)
			}
		})
		return nil
	}
	if ev.Task < 1 || ev.Task > x.Tasks {
		return ErrNoTask
	}
	b := x.task(ev.Task)
	if b == nil || r.past(x.Deadline) || r.past(b.due()) {
		return ErrNotLive
	}
	t, s := b.Task, r.state(b)
	switch ev.Kind {
	case KindInvokeReturned:
		if t.Call == nil {
			return ErrNotLive
		}
		out, err := parseData(ev.Output)
		if err != nil {
			f := failf(LambdaUnknown, "The function's output is not JSON: %v", err)
			if errors.Is(err, errTooLarge) {
				f = failf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", b.State)
			}
			r.taskFailed(b, f)
			return nil
		}
		reply := map[string]any{"ExecutedVersion": "$LATEST", "Payload": out, "StatusCode": json.Number("200")}
		if t.Callback {
			r.record(b, HistoryEvent{Type: "TaskSubmitted", Data: reply, HasData: true, Resource: s.resource})
			t.Call = nil
			return nil
		}
		r.taskSucceeded(b, reply)
	case KindInvokeFailed:
		if t.Call == nil {
			return ErrNotLive
		}
		r.taskFailed(b, &failure{name: ev.Error, cause: ev.Cause, placed: true})
	case KindTokenSucceeded, KindTokenFailed, KindHeartbeat:
		if !t.Callback {
			return ErrNoTask
		}
		switch ev.Kind {
		case KindTokenSucceeded:
			out, err := parseData(ev.Output)
			if err != nil {
				return &InvalidDataError{What: "output", Err: err}
			}
			r.taskSucceeded(b, out)
		case KindTokenFailed:
			r.taskFailed(b, &failure{name: ev.Error, cause: ev.Cause, placed: true})
		default:
			if t.Beat > 0 {
				t.BeatDue = r.now.Add(t.Beat)
			}
		}
	default:
		return fmt.Errorf("unknown kind of event %d", ev.Kind)
	}
	return nil
}

func (r *run) past(deadline time.Time) bool { return !deadline.IsZero() && !deadline.After(r.now) }

var errTooLarge = fmt.Errorf("more than %d bytes", MaxPayload)

// parseData reads what came from outside; nothing at all is null.
func parseData(src []byte) (any, error) {
	if len(src) > MaxPayload {
		return nil, errTooLarge
	}
	if len(src) == 0 {
		return nil, nil
	}
	return ParseJSON(src)
}

func (r *run) start(s *Start) error {
	x := r.x
	if x.Status != "" {
		return fmt.Errorf("execution %s has started already", x.Name)
	}
	input, err := parseData(s.Input)
	if err != nil {
		return &InvalidDataError{What: "input", Err: err}
	}
	if len(s.Input) == 0 {
		input = map[string]any{}
	}
	*x = Execution{
		Definition: r.def.Digest, Machine: r.def.Name, ID: s.ID, Name: s.Name, MachineID: s.MachineID, Role: s.Role,
		Status: Running, StartedAt: r.now, Input: input, TokenPrefix: s.TokenPrefix, Seed: s.Seed, linked: true,
	}
	if r.def.Timeout > 0 {
		x.Deadline = r.now.Add(r.def.Timeout)
	}
	x.Root = &Branch{}
	r.record(x.Root, HistoryEvent{Type: "ExecutionStarted", Data: input, HasData: true, Role: s.Role})
	// The first state follows nothing, as Step Functions has it.
	x.Root.Last = 0
	r.push(move{branch: x.Root, enter: r.def.top.start, input: input})
	return nil
}

func (r *run) push(t move) { r.ready = append(r.ready, t) }

// drain lets branches go on until all rest.
func (r *run) drain() {
	for len(r.ready) > 0 && r.x.Status == Running {
		t := r.ready[0]
		r.ready = r.ready[1:]
		if t.branch.gone {
			continue
		}
		if r.x.Events >= MaxHistory-100 {
			r.end(Failed, "ExecutionFailed", ErrRuntime,
				fmt.Sprintf("The execution reached the maximum number of history events (%d).", MaxHistory), t.branch.Last)
			return
		}
		r.x.Transitions++
		if t.enter == nil {
			r.act(t.branch)
			continue
		}
		r.enter(t.branch, t.enter, t.input)
	}
}

func (r *run) record(b *Branch, e HistoryEvent) {
	r.x.Events++
	e.ID = r.x.Events
	e.PreviousEventID = b.Last
	e.Timestamp = r.now
	b.Last = e.ID
	if r.history == nil {
		// A plain step writes about five events.
		r.history = make([]HistoryEvent, 0, 6)
	}
	r.history = append(r.history, e)
}

func (r *run) state(b *Branch) *state { return r.def.states[b.State] }

// enter makes a branch's next state its current one.
func (r *run) enter(b *Branch, s *state, input any) {
	b.State, b.Input, b.Entered = s.name, input, r.now
	b.Tries, b.Retries = nil, 0
	r.record(b, HistoryEvent{Type: s.entered, Name: s.name, Data: input, HasData: true})
	b.EnteredBy = b.Last
	r.act(b)
}

// act does what the current state does; a retry does it again.
func (r *run) act(b *Branch) {
	s := r.state(b)
	sc := scope{x: r.x, def: r.def, branch: b}
	data, f := s.input.apply(sc, b.Input, "InputPath")
	if f != nil {
		r.fail(b, f)
		return
	}
	switch s.kind {
	case kindTask:
		r.task(b, s, sc, data)
	case kindChoice:
		r.choose(b, s, sc, data)
	case kindWait:
		r.wait(b, s, sc, data)
	case kindPass:
		result := data
		if s.parameters != nil {
			if result, f = s.parameters.eval(sc, data); f != nil {
				r.fail(b, f)
				return
			}
		}
		if s.hasLiteral {
			result = s.literal
		}
		r.succeed(b, s, result)
	case kindSucceed:
		r.leave(b, s, s.output, data, nil, data, nil)
	case kindFail:
		f := &failure{name: s.errorName, cause: s.cause, placed: true}
		for _, part := range []struct {
			t  *template
			to *string
		}{{s.errorTemplate, &f.name}, {s.causeFormat, &f.cause}} {
			if part.t == nil {
				continue
			}
			v, bad := part.t.eval(sc, b.Input)
			text, ok := v.(string)
			if bad == nil && !ok {
				bad = failf(ErrRuntime, "ErrorPath and CausePath must name strings, not %s", kindOf(v))
			}
			if bad != nil {
				f = bad
				break
			}
			*part.to = text
		}
		r.fail(b, f)
	case kindParallel:
		if s.parameters != nil {
			if data, f = s.parameters.eval(sc, data); f != nil {
				r.fail(b, f)
				return
			}
		}
		b.Fan = &Fan{Data: data, Results: make([]any, len(s.branches)), Width: len(s.branches)}
		r.record(b, HistoryEvent{Type: "ParallelStateStarted"})
		r.widen(b, s)
	case kindMap:
		r.eachItem(b, s, sc, data)
	}
}

func (p filterPath) apply(s scope, v any, field string) (any, *failure) {
	switch {
	case p.none:
		return map[string]any{}, nil
	case p.path == nil:
		return v, nil
	}
	out, ok := s.try(p.path, v)
	if !ok {
		return nil, failf(ErrRuntime, "Invalid path '%s': %s names nothing in the state's data.", p.path.src, field)
	}
	return out, nil
}

func (r *run) task(b *Branch, s *state, sc scope, data any) {
	x := r.x
	x.Tasks++
	t := &Task{N: x.Tasks, Callback: s.callback}
	if s.callback {
		sc.token = x.Token(t.N)
	}
	function, f := s.function.eval(sc, data)
	if f != nil {
		r.fail(b, f)
		return
	}
	name, ok := function.(string)
	if !ok || name == "" {
		r.fail(b, failf(ErrRuntime, "FunctionName must be a function's name, not %s.", kindOf(function)))
		return
	}
	var payload any = map[string]any{}
	if s.payload != nil {
		if payload, f = s.payload.eval(sc, data); f != nil {
			r.fail(b, f)
			return
		}
	}
	text := AppendJSON(nil, payload)
	if len(text) > MaxPayload {
		r.fail(b, failf(ErrDataLimitExceeded, "The state/task '%s' has a payload with a size exceeding the maximum number of bytes service limit.", s.name))
		return
	}
	seconds, f := limit(sc, data, s.timeout, s.timeoutPath, "TimeoutSecondsPath")
	if f != nil {
		r.fail(b, f)
		return
	}
	beat, f := limit(sc, data, s.heartbeat, s.heartbeatPath, "HeartbeatSecondsPath")
	if f != nil {
		r.fail(b, f)
		return
	}
	t.Timeout = time.Duration(seconds) * time.Second
	t.Beat = time.Duration(beat) * time.Second
	t.arm(r.now)
	t.Call = &Call{Function: name, Payload: text}
	b.Task = t
	r.record(b, HistoryEvent{
		Type: "TaskScheduled", Data: map[string]any{"FunctionName": name, "Payload": payload}, HasData: true,
		Resource: s.resource, Timeout: seconds, Beat: beat,
	})
	r.record(b, HistoryEvent{Type: "TaskStarted", Resource: s.resource})
	e := x.effect(b)
	r.effects = append(r.effects, e)
}

// arm starts the attempt's clocks.
func (t *Task) arm(now time.Time) {
	if t.Timeout > 0 {
		t.Deadline = now.Add(t.Timeout)
	}
	if t.Beat > 0 {
		t.BeatDue = now.Add(t.Beat)
	}
}

func limit(sc scope, data any, n int64, at *path, field string) (int64, *failure) {
	if at == nil {
		return n, nil
	}
	v, ok := sc.try(at, data)
	if !ok {
		return 0, failf(ErrRuntime, "Invalid path '%s': %s names nothing in the state's input.", at.src, field)
	}
	n, ok = integerOf(v)
	if !ok || n < 1 || n > maxSeconds {
		return 0, failf(ErrRuntime, "%s '%s' must name a positive whole number, not %s.", field, at.src, clip(string(AppendJSON(nil, v)), 100))
	}
	return n, nil
}

func (r *run) taskSucceeded(b *Branch, result any) {
	s := r.state(b)
	r.record(b, HistoryEvent{Type: "TaskSucceeded", Data: result, HasData: true, Resource: s.resource})
	b.Task = nil
	r.succeed(b, s, result)
}

func (r *run) taskFailed(b *Branch, f *failure) {
	r.record(b, HistoryEvent{Type: "TaskFailed", Error: f.name, Cause: f.cause, Resource: r.state(b).resource})
	r.fail(b, f)
}

func (r *run) choose(b *Branch, s *state, sc scope, data any) {
	for i := range s.rules {
		rule := &s.rules[i]
		if rule.test != nil {
			ok, f := rule.test.holds(sc, data)
			if f != nil {
				r.fail(b, f)
				return
			}
			if !ok {
				continue
			}
		}
		r.leave(b, s, s.output, data, rule.assign, data, rule.next)
		return
	}
	r.fail(b, failf(ErrNoChoiceMatched, "The state '%s' has no rule that matches and no Default.", s.name))
}

func (r *run) wait(b *Branch, s *state, sc scope, data any) {
	switch {
	case s.secondsPath != nil:
		v, ok := sc.try(s.secondsPath, data)
		n, whole := integerOf(v)
		if !ok || !whole || n < 0 || n > maxSeconds {
			r.fail(b, failf(ErrRuntime, "SecondsPath '%s' must name a whole number of seconds.", s.secondsPath.src))
			return
		}
		b.Due = r.now.Add(time.Duration(n) * time.Second)
	case s.timestampPath != nil:
		v, _ := sc.try(s.timestampPath, data)
		at, ok := timeOf(v)
		if !ok {
			r.fail(b, failf(ErrRuntime, "TimestampPath '%s' must name an RFC 3339 time.", s.timestampPath.src))
			return
		}
		b.Due = wholeMilli(at)
	case !s.timestamp.IsZero():
		b.Due = wholeMilli(s.timestamp)
	default:
		b.Due = r.now.Add(time.Duration(s.seconds) * time.Second)
	}
	if r.past(b.Due) {
		r.waited(b, s)
	}
}

// wholeMilli rounds up: timers keep time in milliseconds, as Step Functions does.
func wholeMilli(t time.Time) time.Time {
	return t.UTC().Add(time.Millisecond - 1).Truncate(time.Millisecond)
}

func (r *run) waited(b *Branch, s *state) {
	b.Due = time.Time{}
	sc := scope{x: r.x, def: r.def, branch: b}
	data, f := s.input.apply(sc, b.Input, "InputPath")
	if f != nil {
		r.fail(b, f)
		return
	}
	r.leave(b, s, s.output, data, s.assign, data, s.next)
}

func (r *run) eachItem(b *Branch, s *state, sc scope, data any) {
	items := data
	if s.itemsPath != nil {
		var ok bool
		if items, ok = sc.try(s.itemsPath, data); !ok {
			r.fail(b, failf(ErrRuntime, "Invalid path '%s': ItemsPath names nothing in the state's input.", s.itemsPath.src))
			return
		}
	}
	list, ok := items.([]any)
	if !ok {
		r.fail(b, failf(ErrRuntime, "The Map state '%s' needs an array, not %s.", s.name, kindOf(items)))
		return
	}
	width := s.concurrency
	if s.concurrencyPath != nil {
		v, ok := sc.try(s.concurrencyPath, data)
		n, whole := integerOf(v)
		if !ok || !whole || n < 0 {
			r.fail(b, failf(ErrRuntime, "MaxConcurrencyPath '%s' must name a whole number.", s.concurrencyPath.src))
			return
		}
		width = n
	}
	if width == 0 || width > MaxInline {
		width = MaxInline
	}
	b.Fan = &Fan{Items: list, Data: data, Results: make([]any, len(list)), Width: int(width)}
	r.record(b, HistoryEvent{Type: "MapStateStarted", Length: len(list)})
	if len(list) == 0 {
		r.fanned(b, s)
		return
	}
	r.widen(b, s)
}

// widen starts branches until enough of them run.
func (r *run) widen(b *Branch, s *state) {
	fan := b.Fan
	// All of them follow the event that started the fan, or the iteration that
	// made room.
	last := b.Last
	for fan.Started < len(fan.Results) && len(fan.Live) < fan.Width {
		c := &Branch{parent: b, Index: fan.Started, Last: last}
		m := s.branches[0]
		input := fan.Data
		if s.kind == kindMap {
			c.Item = &Box{fan.Items[c.Index]}
			input = c.Item.Value
			if s.itemSelector != nil {
				sc := scope{x: r.x, def: r.def, branch: b, item: c}
				v, f := s.itemSelector.eval(sc, fan.Data)
				if f != nil {
					r.fail(b, f)
					return
				}
				input = v
			}
			r.record(c, HistoryEvent{Type: "MapIterationStarted", Name: s.name, Index: c.Index})
		} else {
			m = s.branches[fan.Started]
		}
		fan.Started++
		fan.Live = append(fan.Live, c)
		r.push(move{branch: c, enter: m.start, input: input})
	}
}

// finished takes the output of a branch whose terminal state succeeded.
func (r *run) finished(c *Branch, output any) {
	b := c.parent
	if b == nil {
		x := r.x
		r.record(c, HistoryEvent{Type: "ExecutionSucceeded", Data: output, HasData: true})
		x.Status, x.Output, x.EndedAt, x.Root = Succeeded, output, r.now, nil
		return
	}
	s, fan := r.state(b), b.Fan
	if s.kind == kindMap {
		r.record(c, HistoryEvent{Type: "MapIterationSucceeded", Name: s.name, Index: c.Index})
	}
	c.gone = true
	fan.Live = slices.DeleteFunc(fan.Live, func(l *Branch) bool { return l == c })
	fan.Results[c.Index] = output
	fan.Done++
	b.Last = c.Last
	if fan.Done == len(fan.Results) {
		r.fanned(b, s)
		return
	}
	r.widen(b, s)
}

func (r *run) fanned(b *Branch, s *state) {
	results := b.Fan.Results
	b.Fan = nil
	typ := "ParallelStateSucceeded"
	if s.kind == kindMap {
		typ = "MapStateSucceeded"
	}
	r.record(b, HistoryEvent{Type: typ})
	r.succeed(b, s, any(results))
}

// succeed takes a Task's, Pass's, Parallel's or Map's result to its output.
func (r *run) succeed(b *Branch, s *state, result any) {
	sc := scope{x: r.x, def: r.def, branch: b}
	if s.selector != nil {
		var f *failure
		if result, f = s.selector.eval(sc, result); f != nil {
			r.fail(b, f)
			return
		}
	}
	out, f := s.result.apply(b.Input, result)
	if f != nil {
		r.fail(b, f)
		return
	}
	r.leave(b, s, s.output, out, s.assign, result, s.next)
}

func (p resultPath) apply(input, result any) (any, *failure) {
	switch {
	case p.none:
		return input, nil
	case p.path == nil || len(p.path.steps) == 0:
		return result, nil
	}
	out, ok := place(input, p.path.steps, result)
	if !ok {
		return nil, failf(ErrResultPathMatchFailure, "Unable to apply ResultPath '%s' to the state's input.", p.path.src)
	}
	return out, nil
}

// leave ends a state: OutputPath, variables, the size limit, history, and on to
// the next state or the end of the machine.
func (r *run) leave(b *Branch, s *state, filter filterPath, out any, assign *assignment, assignFrom any, next *state) {
	sc := scope{x: r.x, def: r.def, branch: b}
	out, f := filter.apply(sc, out, "OutputPath")
	if f == nil && sizeJSON(out) > MaxPayload {
		f = failf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", s.name)
	}
	var vars map[string]any
	if f == nil && assign != nil {
		vars, f = assign.eval(sc, assignFrom)
	}
	if f != nil {
		r.fail(b, f)
		return
	}
	r.exit(b, s, out, vars, next)
}

func (a *assignment) eval(sc scope, data any) (map[string]any, *failure) {
	v, f := a.values.eval(sc, data)
	if f != nil {
		return nil, f
	}
	vars := v.(map[string]any)
	if sizeJSON(vars) > MaxPayload {
		return nil, failf(ErrDataLimitExceeded, "The variables assigned by the state '%s' exceed the maximum number of bytes service limit.", sc.branch.State)
	}
	return vars, nil
}

func (r *run) exit(b *Branch, s *state, out any, vars map[string]any, next *state) {
	if len(vars) > 0 {
		all := make(map[string]any, len(b.Vars)+len(vars))
		for k, v := range b.Vars {
			all[k] = v
		}
		for k, v := range vars {
			all[k] = v
		}
		b.Vars = all
	}
	r.record(b, HistoryEvent{Type: s.exited, Name: s.name, Data: out, HasData: true, Assigned: vars})
	if next == nil {
		r.finished(b, out)
		return
	}
	r.push(move{branch: b, enter: next, input: out})
}

// fail handles an error in a branch's current state: retry, catch, or hand it
// to the state above.
func (r *run) fail(b *Branch, f *failure) {
	s := r.state(b)
	r.quiet(b)
	if f.name == ErrRuntime && !f.placed {
		f.cause = fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", b.State, b.EnteredBy, f.cause)
		f.placed = true
	}
	for i := range s.retry {
		t := &s.retry[i]
		if !f.matchesAny(t.errors) {
			continue
		}
		if b.Tries == nil {
			b.Tries = make([]int, len(s.retry))
		}
		if b.Tries[i] >= t.attempts {
			break
		}
		b.Due = r.now.Add(r.delay(t, b.Tries[i]))
		b.Tries[i]++
		b.Retries++
		b.Retry = true
		if r.past(b.Due) {
			b.Due, b.Retry = time.Time{}, false
			r.push(move{branch: b})
		}
		return
	}
	for i := range s.catch {
		c := &s.catch[i]
		if !f.matchesAny(c.errors) {
			continue
		}
		output := map[string]any{"Error": f.name, "Cause": f.cause}
		out, bad := c.result.apply(b.Input, output)
		var vars map[string]any
		if bad == nil && c.assign != nil {
			vars, bad = c.assign.eval(scope{x: r.x, def: r.def, branch: b}, output)
		}
		if bad == nil && sizeJSON(out) > MaxPayload {
			bad = failf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", s.name)
		}
		if bad != nil {
			// A catcher that fails itself is not caught by its own state.
			f = bad
			break
		}
		r.exit(b, s, out, vars, c.next)
		return
	}
	r.hand(b, f)
}

// hand gives an error nobody here handled to the Parallel or Map above, which
// stops the other branches, or ends the execution.
func (r *run) hand(c *Branch, f *failure) {
	b := c.parent
	if b == nil {
		r.end(Failed, "ExecutionFailed", f.name, f.cause, c.Last)
		return
	}
	s := r.state(b)
	if s.kind == kindMap {
		r.record(c, HistoryEvent{Type: "MapIterationFailed", Name: s.name, Index: c.Index})
	}
	c.gone = true
	last := c.Last
	b.Fan.Live = slices.DeleteFunc(b.Fan.Live, func(l *Branch) bool { return l == c })
	r.quiet(b)
	b.Last = last
	typ := "ParallelStateFailed"
	if s.kind == kindMap {
		typ = "MapStateFailed"
	}
	r.record(b, HistoryEvent{Type: typ, Error: f.name, Cause: f.cause})
	r.fail(b, &failure{name: f.name, cause: f.cause, branch: true, placed: true})
}

// quiet ends whatever the branch's state was waiting for. Branches below it stop
// where they are, and their tokens die.
func (r *run) quiet(b *Branch) {
	b.Task, b.Due, b.Retry = nil, time.Time{}, false
	if b.Fan == nil {
		return
	}
	s := r.state(b)
	for _, c := range b.Fan.Live {
		r.abort(c)
		if s.kind == kindMap {
			r.record(c, HistoryEvent{Type: "MapIterationAborted", Name: s.name, Index: c.Index})
		}
	}
	b.Fan = nil
}

func (r *run) abort(c *Branch) {
	c.gone = true
	resting := c.Task != nil || !c.Due.IsZero() || c.Fan != nil
	if c.State != "" {
		s := r.state(c)
		r.quiet(c)
		if resting {
			switch s.kind {
			case kindTask:
				r.record(c, HistoryEvent{Type: "TaskStateAborted"})
			case kindWait:
				r.record(c, HistoryEvent{Type: "WaitStateAborted"})
			case kindParallel:
				r.record(c, HistoryEvent{Type: "ParallelStateAborted"})
			case kindMap:
				r.record(c, HistoryEvent{Type: "MapStateAborted"})
			}
		}
	}
}

// end ends the execution otherwise than by success.
func (r *run) end(status Status, typ, errName, cause string, last int64) {
	x := r.x
	root := x.Root
	root.Last = last
	r.record(root, HistoryEvent{Type: typ, Error: errName, Cause: cause})
	x.Status, x.Error, x.Cause, x.EndedAt, x.Root = status, errName, cause, r.now, nil
	r.effects, r.ready = nil, nil
}

// delay is how long a retrier waits before its nth retry, n from 0.
func (r *run) delay(t *retrier, n int) time.Duration {
	d := float64(t.interval) * math.Pow(t.backoff, float64(n))
	most := float64(maxSeconds * time.Second)
	if t.maxDelay > 0 {
		most = float64(t.maxDelay)
	}
	out := time.Duration(math.Min(d, most)).Truncate(time.Millisecond)
	if t.jitter {
		out = time.Duration(r.x.draw()%uint64(out/time.Millisecond+1)) * time.Millisecond
	}
	return out
}

// wake fires every timer that is due, the earliest first; of equals the
// execution's own first, then branches in their order.
func (r *run) wake() {
	for r.x.Status == Running {
		var first *Branch
		at := r.x.Deadline
		r.x.Root.each(func(b *Branch) {
			if due := b.due(); !due.IsZero() && (at.IsZero() || due.Before(at)) {
				first, at = b, due
			}
		})
		if !r.past(at) {
			return
		}
		if first == nil {
			r.end(TimedOut, "ExecutionTimedOut", ErrTimeout, "", r.x.Root.Last)
			return
		}
		s := r.state(first)
		switch t := first.Task; {
		case t != nil:
			f := &failure{name: ErrTimeout}
			if at.Equal(t.BeatDue) && !at.Equal(t.Deadline) {
				f.name = ErrHeartbeatTimeout
			}
			r.record(first, HistoryEvent{Type: "TaskTimedOut", Error: f.name, Resource: s.resource})
			r.fail(first, f)
		case first.Retry:
			first.Due, first.Retry = time.Time{}, false
			r.push(move{branch: first})
		default:
			r.waited(first, s)
		}
		r.drain()
	}
}
