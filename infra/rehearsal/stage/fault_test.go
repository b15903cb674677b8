package stage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"lianban/infra/rehearsal/dynamodb"
	"lianban/infra/rehearsal/stage"
	"lianban/shared/approval"
	"lianban/shared/engine"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// The people of the demonstration who act here.
var (
	secretary     = approval.Actor{Person: "tod-secretary", Role: roster.Secretary, Unit: "branch-tod"}
	administrator = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
)

var parties = []approval.Party{
	{Matter: "plot_adjustment", Department: "cc-natural-resources"},
	{Matter: "river_works", Department: "cc-water"},
	{Matter: "river_works", Department: "cc-transport"},
	{Matter: "river_works", Department: "cc-ecology"},
	{Matter: "plot_adjustment", Department: "nanzhuang-village-1"},
}

// life is an issue with five sign-offs that nobody objects to.
type life struct {
	*testing.T
	*stage.Stage
	id   approval.IssueID
	held int // times that an administrator had to resume it
	keys int
}

// lives numbers them, because the secretary uses no key twice.
var lives atomic.Int64

// settle carries out what can be done at this moment; an administrator resumes
// what is held.
func (l *life) settle() {
	l.Helper()
	for {
		if err := l.Settle(l.Context()); err != nil {
			l.Fatal(err)
		}
		if l.issue().Hold == nil {
			return
		}
		l.held++
		l.do(administrator, approval.Resume{Reason: "核查无误，继续办理。"})
	}
}

// do carries a command out under a key, again as a person would whose request
// ended in an error.
func (l *life) do(actor approval.Actor, cmd approval.Command) {
	l.Helper()
	l.keys++
	key := fmt.Sprint(l.id, l.keys)
	var err error
	for range 5 {
		if _, _, err = l.Service.Do(l.Context(), l.id, cmd, approval.Call{Actor: actor, Key: key, Digest: key}); err == nil {
			return
		}
	}
	l.Fatalf("%T by %s: %v", cmd, actor.Person, err)
}

func (l *life) raise() {
	l.Helper()
	key := fmt.Sprint("raise-", lives.Add(1))
	petition := approval.Petition{Project: "tod-nanzhuang", Title: "河涌提升与周边地块调整", Body: "请各部门同步会签。", Parties: parties}
	var err error
	for range 5 {
		var issue approval.Issue
		if issue, _, err = l.Service.Create(l.Context(), approval.Raise{Petition: &petition}, approval.Call{Actor: secretary, Key: key, Digest: key}); err == nil {
			l.id = issue.ID
			return
		}
	}
	l.Fatal("raise:", err)
}

func (l *life) grant(n int) {
	l.Helper()
	department := parties[n-1].Department
	l.Clock.Add(time.Hour)
	l.do(approval.Actor{Person: roster.PersonID(department) + "-officer-1", Role: roster.Officer, Unit: string(department)}, approval.Grant{SignOff: n, Reason: "同意。"})
}

func (l *life) issue() approval.Issue {
	l.Helper()
	issue, err := l.Behind.Issue(l.Context(), l.id)
	if err != nil {
		l.Fatal(err)
	}
	return issue
}

