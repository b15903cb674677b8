package personal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/calendar"
	_ "lianban/shared/digest" // brings SM3
	"lianban/shared/docket"
	"lianban/shared/personal"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

var guard = approval.Actor{Person: "cc-security-1", Role: roster.SecurityAdministrator, Unit: "cc-administration"}

// note is a record of the kind that these tests keep.
type note struct {
	Text string `json:"text"`
}

// house is a data file with some records.
type house struct {
	*testing.T
	file  *sqlite.File
	notes docket.Desk[note]
}

func open(t *testing.T) *house {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &house{t, file, docket.Desk[note]{
		Kind: "note", Store: store.New(file.Table()), Now: func() time.Time { return monday },
		Places: func(string, note) docket.Places { return docket.Places{} },
	}}
}

// write appends an event to a record's trail, whose body becomes the text.
func (h *house) write(id, text string, by approval.Actor) {
	h.Helper()
	if _, err := h.notes.Put(h.Context(), id, approval.Call{Actor: by}, func(_ note, act *docket.Act) (note, error) {
		act.Event("write", func(e *approval.Event) { e.Reason = text })
		return note{text}, nil
	}); err != nil {
		h.Fatal(err)
	}
}

func (h *house) items() iter.Seq2[store.Item, error] { return h.file.Items(h.Context()) }

// faults is what a check of all trails finds.
func (h *house) faults() (faults []audit.Fault) {
	h.Helper()
	heads, err := audit.ReadHeads(strings.NewReader(""))
	if err != nil {
		h.Fatal(err)
	}
	r, err := audit.Verify(store.Trails(h.file.Trails(context.WithoutCancel(h.Context()), true)), heads, func() {})
	if err != nil {
		h.Fatal(err)
	}
	return r.Faults
}

func (h *house) replace(s *personal.Subject, by approval.Digest) personal.Done {
	h.Helper()
	done, err := s.Replace(h.Context(), h.file.Table(), h.items(), personal.Act{By: guard, At: monday, Reason: "本人申请", Digest: by})
	if err != nil {
		h.Fatal(err)
	}
	return done
}

func clerk(id string) approval.Actor {
	return approval.Actor{Person: roster.PersonID(id), Role: roster.Officer, Unit: "cc-water"}
}

func words(list ...string) *personal.Subject {
	var s personal.Subject
	for _, w := range list {
		s.Words = append(s.Words, personal.Word{Text: w, Alias: personal.Gone})
	}
	return &s
}

func TestWhatIsReplacedIsGoneAndEveryTrailStaysWhole(t *testing.T) {
	t.Parallel()
	for _, by := range []approval.Digest{approval.SHA256, approval.SM3} {
		h := open(t)
		h.write("a", "居民何某甲（13800000000）反映噪声", clerk("one"))
		h.write("a", "已答复", clerk("one"))
		h.write("a", "何某甲确认", clerk("two"))
		h.write("b", "与此无关", clerk("one"))
		for k := range 250 { // more than one commit takes
			h.write("long", fmt.Sprintf("第%d次电话联系何某甲", k), clerk("two"))
		}
		s := words("何某甲", "13800000000")
		found := 0
		for f, err := range s.Find(h.items()) {
			if err != nil {
				t.Fatal(err)
			}
			if found++; f.How != personal.Named || f.Words == 0 {
				t.Errorf("found: %+v", f)
			}
		}
		if want := 2 + 1 + 250 + 1; found != want { // "note/a" twice in events and once as it stands, "note/long" likewise
			t.Errorf("%d places were found, want %d", found, want)
		}
		done := h.replace(s, by)
		if done.Trails != 2 || done.Events != 252 || done.Items != found || done.Words != found+1 {
			t.Errorf("done: %+v", done)
		}
		for item, err := range h.items() {
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(item.Body), "何某甲") || strings.Contains(string(item.Body), "13800000000") {
				t.Errorf("%s %s still holds it: %s", item.PK, item.SK, item.Body)
			}
		}
		if faults := h.faults(); len(faults) > 0 {
			t.Errorf("faults after it: %v", faults)
		}
		if again := h.replace(s, by); again != (personal.Done{}) {
			t.Errorf("done again, there is still %+v", again)
		}
		h.write("a", "归档", clerk("two")) // the trail goes on
		if done := h.replace(words("答复"), by); done.Trails != 1 {
			t.Errorf("another word: %+v", done)
		}
		if done := h.replace(words("居民", "确认"), by); done.Events != 2 { // of events that were redacted before
			t.Errorf("a second time in the same events: %+v", done)
		}
		if faults := h.faults(); len(faults) > 0 {
			t.Errorf("faults after more of it: %v", faults)
		}
	}
}

