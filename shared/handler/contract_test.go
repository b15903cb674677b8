package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/handler"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// desk is the handlers on the embedded store, with a workflow that stands still.
type desk struct {
	*testing.T
	service   *approval.Service
	functions map[string]func(context.Context, []byte) ([]byte, error)
	clock     *approvaltest.Clock
	still     *approvaltest.Stillness
	id        approval.IssueID
	log       bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	d := &desk{T: t, clock: approvaltest.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)), still: &approvaltest.Stillness{}}
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	d.service = approval.NewService(rules, store.New(file.Table()), d.still, d.clock.Now, approvaltest.IDs())
	d.functions = handler.New(d.service).Functions()
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}, {Matter: "river_works", Department: "cc-transport"}}}
	issue, _, err := d.service.Create(t.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}})
	if err != nil {
		t.Fatal(err)
	}
	d.id = issue.ID
	return d
}

func (d *desk) issue() approval.Issue {
	d.Helper()
	issue, err := d.service.Store().Issue(d.Context(), d.id)
	if err != nil {
		d.Fatal(err)
	}
	return issue
}

func (d *desk) do(actor approval.Actor, cmd approval.Command) {
	d.Helper()
	if _, _, err := d.service.Do(d.Context(), d.id, cmd, approval.Call{Actor: actor}); err != nil {
		d.Fatal(err)
	}
}

// call calls a function twice with the same payload, as Step Functions may: the
// second call answers the same and changes nothing.
func (d *desk) call(function, payload string) {
	d.Helper()
	answer := func() string {
		out, err := d.functions[function](d.Context(), []byte(payload))
		if err != nil {
			return "fails with " + handler.ErrorName(err)
		}
		return string(out)
	}
	first := answer()
	before := d.issue()
	second := answer()
	if after := d.issue(); second != first || after.Version != before.Version {
		d.Errorf("%s(%s) answers %s and then %s, version %d and then %d", function, payload, first, second, before.Version, after.Version)
	}
	fmt.Fprintf(&d.log, "%s\n  in   %s\n  out  %s\n\n", function, payload, first)
}

// TestTasksKeepTheirContractAndAreHarmlessTwice compares every input and output
// with testdata/tasks.golden: executions that are already running rely on it.
func TestTasksKeepTheirContractAndAreHarmlessTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	officer := func(dep string) approval.Actor {
		return approval.Actor{Person: roster.PersonID(dep + "-officer-1"), Role: roster.Officer, Unit: dep}
	}
	round := fmt.Sprintf(`{"issue":%q,"round":1}`, d.id)
	ask := func(n, clock, seconds int, token string) string {
		return fmt.Sprintf(`{"issue":%q,"round":1,"ask":{"signOff":%d,"clock":%d,"seconds":%d},"token":%q}`, d.id, n, clock, seconds, token)
	}
	hold := func(what, token string) string {
		return fmt.Sprintf(`{"issue":%q,"round":1,"for":%q,"error":{"Error":"Internal","Cause":"disk on fire"},"token":%q}`, d.id, what, token)
	}
	d.call("RouteIssue", round)
	d.call("AskDepartment", ask(1, 1, 572400, "token-1"))
	d.call("AskDepartment", ask(1, 0, 572400, "token-late"))
	d.call("CheckClock", ask(1, 1, 572400, ""))
	d.call("Tally", round)
	d.call("CloseIssue", round) // too early
	d.call("Consult", hold("operator", "token-hold"))
	d.do(officer("cc-water"), approval.Oppose{SignOff: 1, Ground: "防洪法第二十七条", Reason: "影响行洪"})
	d.call("AskDepartment", ask(1, 1, 572400, "token-2")) // answered meanwhile: completed at once
	d.do(officer("cc-transport"), approval.Grant{SignOff: 2})
	d.call("Tally", round)
	d.call("Consult", hold("consultation", "token-3"))
	d.clock.Add(3 * 24 * time.Hour)
	d.call("Tally", round)
	d.do(approval.Actor{Person: "headquarters-1", Role: roster.Headquarters, Unit: "headquarters"}, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "会商决定"})
	d.call("Consult", hold("consultation", "token-4")) // ruled meanwhile: completed at once
	d.call("Tally", round)
	d.call("CloseIssue", round)
	d.call("RouteIssue", round) // late
	d.call("CheckClock", ask(1, 1, 1, ""))
	d.call("Consult", hold("operator", "token-5"))

	for _, token := range []string{"token-2", "token-4", "token-5"} {
		if !strings.Contains(strings.Join(d.still.Log, "\n"), "succeed "+token) {
			t.Errorf("%s was left waiting: %v", token, d.still.Log)
		}
	}
	golden(t, "tasks.golden", d.log.Bytes())
}

func TestATaskThatCannotBeReadOrNamesNothingFailsByName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ function, payload, want string }{
		{"RouteIssue", `{"issue":`, "Internal"},
		{"RouteIssue", `{"issue":"none","round":1}`, "Approval.NotFound"},
		{"AskDepartment", fmt.Sprintf(`{"issue":%q,"round":1,"ask":{"signOff":9}}`, d.id), "Approval.NotFound"},
		{"CheckClock", fmt.Sprintf(`{"issue":%q,"round":1,"ask":{"signOff":9}}`, d.id), "Approval.NotFound"},
		{"CloseIssue", fmt.Sprintf(`{"issue":%q,"round":2}`, d.id), "Approval.NotFound"},
		{"Consult", fmt.Sprintf(`{"issue":%q,"round":1,"for":"lunch"}`, d.id), "Internal"},
	} {
		out, err := d.functions[c.function](t.Context(), []byte(c.payload))
		if err == nil || handler.ErrorName(err) != c.want {
			t.Errorf("%s(%s) answers %s, %v; want %s", c.function, c.payload, out, err, c.want)
		}
	}
}

// TestInputsAndOutputsNameTheirFields pins the JSON names themselves.
func TestInputsAndOutputsNameTheirFields(t *testing.T) {
	t.Parallel()
	asking := approval.Asking{SignOff: 1, Clock: 2, Seconds: 3}
	var out bytes.Buffer
	for _, v := range []any{
		handler.RoundIn{Issue: "id", Round: 1},
		handler.AskIn{Issue: "id", Round: 1, Ask: asking, Token: "token"},
		handler.ConsultIn{Issue: "id", Round: 1, For: "operator", Error: handler.Failure{Error: "E", Cause: "C"}, Token: "token"},
		handler.Done{},
		handler.CloseOut{Status: approval.Concluded},
		asking,
		approval.Tally{Verdict: approval.Pending, Asks: []approval.Asking{asking}, Seconds: 4},
		approval.Tally{Verdict: approval.Agreed, Asks: []approval.Asking{}, Seconds: 1},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%T %s\n", v, text)
	}
	golden(t, "fields.golden", out.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
	}
}
