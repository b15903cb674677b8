package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxSource is Step Functions' limit for a definition.
const maxSource = 1 << 20

// Parse reads a definition. All problems it finds are reported together, each
// naming its place: state, field, value.
func Parse(name string, src []byte) (*Definition, error) {
	if len(src) > maxSource {
		return nil, fmt.Errorf("%s: definition of %d bytes exceeds %d", name, len(src), maxSource)
	}
	v, err := decode(src, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	top, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: a definition is an object, not %s", name, kindOf(v))
	}
	p := &parser{def: &Definition{
		Name: name, Digest: Digest(src), source: slices.Clone(src), states: map[string]*state{},
	}}
	p.top(top)
	if len(p.problems) > 0 {
		for i, e := range p.problems {
			p.problems[i] = fmt.Errorf("%s: %w", name, e)
		}
		return nil, errors.Join(p.problems...)
	}
	return p.def, nil
}

type parser struct {
	def      *Definition
	problems []error
}

func (p *parser) bad(where, format string, args ...any) {
	// Everything after the first hundred repeats the same misunderstanding.
	if len(p.problems) < 100 {
		p.problems = append(p.problems, fmt.Errorf("%s %s", where, fmt.Sprintf(format, args...)))
	}
}

// fields is a JSON object being read; what nobody asked for is refused at done.
type fields struct {
	p     *parser
	where string
	m     map[string]any
	asked map[string]bool
}

func (p *parser) fields(where string, m map[string]any) *fields {
	return &fields{p: p, where: where, m: m, asked: map[string]bool{}}
}

func (f *fields) bad(field, format string, args ...any) {
	where := f.where
	if where == "" {
		where = "definition"
	}
	f.p.bad(where, "field %q %s", field, fmt.Sprintf(format, args...))
}

func (f *fields) has(field string) bool {
	_, ok := f.m[field]
	return ok
}

func (f *fields) get(field string) (any, bool) {
	f.asked[field] = true
	v, ok := f.m[field]
	return v, ok
}

func (f *fields) text(field string) (string, bool) {
	v, ok := f.get(field)
	if !ok {
		return "", false
	}
	s, ok := v.(string)
	if !ok {
		f.bad(field, "must be a string, not %s", kindOf(v))
	}
	return s, ok
}

func (f *fields) flag(field string) bool {
	v, ok := f.get(field)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		f.bad(field, "must be true or false, not %s", kindOf(v))
	}
	return b
}

func (f *fields) whole(field string, lo, hi int64) (int64, bool) {
	v, ok := f.get(field)
	if !ok {
		return 0, false
	}
	n, ok := integerOf(v)
	if !ok || n < lo || n > hi {
		f.bad(field, "value %s is not a whole number from %d to %d", AppendJSON(nil, v), lo, hi)
		return 0, false
	}
	return n, true
}

func (f *fields) path(field string) *path {
	s, ok := f.text(field)
	if !ok {
		return nil
	}
	at, err := compilePath(s)
	if err != nil {
		f.bad(field, "%v", err)
		return nil
	}
	return at
}

func (f *fields) reference(field string) *path {
	s, ok := f.text(field)
	if !ok {
		return nil
	}
	at, err := compileReference(s)
	if err != nil {
		f.bad(field, "%v", err)
		return nil
	}
	return at
}

func (f *fields) filter(field string) filterPath {
	if v, ok := f.get(field); ok && v == nil {
		return filterPath{none: true}
	}
	at := f.path(field)
	if at != nil && at.root == rootData && len(at.steps) == 0 {
		at = nil
	}
	return filterPath{path: at}
}

func (f *fields) resultPath() resultPath {
	if v, ok := f.get("ResultPath"); ok && v == nil {
		return resultPath{none: true}
	}
	at := f.reference("ResultPath")
	if at == nil {
		return resultPath{}
	}
	if at.root != rootData {
		f.bad("ResultPath", "value %q writes outside the state's data", at.src)
	}
	return resultPath{path: at}
}

func (f *fields) template(field string) *template {
	v, ok := f.get(field)
	if !ok {
		return nil
	}
	if _, ok := v.(map[string]any); !ok {
		f.bad(field, "must be an object, not %s", kindOf(v))
		return nil
	}
	return compileTemplate(v, field, func(where, format string, args ...any) {
		f.p.bad(f.where, "field %q %s", where, fmt.Sprintf(format, args...))
	})
}