// TestNothingIsChangedUnderCoverOfARedaction tries, in a trail of which something was
// replaced, what somebody might hope to get away with.
func TestNothingIsChangedUnderCoverOfARedaction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(stored []approval.Event) []approval.Event
		at     int64
	}{
		"more in the redacted event": {func(s []approval.Event) []approval.Event { s[1].Reason += "，同意"; return s }, 2},
		"another actor in it":        {func(s []approval.Event) []approval.Event { s[1].By.Person = "other"; return s }, 2},
		"another event before it": {func(s []approval.Event) []approval.Event {
			s[0].Reason = "改写"
			if err := s[0].Chain("", approval.SHA256); err != nil {
				t.Fatal(err)
			}
			return s
		}, 2},
		"its mark made anew": {func(s []approval.Event) []approval.Event {
			s[1].Reason = "改写"
			if err := s[1].Redact(s[0].Hash, approval.SHA256); err != nil {
				t.Fatal(err)
			}
			return s
		}, 2},
		"a mark on an event that nothing vouches for": {func(s []approval.Event) []approval.Event {
			s[2].Reason = "改写"
			if err := s[2].Redact(s[1].Hash, approval.SHA256); err != nil {
				t.Fatal(err)
			}
			return s
		}, 3},
		"its mark taken away":      {func(s []approval.Event) []approval.Event { s[1].Redacted = ""; return s }, 2},
		"what vouches for it gone": {func(s []approval.Event) []approval.Event { return s[:3] }, 4},
	} {
		h := open(t)
		for _, text := range []string{"受理", "何某甲来电", "同意"} {
			h.write("a", text, clerk("one"))
		}
		h.replace(words("何某甲"), approval.SHA256)
		heads, err := audit.ReadHeads(strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		var spoilt audit.Trail
		for trail := range store.Trails(h.file.Trails(t.Context(), true)) {
			var events []approval.Event
			for _, text := range trail.Stored {
				var e approval.Event
				if err := json.Unmarshal(text, &e); err != nil {
					t.Fatal(err)
				}
				events = append(events, e)
			}
			if len(events) != 4 || events[3].Kind != approval.EvRedact || events[3].By != guard || events[3].Reason != "本人申请" {
				t.Fatalf("the trail ends with %+v", events[len(events)-1])
			}
			spoilt, spoilt.Stored = trail, nil
			for _, e := range c.change(events) {
				text, err := json.Marshal(&e)
				if err != nil {
					t.Fatal(err)
				}
				spoilt.Stored = append(spoilt.Stored, text)
			}
		}
		r, err := audit.Verify(func(yield func(audit.Trail, error) bool) { yield(spoilt, nil) }, heads, func() {})
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Event != c.at {
			t.Errorf("%s: found %v, %v; want a fault at event %d", name, r.Faults, err, c.at)
		}
	}
}