// rest lets time pass until the issue is concluded or a week is over.
func (l *life) rest() {
	l.Helper()
	end := l.Clock.Now().Add(7 * 24 * time.Hour)
	for {
		l.settle()
		wake, ok := l.NextWake()
		if l.issue().Status == approval.Concluded || !ok || wake.After(end) {
			return
		}
		l.Clock.Set(wake)
		if err := l.Wake(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
}

// whole plays the life from raising to confirming and checks how it ended.
func (l *life) whole() {
	l.Helper()
	l.raise()
	l.ready()
	for n := range parties {
		l.grant(n + 1)
		l.settle()
	}
	l.rest()
	l.confirm()
}

// ready waits until the round is routed: a retry may take its seconds.
func (l *life) ready() {
	l.Helper()
	for range 20 {
		l.settle()
		if l.issue().Status == approval.InSignOff {
			return
		}
		wake, ok := l.NextWake()
		if !ok {
			break
		}
		l.Clock.Set(wake)
		if err := l.Wake(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
	l.Fatalf("the issue stays %s", l.issue().Status)
}

func (l *life) confirm() {
	l.Helper()
	l.do(secretary, approval.Confirm{Stars: 5})
	l.settle()
	l.check()
}

// check holds an ended issue to what must be true of it whatever went wrong.
func (l *life) check() {
	l.Helper()
	end := read(l.T, l.Service, l.Behind, l.id)
	if end.Issue.Status != approval.Confirmed || end.Issue.Verdict != approval.Agreed || len(end.Issue.Rounds) != 1 {
		l.Errorf("the issue is %s, %s, after %d rounds", end.Issue.Status, end.Issue.Verdict, len(end.Issue.Rounds))
	}
	kinds := map[string]int{}
	for _, e := range end.Events {
		kinds[e.Kind]++
	}
	for kind, n := range map[string]int{approval.EvRaise: 1, approval.EvApprove: len(parties), approval.EvConclude: 1, approval.EvConfirm: 1} {
		if kinds[kind] != n {
			l.Errorf("%d events %s, not %d", kinds[kind], kind, n)
		}
	}
	left := 0
	for shard := range approval.Shards {
		records, _, err := l.Behind.Outbox(l.Context(), shard, approval.Page{})
		if err != nil {
			l.Fatal(err)
		}
		left += len(records)
	}
	if left > 0 {
		l.Errorf("%d outbox records were never delivered", left)
	}
	arn := stage.ExecutionARN(l.id, 1)
	d, err := l.States.Describe(l.Context(), arn)
	if err != nil {
		l.Fatal(err)
	}
	if d.Status != engine.Succeeded {
		l.Errorf("the execution is %s: %s %s", d.Status, d.Error, d.Cause)
	}
}

// A process that dies takes its request with it, before its commit or after.
// Step Functions then sees Runtime.ExitError. Whatever dies, the issue comes to
// the same end.
func TestEndsWellWhenAFunctionIsKilledMidCall(t *testing.T) {
	t.Parallel()
	server(t)
	for _, function := range []string{"RouteIssue", "AskDepartment", "Tally", "CloseIssue", "Relay"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(function, map[bool]string{false: " before", true: " after"}[after], " its work"), func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				killed := false
				s := open(t, stage.Config{Invoke: func(ctx context.Context, name string, payload []byte, call stage.Call) ([]byte, error) {
					mu.Lock()
					now := name == function && !killed
					killed = killed || now
					mu.Unlock()
					if !now {
						return call(ctx, payload)
					}
					if after {
						if _, err := call(ctx, payload); err != nil {
							return nil, err
						}
					}
					return nil, &engine.FunctionError{Name: "Runtime.ExitError", Cause: `{"errorType":"Runtime.ExitError","errorMessage":"Runtime exited with error: signal: killed"}`}
				}})
				l := &life{T: t, Stage: s}
				l.whole()
				if !killed {
					t.Error("nothing was killed")
				}
				t.Logf("held for an operator %d times", l.held)
			})
		}
	}
}

// attended is a stage with an administrator who resumes at once what is held.
type attended struct {
	*stage.Stage
	ids  []approval.IssueID
	held int
}

// Settle implements sim.World.
func (a *attended) Settle(ctx context.Context) error {
	for again := true; again; {
		if err := a.Stage.Settle(ctx); err != nil {
			return err
		}
		again = false
		for _, id := range a.ids {
			issue, err := a.Behind.Issue(ctx, id)
			if approval.IsKind(err, approval.NotFound) || err == nil && issue.Hold == nil {
				continue
			}
			if err == nil {
				_, _, err = a.Service.Do(ctx, id, approval.Resume{Reason: "核查无误，继续办理。"}, approval.Call{Actor: administrator})
			}
			if err != nil {
				return err
			}
			if a.held++; a.held > 100 {
				return fmt.Errorf("issue %s is held again and again", id)
			}
			again = true
		}
	}
	return nil
}

// The three cases with their objections, supplements and late answers, while every
// 29th call of any function ends in its process's death after its work: the
// verdicts and every measure are those of the embedded side.
func TestPlaysTheCasesThoughProcessesDie(t *testing.T) {
	t.Parallel()
	url := server(t)
	clock := sim.NewClock(first())
	app, err := local.Open(t.Context(), local.Config{Data: filepath.Join(t.TempDir(), "local.db"), Now: clock.Now, NewID: sim.IDs(clock.Now), Rand: sim.Rand(1)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	embedded := sim.Player{Service: app.Service, World: app, Clock: clock}
	here, err := embedded.Play(t.Context(), sim.Cases(), raised, time.Time{})
	if err != nil {
		t.Fatal(err)
	}

	clock = sim.NewClock(first())
	a := &attended{}
	ids := sim.IDs(clock.Now)
	var mu sync.Mutex
	calls, killed := 0, map[string]int{}
	a.Stage, err = stage.New(t.Context(), stage.Config{
		DynamoDB: url, Clock: clock, Retries: 50,
		NewID: func() approval.IssueID {
			id := ids()
			a.ids = append(a.ids, id)
			return id
		},
		Invoke: func(ctx context.Context, name string, payload []byte, call stage.Call) ([]byte, error) {
			out, err := call(ctx, payload)
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls%29 != 0 {
				return out, err
			}
			killed[name]++
			return nil, &engine.FunctionError{Name: "Runtime.ExitError", Cause: "Runtime exited with error: signal: killed"}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	cloud := sim.Player{Service: a.Service, World: a, Clock: clock}
	there, err := cloud.Play(t.Context(), sim.Cases(), raised, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range sim.Cases() {
		want, got := read(t, app.Service, app.Service.Store(), here[k]), read(t, a.Service, a.Behind, there[k])
		if want.Issue.Verdict != got.Issue.Verdict || got.Issue.Status != approval.Confirmed {
			t.Errorf("case %s ended %s, %s", c.Key, got.Issue.Status, got.Issue.Verdict)
		}
		if diff := cmp.Diff(plain(t, want.Report), plain(t, got.Report)); diff != "" {
			t.Errorf("case %s (-embedded +cloud):\n%s", c.Key, diff)
		}
	}
	t.Logf("killed %v, held for an operator %d times", killed, a.held)
}

// The stream delivers at least once.
func TestHearsTheSameStreamRecordTwice(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Config{Invoke: func(ctx context.Context, name string, payload []byte, call stage.Call) ([]byte, error) {
		if name == "Relay" {
			if _, err := call(ctx, payload); err != nil {
				return nil, err
			}
		}
		return call(ctx, payload)
	}})
	l := &life{T: t, Stage: s}
	if l.whole(); l.held > 0 {
		t.Errorf("held %d times", l.held)
	}
	if n := s.States.Calls()["StartExecution"]; n != 2 {
		t.Errorf("the execution was started %d times, and should have been twice", n)
	}
}

// A record that nobody can read must not hold up the others of its batch.
func TestLaysAPoisonRecordAside(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Config{})
	l := &life{T: t, Stage: s}
	raw := dynamodb.Client{URL: server(t)}
	put := func(issue string) {
		text := func(s string) map[string]string { return map[string]string{"S": s} }
		if err := raw.Call(t.Context(), "DynamoDB_20120810.PutItem", map[string]any{"TableName": s.Table(), "Item": map[string]any{
			"pk": text("I#" + issue), "sk": text("O#00000001"), "body": text("{"),
		}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	put("poison-before")
	l.raise()
	put("poison-behind")
	l.settle()
	for n := range parties {
		l.grant(n + 1)
	}
	put("poison-last")
	if l.rest(); l.held > 0 {
		t.Errorf("held %d times", l.held)
	}
	l.confirm()
	letters := s.Letters()
	if len(letters) != 3 {
		t.Errorf("%d dead letters: %+v", len(letters), letters)
	}
	for _, letter := range letters {
		if letter.Size != 1 || !strings.HasPrefix(letter.Records[0].Key("pk"), "I#poison") {
			t.Errorf("a dead letter of %d records from %s", letter.Size, letter.Records[0].Key("pk"))
		}
	}
}

// DynamoDB throttles, cancels transactions for others' sake, fails, and loses
// answers of what it has done.
func TestEndsWellOnATableThatThrottlesAndCancels(t *testing.T) {
	t.Parallel()
	server(t)
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := open(t, stage.Config{Retries: 50})
			var mu sync.Mutex
			dice := rand.New(rand.NewPCG(seed, 7))
			faults := 0
			s.Proxy.Inject(func(operation string, body []byte) *dynamodb.Answer {
				mu.Lock()
				defer mu.Unlock()
				if operation == "DescribeTable" || dice.IntN(5) != 0 {
					return nil
				}
				faults++
				switch kind := dice.IntN(4); {
				case kind == 0 && operation == "TransactWriteItems":
					return dynamodb.Conflicted(body)
				case kind == 1 && operation == "TransactWriteItems":
					return dynamodb.ThrottledTransaction(body)
				case kind == 2:
					return &dynamodb.Answer{Status: http.StatusInternalServerError, Type: "InternalServerError", Message: "lost on the way", After: true}
				}
				return dynamodb.Throttled()
			})
			l := &life{T: t, Stage: s}
			l.whole()
			s.Proxy.Inject(nil)
			t.Logf("%d faults, held for an operator %d times", faults, l.held)
			if faults == 0 {
				t.Error("nothing went wrong")
			}
		})
	}
}

// answers loses answers of Step Functions' API: before the call is carried out,
// or after.
type answers struct {
	mu        sync.Mutex
	operation string
	lose      int
	after     bool
	lost      int
}

func (a *answers) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		now := a.lose > 0 && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+a.operation)
		if now {
			a.lose--
			a.lost++
		}
		a.mu.Unlock()
		if !now {
			next.ServeHTTP(w, r)
			return
		}
		if a.after {
			next.ServeHTTP(&nowhere{http.Header{}}, r)
		}
		http.Error(w, `{"__type":"InternalServerError"}`, http.StatusInternalServerError)
	})
}

type nowhere struct{ head http.Header }

func (n *nowhere) Header() http.Header         { return n.head }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}