func (f *fields) objects(field string) []*fields {
	v, ok := f.get(field)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		f.bad(field, "must be an array, not %s", kindOf(v))
		return nil
	}
	var out []*fields
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			f.bad(fmt.Sprintf("%s[%d]", field, i), "must be an object, not %s", kindOf(e))
			continue
		}
		out = append(out, f.p.fields(fmt.Sprintf("%s.%s[%d]", f.where, field, i), m))
	}
	return out
}

// refuse names fields which AWS knows and this package does not run.
func (f *fields) refuse(why string, names ...string) {
	for _, n := range names {
		if _, ok := f.m[n]; ok {
			f.asked[n] = true
			f.bad(n, "is not supported: %s", why)
		}
	}
}

func (f *fields) done() {
	var rest []string
	for k := range f.m {
		if !f.asked[k] {
			rest = append(rest, k)
		}
	}
	slices.Sort(rest)
	for _, k := range rest {
		f.bad(k, "is unknown here")
	}
}

func (p *parser) top(m map[string]any) {
	f := p.fields("", m)
	p.def.Comment, _ = f.text("Comment")
	if v, ok := f.text("Version"); ok && v != "1.0" {
		f.bad("Version", "value %q is not \"1.0\"", v)
	}
	p.queryLanguage(f)
	if n, ok := f.whole("TimeoutSeconds", 1, maxSeconds); ok {
		p.def.Timeout = time.Duration(n) * time.Second
	}
	p.def.top = p.machine(f, nil)
	f.done()
	p.checkVariables(p.def.top, nil)
}

// maxSeconds is the States Language's longest timeout.
const maxSeconds = 99999999

func (p *parser) queryLanguage(f *fields) {
	if v, ok := f.text("QueryLanguage"); ok && v != "JSONPath" {
		f.bad("QueryLanguage", "value %q is not supported: only JSONPath is", v)
	}
}

// machine reads StartAt and States and leaves other fields to the caller.
func (p *parser) machine(f *fields, within *state) *machine {
	m := &machine{states: map[string]*state{}, within: within}
	start, hasStart := f.text("StartAt")
	if !hasStart && !f.has("StartAt") {
		f.bad("StartAt", "is missing")
	}
	v, ok := f.get("States")
	if !ok {
		f.bad("States", "is missing")
		return m
	}
	bodies, ok := v.(map[string]any)
	if !ok || len(bodies) == 0 {
		f.bad("States", "must be an object with at least one state")
		return m
	}
	names := make([]string, 0, len(bodies))
	for name := range bodies {
		names = append(names, name)
	}
	slices.Sort(names)
	prefix := f.where
	if prefix != "" {
		prefix += "."
	}
	for _, name := range names {
		s := &state{name: name, where: prefix + "States." + name, machine: m}
		m.states[name] = s
		if n := len([]rune(name)); n == 0 || n > 80 {
			p.bad(s.where, "has a name of %d characters: 1 to 80 are allowed", n)
		}
		if first, dup := p.def.states[name]; dup {
			p.bad(s.where, "has the name of %s: names are unique in the whole file", first.where)
			continue
		}
		p.def.states[name] = s
	}
	if hasStart {
		m.start = p.target(f, "StartAt", start, m)
	}
	links := map[*state][]*state{}
	terminal := false
	for _, name := range names {
		s := m.states[name]
		body, ok := bodies[name].(map[string]any)
		if !ok {
			p.bad(s.where, "must be an object, not %s", kindOf(bodies[name]))
			continue
		}
		p.state(s, p.fields(s.where, body))
		for _, next := range append(s.targets(), s.next) {
			if next != nil {
				links[s] = append(links[s], next)
			}
		}
		if s.next == nil && s.kind != kindChoice {
			terminal = true
		}
	}
	if !terminal && len(p.problems) == 0 {
		f.bad("States", "has no state that ends it: End, Succeed or Fail")
	}
	if m.start != nil {
		reached := map[*state]bool{m.start: true}
		for queue := []*state{m.start}; len(queue) > 0; {
			s := queue[0]
			queue = queue[1:]
			for _, next := range links[s] {
				if !reached[next] {
					reached[next] = true
					queue = append(queue, next)
				}
			}
		}
		for _, name := range names {
			if s := m.states[name]; !reached[s] {
				p.bad(s.where, "cannot be reached from StartAt %q", start)
			}
		}
	}
	return m
}

