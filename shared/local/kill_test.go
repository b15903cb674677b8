package local_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/local"
	"lianban/shared/roster"
)

var (
	kills    = flag.Int("kills", 20, "how often the process is killed")
	killSeed = flag.Uint64("killseed", 1, "seed of the moments at which it is killed")
)

// serveData is how TestMain is told to be the server that gets killed, backupData to be the
// backup that does.
const (
	serveData  = "LIANBAN_TEST_SERVE"
	backupData = "LIANBAN_TEST_BACKUP"
)

func TestMain(m *testing.M) {
	if data := os.Getenv(serveData); data != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		server := local.Server{Data: data, Listen: "127.0.0.1:0", Empty: true}
		if err := server.Run(ctx, &local.Streams{Out: os.Stdout, Err: os.Stderr}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if data := os.Getenv(backupData); data != "" {
		err := (&local.Backup{File: data + ".zip", Data: data}).Run(context.Background(), &local.Streams{Out: os.Stdout, Err: os.Stderr})
		os.Exit(local.Status(err))
	}
	flag.Parse()
	os.Exit(m.Run())
}

// serve starts the server as a process of its own and answers its address.
func serve(t *testing.T, data string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveData+"="+data)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		t.Fatalf("the server said %q: %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return cmd, "http://" + address + "api/v1"
}

// caller is one person who calls the API and notes what was acknowledged.
type caller struct {
	base, token string
	client      *http.Client
}

func (c *caller) post(ctx context.Context, path, key string, in any, out any) (int, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if out != nil && response.StatusCode < 300 {
		err = json.Unmarshal(text, out)
	}
	return response.StatusCode, err
}

func (c *caller) signIn(ctx context.Context, actor approval.Actor) error {
	var out struct{ Token string }
	status, err := c.post(ctx, "/session", "", map[string]string{"person": string(actor.Person), "role": string(actor.Role), "unit": actor.Unit}, &out)
	if err == nil && status >= 300 {
		err = fmt.Errorf("sign in as %s: status %d", actor.Person, status)
	}
	c.token = out.Token
	return err
}

var killDepartments = []roster.DepartmentID{"cc-water", "cc-ecology", "cc-transport"}

func officerOf(d roster.DepartmentID) approval.Actor {
	return approval.Actor{Person: roster.PersonID(d) + "-officer-1", Role: roster.Officer, Unit: string(d)}
}

// acked is everything that the server said it had done.
type acked struct {
	mu       sync.Mutex
	raised   []approval.IssueID
	answered map[approval.IssueID]map[int]bool
}

func (a *acked) raise(id approval.IssueID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.raised = append(a.raised, id)
}

func (a *acked) answer(id approval.IssueID, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered[id] == nil {
		a.answered[id] = map[int]bool{}
	}
	a.answered[id][n] = true
}

// unanswered is some issue that was raised, and one of its sign-offs whose answer
// nobody has seen acknowledged.
func (a *acked) unanswered(random *rand.Rand) (approval.IssueID, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range 20 {
		if len(a.raised) == 0 {
			break
		}
		id, n := a.raised[random.IntN(len(a.raised))], 1+random.IntN(len(killDepartments))
		if !a.answered[id][n] {
			return id, n
		}
	}
	return "", 0
}

// load calls the server from several callers until it dies under them; after so many
// acknowledgements it is sent a signal.
func load(t *testing.T, cmd *exec.Cmd, with os.Signal, base string, seed uint64, after int64, a *acked) {
	var left atomic.Int64
	left.Store(after)
	note := func() {
		if left.Add(-1) == 0 {
			_ = cmd.Process.Signal(with)
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(k)))
			ctx := context.Background()
			secretary := &caller{base: base, client: client}
			officers := map[roster.DepartmentID]*caller{}
			if secretary.signIn(ctx, approval.Actor{Person: "u-valley-secretary", Role: roster.Secretary, Unit: "branch-u-valley"}) != nil {
				return
			}
			for step := 0; ; step++ {
				key := fmt.Sprintf("%d-%d-%d", seed, k, step)
				if step%4 == 0 {
					petition := map[string]any{"project": "u-valley", "title": "河涌提升 " + key, "parties": []any{}}
					for _, d := range killDepartments {
						petition["parties"] = append(petition["parties"].([]any), map[string]any{"matter": "river_works", "department": d})
					}
					var out struct{ ID approval.IssueID }
					status, err := secretary.post(ctx, "/issues", key, petition, &out)
					if err != nil {
						return
					}
					if status != http.StatusCreated {
						t.Errorf("raise: status %d", status)
						return
					}
					a.raise(out.ID)
					note()
					continue
				}
				id, n := a.unanswered(random)
				if id == "" {
					continue
				}
				d := killDepartments[n-1]
				if officers[d] == nil {
					officers[d] = &caller{base: base, client: client}
					if officers[d].signIn(ctx, officerOf(d)) != nil {
						return
					}
				}
				status, err := officers[d].post(ctx, fmt.Sprintf("/issues/%s/signoffs/%d/decision", id, n), key, map[string]string{"kind": "approve", "reason": "同意"}, nil)
				if err != nil {
					return
				}
				switch status {
				case http.StatusOK:
					a.answer(id, n)
					note()
				case http.StatusConflict: // not open yet, or answered before somebody heard of it
				default:
					t.Errorf("approve: status %d", status)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestAcknowledgedCallsSurviveKills kills the real process under load, again and
// again on the same data, and then looks for everything it had acknowledged.
func TestAcknowledgedCallsSurviveKills(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	random := rand.New(rand.NewPCG(*killSeed, 0))
	a := &acked{answered: map[approval.IssueID]map[int]bool{}}
	for k := range *kills {
		cmd, base := serve(t, data)
		load(t, cmd, os.Kill, base, *killSeed<<32+uint64(k), 1+random.Int64N(60), a)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			return
		}
	}

	ctx := t.Context()
	app, err := local.Open(ctx, local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range a.raised {
		issue, err := app.Service.Store().Issue(ctx, id)
		if err != nil {
			t.Fatalf("an acknowledged issue is lost: %v", err)
		}
		for n := range a.answered[id] {
			if issue.SignOff(n).Decision == nil {
				t.Errorf("issue %s: the acknowledged answer to sign-off %d is lost", id, n)
			}
		}
		alive(t, app, &issue)
	}

	// Whatever is open goes on to its end.
	for _, id := range a.raised {
		issue, err := app.Service.Store().Issue(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range issue.SignOffs {
			if s.State == approval.Open {
				if _, _, err := app.Service.Do(ctx, id, approval.Grant{SignOff: s.N}, approval.Call{Actor: officerOf(s.Department)}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := app.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range a.raised {
		once(t, app, id)
	}
	t.Logf("%d kills, %d issues raised, seed %d", *kills, len(a.raised), *killSeed)
}

// TestAProcessThatIsStoppedUnderLoadEndsWellAndKeepsWhatItAcknowledged asks the real process to
// end as systems do.
func TestAProcessThatIsStoppedUnderLoadEndsWellAndKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signal")
	}
	data := filepath.Join(t.TempDir(), "l.db")
	a := &acked{answered: map[approval.IssueID]map[int]bool{}}
	cmd, base := serve(t, data)
	load(t, cmd, syscall.SIGTERM, base, 7, 30, a)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("it ends with %v", err)
	}
	for _, ending := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(data + ending); err == nil {
			t.Errorf("it leaves %s%s", data, ending)
		}
	}
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	for _, id := range a.raised {
		issue, err := app.Service.Store().Issue(t.Context(), id)
		if err != nil {
			t.Fatalf("an acknowledged issue is lost: %v", err)
		}
		for n := range a.answered[id] {
			if issue.SignOff(n).Decision == nil {
				t.Errorf("issue %s: the acknowledged answer to sign-off %d is lost", id, n)
			}
		}
	}
	t.Logf("%d issues raised", len(a.raised))
}

// alive checks that an issue has ended or that its machine waits on a live timer
// for every sign-off that is open.
func alive(t *testing.T, app *local.App, issue *approval.Issue) {
	t.Helper()
	if issue.Status.Ended() {
		return
	}
	for _, s := range issue.SignOffs {
		if w := issue.Watch(s.N); s.State == approval.Open && (w == nil || w.Token == "" || !w.WakeAt.After(time.Time{})) {
			t.Errorf("issue %s: nobody watches sign-off %d", issue.ID, s.N)
		}
	}
	d, err := app.Engine.Describe(t.Context(), local.ExecutionOf(issue.ID, issue.Round()))
	if err != nil || d.NextWake.IsZero() {
		t.Errorf("issue %s is open and its execution holds no timer: %+v %v", issue.ID, d, err)
	}
}

// once checks that an issue has concluded and that nothing happened to it twice.
func once(t *testing.T, app *local.App, id approval.IssueID) {
	t.Helper()
	issue, err := app.Service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if issue.Status != approval.Concluded {
		t.Errorf("issue %s ended as %s", id, issue.Status)
	}
	events, _, err := app.Service.Store().Events(t.Context(), id, 0, approval.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	if err := approval.VerifyChain(events, issue.Head); err != nil {
		t.Error(err)
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[fmt.Sprint(e.Kind, e.SignOff)]++
	}
	for what, n := range seen {
		if n != 1 {
			t.Errorf("issue %s: %s happened %d times", id, what, n)
		}
	}
}