// The decision is committed; what tells the machine is lost, more often than the
// SDK tries. The stream tries again.
func TestWakesTheMachineThoughSendTaskSuccessWasLost(t *testing.T) {
	t.Parallel()
	server(t)
	for _, operation := range []string{"SendTaskSuccess", "StartExecution"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(operation, map[bool]string{false: " before", true: " after"}[after], " it was done"), func(t *testing.T) {
				t.Parallel()
				a := &answers{operation: operation, lose: 5, after: after}
				s := open(t, stage.Config{Wrap: a.wrap})
				l := &life{T: t, Stage: s}
				if l.whole(); l.held > 0 {
					t.Errorf("held %d times", l.held)
				}
				if a.lost != 5 {
					t.Errorf("%d answers were lost, not 5", a.lost)
				}
				if n := len(s.Letters()); n > 0 {
					t.Errorf("%d dead letters", n)
				}
			})
		}
	}
}

// The relay is down for the whole life of an issue; the sweep does its work.
func TestSweepsWhatTheRelayDidNotDeliver(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Config{})
	s.Relayed = false
	l := &life{T: t, Stage: s}
	sweep := func() approval.Swept {
		l.Clock.Add(5 * time.Minute)
		swept, err := s.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.settle()
		return swept
	}
	l.raise()
	l.settle()
	if issue := l.issue(); issue.Status != approval.Raised {
		t.Errorf("without a relay the issue is %s", issue.Status)
	}
	if swept := sweep(); swept.Delivered != 1 {
		t.Errorf("the sweep delivered %d records", swept.Delivered)
	}
	for n := range parties {
		l.grant(n + 1)
		sweep()
	}
	if issue := l.issue(); issue.Status != approval.Concluded {
		t.Fatalf("after the sweeps the issue is %s", issue.Status)
	}
	l.do(secretary, approval.Confirm{Stars: 5})
	sweep()
	// The relay comes back and finds old records in the stream.
	s.Relayed = true
	l.settle()
	l.check()
}