// targets are the states to which a state goes otherwise than by Next.
func (s *state) targets() []*state {
	var out []*state
	for i := range s.catch {
		out = append(out, s.catch[i].next)
	}
	for i := range s.rules {
		out = append(out, s.rules[i].next)
	}
	return out
}

func (p *parser) target(f *fields, field, name string, m *machine) *state {
	s := m.states[name]
	if s == nil {
		f.bad(field, "value %q is not in States", name)
	}
	return s
}

func (p *parser) state(s *state, f *fields) {
	f.text("Comment")
	p.queryLanguage(f)
	typ, ok := f.text("Type")
	if !ok {
		if !f.has("Type") {
			f.bad("Type", "is missing")
		}
		return
	}
	kind, ok := kindNames[typ]
	if !ok {
		f.bad("Type", "value %q is not a state type", typ)
		return
	}
	s.kind = kind
	s.entered, s.exited = typ+"StateEntered", typ+"StateExited"
	f.refuse("it belongs to JSONata", "Arguments", "Output", "Condition", "Items")
	if kind != kindFail {
		s.input = f.filter("InputPath")
		s.output = f.filter("OutputPath")
	}
	switch kind {
	case kindTask, kindPass, kindParallel, kindMap, kindWait:
		p.transition(s, f)
		s.assign = p.assignment(f)
	case kindChoice:
		s.assign = p.assignment(f)
	}
	switch kind {
	case kindTask, kindPass, kindParallel, kindMap:
		s.result = f.resultPath()
	}
	switch kind {
	case kindTask, kindParallel, kindMap:
		s.selector = f.template("ResultSelector")
		p.retry(s, f)
		p.catch(s, f)
	}
	switch kind {
	case kindTask:
		p.task(s, f)
	case kindChoice:
		p.choice(s, f)
	case kindWait:
		p.wait(s, f)
	case kindPass:
		s.literal, s.hasLiteral = f.get("Result")
		s.parameters = f.template("Parameters")
	case kindFail:
		p.fail(s, f)
	case kindParallel:
		p.parallel(s, f)
	case kindMap:
		p.eachItem(s, f)
	}
	f.done()
}

func (p *parser) transition(s *state, f *fields) {
	next, hasNext := f.text("Next")
	end := f.flag("End")
	switch {
	case f.has("Next") && f.has("End"):
		f.bad("Next", "and \"End\" exclude each other")
	case hasNext:
		s.next = p.target(f, "Next", next, s.machine)
	case !end && !f.has("Next"):
		f.bad("Next", "is missing: a state goes on with Next or ends with \"End\": true")
	}
}

var variableName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

func (p *parser) assignment(f *fields) *assignment {
	v, ok := f.m["Assign"]
	if !ok {
		return nil
	}
	t := f.template("Assign")
	m, ok := v.(map[string]any)
	if !ok || t == nil {
		return nil
	}
	a := &assignment{values: t}
	for k := range m {
		name := strings.TrimSuffix(k, ".$")
		if !variableName.MatchString(name) || len(name) > 80 || name == "states" {
			f.bad("Assign."+k, "is not a variable name")
		}
		a.names = append(a.names, name)
	}
	slices.Sort(a.names)
	return a
}

// checkVariables refuses a nested machine that assigns a variable which an
// enclosing machine assigns too, and reads of variables nobody assigns.
func (p *parser) checkVariables(m *machine, outer map[string]*machine) {
	visible := map[string]*machine{}
	for k, v := range outer {
		visible[k] = v
	}
	names := make([]string, 0, len(m.states))
	for name := range m.states {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := m.states[name]
		for _, a := range s.assignments() {
			for _, v := range a.names {
				if owner := visible[v]; owner != nil && owner != m {
					p.bad(s.where, "field \"Assign\" value %q is a variable of an enclosing scope: it can be read here, not assigned", v)
				}
				visible[v] = m
			}
		}
	}
	for _, name := range names {
		s := m.states[name]
		s.paths(func(at *path) {
			if at.root == rootVariable && visible[at.variable] == nil {
				p.bad(s.where, "reads %q, which no state assigns in this scope", at.src)
			}
		})
		for _, b := range s.branches {
			p.checkVariables(b, visible)
		}
	}
}