// TestCodesAndIdsAreNoWords has words that stand in them by chance.
func TestCodesAndIdsAreNoWords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"state":"granted","reason":"it was granted"}`:                     `{"state":"granted","reason":"it was 〔已去标识化〕"}`,
		`{"granted":"何granted","id":"granted-1"}`:                           `{"granted":"何〔已去标识化〕","id":"granted-1"}`,
		`{"at":"2026-03-09T01:00:00Z","text":"电话 2026-03-09","n":20260309}`: `{"at":"2026-03-09T01:00:00Z","text":"电话 〔已去标识化〕","n":20260309}`,
		`{"since":"2026-03-09","note":"到 2026-03-09"}`:                      `{"since":"2026-03-09","note":"到 〔已去标识化〕"}`,
		`{"contact":"13800000000","receipt":"x13800000000"}`:                `{"contact":"〔已去标识化〕","receipt":"x13800000000"}`,
		`{"a":"引号\\\"甲granted\\\\","b":["","<b>"]}`:                         `{"a":"引号\\\"甲〔已去标识化〕\\\\","b":["","<b>"]}`,
	} {
		got, n := words("granted", "2026-03-09", "13800000000").Text([]byte(body))
		if string(got) != want || n != 1 {
			t.Errorf("%s\nbecomes (%d) %s\nwant        %s", body, n, got, want)
		}
	}
}

func TestWhoSharesANameIsLeftAlone(t *testing.T) {
	t.Parallel()
	r, err := roster.Demo().With(calendar.MustParse("2026-03-09"),
		roster.Change{People: &roster.PersonChange{New: &roster.Person{ID: "w-7", NameZH: "亓某甲", NameEN: "Qi Moujia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}}},
		roster.Change{People: &roster.PersonChange{New: &roster.Person{ID: "w-8", NameZH: "亓某甲", NameEN: "Qi Jia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	s, shared, ok := personal.Of(r, "w-7")
	if !ok || len(shared) != 1 || shared[0] != "亓某甲" {
		t.Fatalf("shared: %v", shared)
	}
	person := func(id roster.PersonID) string {
		p, _ := r.Person(id)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	got, n := s.Text([]byte(person("w-7") + person("w-8") + `"亓某甲 Qi Moujia"`))
	if n != 2 || strings.Contains(string(got), "Qi Moujia") || strings.Count(string(got), "亓某甲") != 2 || !strings.Contains(string(got), person("w-8")) {
		t.Errorf("%d replaced: %s", n, got)
	}
	if _, _, ok := personal.Of(r, "nobody"); ok {
		t.Error("there is somebody who is not there")
	}
}

func TestFindsWhatSomebodyDidAndWhatWasDoneForThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write("a", "受理", clerk("one"))
	h.write("a", "代办", approval.Actor{Person: "two", For: "one", Role: roster.Officer, Unit: "cc-water"})
	h.write("a", "请one处理", clerk("two")) // not the id by itself
	s := personal.Subject{Person: "one"}
	got := map[string]int{}
	for f, err := range s.Find(h.items()) {
		if err != nil {
			t.Fatal(err)
		}
		got[f.How]++
	}
	if got[personal.Acted] != 1 || got[personal.Stood] != 1 || got[personal.Named] != 0 {
		t.Errorf("found: %v", got)
	}
}

// racing lets somebody else commit before each of the first writes.
type racing struct {
	store.Table
	first []func()
}

func (r *racing) Write(ctx context.Context, ops []store.Op) error {
	if len(r.first) > 0 {
		r.first[0]()
		r.first = r.first[1:]
	}
	return r.Table.Write(ctx, ops)
}

func TestWhatOthersWriteMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write("a", "何某甲来电", clerk("one"))
	table := &racing{h.file.Table(), []func(){
		func() { h.write("a", "已转办", clerk("two")) },
		func() { h.write("a", "何某甲又来电", clerk("two")) },
	}}
	done, err := words("何某甲").Replace(t.Context(), table, h.items(), personal.Act{By: guard, At: monday, Reason: "本人申请"})
	if err != nil || done.Events != 2 {
		t.Fatalf("done: %+v, %v", done, err)
	}
	if faults := h.faults(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	var reasons []string
	for item, err := range h.items() {
		if err != nil {
			t.Fatal(err)
		}
		var e approval.Event
		if strings.HasPrefix(item.SK, "E#") && json.Unmarshal(item.Body, &e) == nil {
			reasons = append(reasons, e.Reason)
		}
	}
	if got, want := strings.Join(reasons, " "), "〔已去标识化〕来电 已转办 〔已去标识化〕又来电 本人申请"; got != want {
		t.Errorf("the trail says %q, want %q", got, want)
	}
	for range 20 {
		table.first = append(table.first, func() { h.write("b", "何某甲", clerk("two")) })
	}
	h.write("b", "何某甲", clerk("two"))
	if _, err := words("何某甲").Replace(t.Context(), table, h.items(), personal.Act{By: guard, At: monday, Reason: "x"}); err == nil {
		t.Error("a record that others write without end is done")
	}
}