// A deployment publishes a new version while rounds are under way: they end on
// the version with which they began, served by the new functions.
func TestEndsARoundOfAnOldVersionWithNewFunctions(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Config{})
	old := &life{T: t, Stage: s}
	old.raise()
	old.settle()
	old.grant(1)
	old.settle()

	definition, err := stage.Definition()
	if err != nil {
		t.Fatal(err)
	}
	const routed = `"StartAt": "Route issue",`
	changed := strings.Replace(definition, routed, `"StartAt": "Look around",`, 1)
	changed = strings.Replace(changed, `"States": {`, `"States": {
    "Look around": {
      "Type": "Pass",
      "Next": "Route issue"
    },`, 1)
	if _, err := s.SFN.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(strings.TrimSuffix(s.Machine, ":1")), Definition: &changed}); err != nil {
		t.Fatal(err)
	}
	published, err := s.SFN.PublishStateMachineVersion(t.Context(), &sfn.PublishStateMachineVersionInput{StateMachineArn: aws.String(strings.TrimSuffix(s.Machine, ":1"))})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Machine
	s.Use(*published.StateMachineVersionArn)
	fresh := &life{T: t, Stage: s}
	fresh.whole()
	for n := 2; n <= len(parties); n++ {
		old.grant(n)
		old.settle()
	}
	old.rest()
	old.confirm()
	for l, want := range map[*life]string{old: before, fresh: *published.StateMachineVersionArn} {
		d, err := s.SFN.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(stage.ExecutionARN(l.id, 1))})
		if err != nil {
			t.Fatal(err)
		}
		if *d.StateMachineVersionArn != want {
			t.Errorf("the round runs on %s, not %s", *d.StateMachineVersionArn, want)
		}
		h, err := s.States.History(t.Context(), *d.ExecutionArn)
		if err != nil {
			t.Fatal(err)
		}
		if looked := h[1].Name == "Look around"; looked != (l == fresh) {
			t.Errorf("on %s the first state is %s", want, h[1].Name)
		}
	}
}