func (s *state) assignments() []*assignment {
	var out []*assignment
	add := func(a *assignment) {
		if a != nil {
			out = append(out, a)
		}
	}
	add(s.assign)
	for i := range s.catch {
		add(s.catch[i].assign)
	}
	for i := range s.rules {
		add(s.rules[i].assign)
	}
	return out
}

// paths calls use for every path the state evaluates itself.
func (s *state) paths(use func(*path)) {
	one := func(ps ...*path) {
		for _, at := range ps {
			if at != nil {
				use(at)
			}
		}
	}
	one(s.input.path, s.output.path, s.timeoutPath, s.heartbeatPath, s.secondsPath,
		s.timestampPath, s.itemsPath, s.concurrencyPath)
	for _, t := range []*template{s.parameters, s.selector, s.function, s.payload, s.errorTemplate, s.causeFormat, s.itemSelector} {
		t.paths(use)
	}
	for _, a := range s.assignments() {
		a.values.paths(use)
	}
	for i := range s.rules {
		s.rules[i].test.paths(use)
	}
}

func (p *parser) errorEquals(f *fields, last bool) []string {
	v, ok := f.get("ErrorEquals")
	if !ok {
		f.bad("ErrorEquals", "is missing")
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		f.bad("ErrorEquals", "must be an array with at least one error name")
		return nil
	}
	var out []string
	for _, e := range list {
		name, ok := e.(string)
		switch {
		case !ok || name == "":
			f.bad("ErrorEquals", "must hold error names, not %s", AppendJSON(nil, e))
			continue
		case name == ErrAll && len(list) > 1:
			f.bad("ErrorEquals", "value \"States.ALL\" must stand alone")
		case name == ErrAll && !last:
			f.bad("ErrorEquals", "value \"States.ALL\" must stand in the last entry")
		case name == ErrRuntime:
			f.bad("ErrorEquals", "value \"States.Runtime\" cannot be retried or caught")
		case strings.HasPrefix(name, "States.") && !slices.Contains(reservedNames, name):
			f.bad("ErrorEquals", "value %q is not one of the reserved States. names", name)
		}
		out = append(out, name)
	}
	return out
}

var reservedNames = []string{
	ErrAll, ErrTimeout, ErrHeartbeatTimeout, ErrTaskFailed, ErrPermissions, ErrRuntime, ErrDataLimitExceeded,
	ErrNoChoiceMatched, ErrParameterPathFailure, ErrResultPathMatchFailure, ErrIntrinsicFailure, ErrBranchFailed,
	"States.ItemReaderFailed", "States.ResultWriterFailed", "States.ExceedToleratedFailureThreshold",
	"States.QueryEvaluationError", "States.Http.Socket",
}

func (p *parser) retry(s *state, f *fields) {
	list := f.objects("Retry")
	for i, r := range list {
		out := retrier{interval: time.Second, backoff: 2, attempts: 3}
		r.text("Comment")
		out.errors = p.errorEquals(r, i == len(list)-1)
		if n, ok := r.whole("IntervalSeconds", 1, maxSeconds); ok {
			out.interval = time.Duration(n) * time.Second
		}
		if n, ok := r.whole("MaxAttempts", 0, maxSeconds); ok {
			out.attempts = int(n)
		}
		if v, ok := r.get("BackoffRate"); ok {
			n, isNumber := v.(json.Number)
			if !isNumber || toFloat(n) < 1 || toFloat(n) > 1e6 {
				r.bad("BackoffRate", "value %s is not a number of at least 1", AppendJSON(nil, v))
			} else {
				out.backoff = toFloat(n)
			}
		}
		if n, ok := r.whole("MaxDelaySeconds", 1, 31622400); ok {
			out.maxDelay = time.Duration(n) * time.Second
			if out.maxDelay <= out.interval && r.has("IntervalSeconds") {
				r.bad("MaxDelaySeconds", "value %d is not greater than IntervalSeconds", n)
			}
		}
		if v, ok := r.text("JitterStrategy"); ok {
			if v != "FULL" && v != "NONE" {
				r.bad("JitterStrategy", "value %q is neither FULL nor NONE", v)
			}
			out.jitter = v == "FULL"
		}
		r.done()
		s.retry = append(s.retry, out)
	}
}

func (p *parser) catch(s *state, f *fields) {
	list := f.objects("Catch")
	for i, c := range list {
		var out catcher
		c.text("Comment")
		c.refuse("it belongs to JSONata", "Output")
		out.errors = p.errorEquals(c, i == len(list)-1)
		out.result = c.resultPath()
		out.assign = p.assignment(c)
		if next, ok := c.text("Next"); ok {
			out.next = p.target(c, "Next", next, s.machine)
		} else if !c.has("Next") {
			c.bad("Next", "is missing")
		}
		c.done()
		s.catch = append(s.catch, out)
	}
}

var invokeARN = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):states:::lambda:(invoke(?:\.waitForTaskToken)?)$`)

func (p *parser) task(s *state, f *fields) {
	f.refuse("functions run with the program's own rights", "Credentials")
	if arn, ok := f.text("Resource"); ok {
		if m := invokeARN.FindStringSubmatch(arn); m == nil {
			f.bad("Resource", "value %q is not supported: only arn:<partition>:states:::lambda:invoke and lambda:invoke.waitForTaskToken are", arn)
		} else {
			s.resource = m[2]
			s.callback = m[2] != "invoke"
		}
	} else if !f.has("Resource") {
		f.bad("Resource", "is missing")
	}
	p.limit(f, "TimeoutSeconds", &s.timeout, &s.timeoutPath)
	p.limit(f, "HeartbeatSeconds", &s.heartbeat, &s.heartbeatPath)
	if s.heartbeat > 0 && s.timeout > 0 && s.heartbeat >= s.timeout {
		f.bad("HeartbeatSeconds", "value %d is not smaller than TimeoutSeconds %d", s.heartbeat, s.timeout)
	}
	if (s.heartbeat > 0 || s.heartbeatPath != nil) && !s.callback && s.resource != "" {
		f.bad("HeartbeatSeconds", "needs lambda:invoke.waitForTaskToken: a plain call has no token to send it with")
	}
	v, ok := f.m["Parameters"].(map[string]any)
	if !ok {
		f.asked["Parameters"] = true
		f.bad("Parameters", "must be an object with FunctionName")
		return
	}
	f.asked["Parameters"] = true
	q := p.fields(f.where+".Parameters", v)
	q.refuse("only FunctionName and Payload are", "InvocationType", "Qualifier", "LogType", "ClientContext", "TenantId")
	s.function = p.either(q, "FunctionName")
	if s.function == nil {
		q.bad("FunctionName", "is missing")
	} else if s.function.static {
		if name, ok := s.function.literal.(string); !ok || name == "" {
			q.bad("FunctionName", "must be a function's name")
		}
	}
	s.payload = p.either(q, "Payload")
	q.done()
	if s.callback && !readsToken(s.payload) {
		f.bad("Parameters", "never passes $$.Task.Token on, so nobody could answer")
	}
}

// readsToken looks for a path which holds the token: $$, $$.Task, $$.Task.Token.
func readsToken(t *template) bool {
	found := false
	t.paths(func(at *path) {
		if at.root != rootContext {
			return
		}
		n := len(at.steps)
		found = found || n == 0 || !at.definite || at.steps[0].name == "Task"
	})
	return found
}

// either reads field as a literal template or field.$ as an expression.
func (p *parser) either(f *fields, field string) *template {
	v, plain := f.get(field)
	e, dynamic := f.text(field + ".$")
	switch {
	case plain && f.has(field+".$"):
		f.bad(field, "stands twice, with and without .$")
	case dynamic:
		t, err := compileExpression(e)
		if err != nil {
			f.bad(field+".$", "%v", err)
			return nil
		}
		return t
	case plain:
		return compileTemplate(v, field, func(where, format string, args ...any) {
			p.bad(f.where, "field %q %s", where, fmt.Sprintf(format, args...))
		})
	}
	return nil
}

func (p *parser) limit(f *fields, field string, n *int64, at **path) {
	if f.has(field) && f.has(field+"Path") {
		f.bad(field, "and %q exclude each other", field+"Path")
	}
	*n, _ = f.whole(field, 1, maxSeconds)
	*at = f.reference(field + "Path")
}

func (p *parser) wait(s *state, f *fields) {
	given := 0
	for _, field := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(field) {
			given++
		}
	}
	if given != 1 {
		p.bad(f.where, "needs exactly one of Seconds, SecondsPath, Timestamp, TimestampPath; it has %d", given)
	}
	s.seconds, _ = f.whole("Seconds", 0, maxSeconds)
	s.secondsPath = f.reference("SecondsPath")
	if v, ok := f.text("Timestamp"); ok {
		if s.timestamp, ok = parseTime(v); !ok {
			f.bad("Timestamp", "value %q is not an RFC 3339 time such as 2024-08-18T17:33:00Z", v)
		}
	}
	s.timestampPath = f.reference("TimestampPath")
}

func (p *parser) fail(s *state, f *fields) {
	s.errorName, _ = f.text("Error")
	s.cause, _ = f.text("Cause")
	read := func(field string) *template {
		v, ok := f.text(field + "Path")
		if !ok {
			return nil
		}
		if f.has(field) {
			f.bad(field, "and %q exclude each other", field+"Path")
		}
		t, err := compileExpression(v)
		if err != nil {
			f.bad(field+"Path", "%v", err)
			return nil
		}
		return t
	}
	s.errorTemplate, s.causeFormat = read("Error"), read("Cause")
}

func (p *parser) parallel(s *state, f *fields) {
	s.parameters = f.template("Parameters")
	list := f.objects("Branches")
	if len(list) == 0 {
		f.bad("Branches", "must be an array with at least one machine")
	}
	for _, b := range list {
		b.text("Comment")
		p.queryLanguage(b)
		s.branches = append(s.branches, p.machine(b, s))
		b.done()
	}
}

// MaxInline is how many iterations of an inline Map run at once, at most.
const MaxInline = 40

func (p *parser) eachItem(s *state, f *fields) {
	f.refuse("only the inline Map is", "ItemReader", "ItemBatcher", "ResultWriter", "Label",
		"ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath")
	field := "ItemProcessor"
	if f.has("Iterator") {
		field = "Iterator"
		if f.has("ItemProcessor") {
			f.bad("Iterator", "and \"ItemProcessor\" exclude each other")
		}
		f.asked["ItemProcessor"] = true
	}
	if body, ok := f.get(field); !ok {
		f.bad(field, "is missing")
	} else if m, ok := body.(map[string]any); !ok {
		f.bad(field, "must be an object, not %s", kindOf(body))
	} else {
		b := p.fields(s.where+"."+field, m)
		b.text("Comment")
		p.queryLanguage(b)
		if field == "ItemProcessor" {
			if config, ok := b.get("ProcessorConfig"); ok {
				cm, ok := config.(map[string]any)
				if !ok {
					b.bad("ProcessorConfig", "must be an object, not %s", kindOf(config))
				} else {
					c := p.fields(b.where+".ProcessorConfig", cm)
					if mode, ok := c.text("Mode"); ok && mode != "INLINE" {
						c.bad("Mode", "value %q is not supported: only INLINE is", mode)
					}
					c.refuse("only the inline Map is", "ExecutionType")
					c.done()
				}
			}
		}
		s.branches = []*machine{p.machine(b, s)}
		b.done()
	}
	s.itemsPath = f.reference("ItemsPath")
	s.itemSelector = f.template("ItemSelector")
	if f.has("Parameters") {
		if f.has("ItemSelector") {
			f.bad("Parameters", "and \"ItemSelector\" exclude each other")
		}
		s.itemSelector = f.template("Parameters")
	}
	if f.has("MaxConcurrency") && f.has("MaxConcurrencyPath") {
		f.bad("MaxConcurrency", "and \"MaxConcurrencyPath\" exclude each other")
	}
	s.concurrency, _ = f.whole("MaxConcurrency", 0, maxSeconds)
	s.concurrencyPath = f.reference("MaxConcurrencyPath")
}

// parseTime reads an RFC 3339 time with capital T and Z, as the States Language
// asks for.
func parseTime(s string) (time.Time, bool) {
	if strings.ContainsAny(s, "tz,") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
