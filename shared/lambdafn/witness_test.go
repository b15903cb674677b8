package lambdafn_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/lambdafn"
	"lianban/shared/roster"
)

// notebook keeps notes by day and name.
type notebook struct {
	texts map[string]map[string]string
	err   error
}

func (n *notebook) Note(_ context.Context, day, name string, text []byte) error {
	if n.err != nil {
		return n.err
	}
	if n.texts[day] == nil {
		n.texts[day] = map[string]string{}
	}
	n.texts[day][name] = string(text)
	return nil
}

func (n *notebook) Noted(_ context.Context, day string, each func([]byte) error) error {
	for _, name := range slices.Sorted(maps.Keys(n.texts[day])) {
		if err := each([]byte(n.texts[day][name])); err != nil {
			return err
		}
	}
	return n.err
}

// chains are trails as they are stored.
type chains map[string]audit.Trail

func (c chains) Chain(_ context.Context, subject string) (audit.Trail, error) {
	t, ok := c[subject]
	if !ok {
		t.Subject = subject
	}
	return t, nil
}

// trail is one of n events under an issue.
func trail(t *testing.T, subject string, n int, reason string) audit.Trail {
	t.Helper()
	out := audit.Trail{Subject: subject, Record: true}
	for k := range n {
		e := approval.Event{Issue: approval.IssueID(subject), Seq: int64(k + 1), At: time.Unix(1772651717, 0).UTC(), Kind: approval.EvComment, By: approval.Actor{Person: "p", Role: roster.Officer, Unit: "u"}, Reason: fmt.Sprint(reason, k)}
		if err := e.Chain(out.Head, approval.SHA256); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		out.Stored, out.Head, out.Events = append(out.Stored, text), e.Hash, e.Seq
	}
	return out
}

// withRedaction is the trail with one event redacted, and another that vouches for it.
func withRedaction(t *testing.T, of audit.Trail, n int) audit.Trail {
	t.Helper()
	var before, e approval.Event
	if err := errors.Join(json.Unmarshal(of.Stored[n-2], &before), json.Unmarshal(of.Stored[n-1], &e)); err != nil {
		t.Fatal(err)
	}
	e.Reason = "〔已去标识化〕"
	if err := e.Redact(before.Hash, approval.SHA256); err != nil {
		t.Fatal(err)
	}
	detail, err := json.Marshal(approval.Redacting{Alias: "x", Events: []approval.Redaction{{Seq: e.Seq, Digest: e.Redacted}}})
	if err != nil {
		t.Fatal(err)
	}
	vouch := approval.Event{Issue: e.Issue, Seq: of.Events + 1, At: e.At, Kind: approval.EvRedact, By: e.By, Detail: detail}
	if err := vouch.Chain(of.Head, approval.SHA256); err != nil {
		t.Fatal(err)
	}
	changed, err := json.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(&vouch)
	if err != nil {
		t.Fatal(err)
	}
	of.Stored = append(slices.Clone(of.Stored), text)
	of.Stored[n-1] = changed
	of.Head, of.Events = vouch.Hash, vouch.Seq
	return of
}

// streamed are stream records of a trail's events, in one batch.
func streamed(event string, first int, of audit.Trail, seqs ...int) string {
	var records []string
	for k, n := range seqs {
		sequence := fmt.Sprint(first + k)
		records = append(records, strings.ReplaceAll(record(event, sequence, fmt.Sprintf("E#%08d", n), string(of.Stored[n-1])), "I#a", "I#"+of.Subject))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

const witnessed = "2026-03-04" // the day of record's moment, in UTC

func TestAWitnessNotesEveryEventAndFindsWhatDeparts(t *testing.T) {
	t.Parallel()
	good, other := trail(t, "a", 4, "同意"), trail(t, "b", 2, "受理")
	notes := &notebook{texts: map[string]map[string]string{}}
	now := time.Date(2026, 3, 5, 1, 30, 0, 0, time.UTC)
	stored := chains{"a": good, "b": other}
	invoke := func(payload string) (lambdafn.Attested, error) {
		t.Helper()
		text, err := lambdafn.Witness(notes, stored, func() time.Time { return now }).Invoke(t.Context(), []byte(payload))
		var out lambdafn.Attested
		if len(text) > 0 {
			if err := json.Unmarshal(text, &out); err != nil {
				t.Fatal(err)
			}
		}
		return out, err
	}
	for range 2 { // a batch may be handed over twice
		for first, batch := range map[int]string{100: streamed("INSERT", 100, good, 1, 2), 102: streamed("INSERT", 102, good, 3, 4), 104: streamed("INSERT", 104, other, 1, 2)} {
			if _, err := invoke(batch); err != nil {
				t.Fatalf("the batch from %d: %v", first, err)
			}
		}
	}
	if got := len(notes.texts[witnessed]); got != 3 {
		t.Fatalf("%d notes of the day: %v", got, notes.texts)
	}
	for _, payload := range []string{`{"day":"` + witnessed + `"}`, `{"detail-type":"Scheduled Event","time":"2026-03-05T01:30:00Z"}`} {
		if out, err := invoke(payload); err != nil || out.Day != witnessed || out.Events != 6 || out.Trails != 2 || len(out.Faults) != 0 {
			t.Errorf("%s: %+v, %v", payload, out, err)
		}
	}
	rewritten, short := trail(t, "a", 4, "不同意"), trail(t, "a", 3, "同意")
	longer := trail(t, "a", 5, "同意")
	torn := good
	torn.Stored = slices.Clone(good.Stored)
	torn.Stored[3] = json.RawMessage(strings.Replace(string(good.Stored[3]), "同意", "不同意", 1))
	for name, c := range map[string]struct {
		as    audit.Trail
		event int64 // at which something is wrong; -1: nothing is
	}{
		"rewritten from the first event on, hashes and head": {rewritten, 1},
		"cut short":         {short, 4},
		"taken away":        {audit.Trail{Subject: "a"}, 1},
		"one event changed": {torn, 4},
		"gone on with":      {longer, -1},
	} {
		stored["a"] = c.as
		out, err := invoke(`{"day":"` + witnessed + `"}`)
		switch {
		case c.event < 0:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case err == nil || len(out.Faults) != 1 || out.Faults[0].Subject != "a" || out.Faults[0].Event != c.event:
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	redacted := withRedaction(t, good, 3)
	stored["a"] = redacted
	if _, err := invoke(streamed("MODIFY", 190, redacted, 3)); err != nil {
		t.Fatal(err)
	}
	if out, err := invoke(`{"day":"` + witnessed + `"}`); err != nil {
		t.Errorf("an event that the trail says was redacted: %+v, %v", out, err)
	}
	unvouched := redacted
	unvouched.Stored, unvouched.Head, unvouched.Events = redacted.Stored[:4], good.Head, 4
	stored["a"] = unvouched
	if out, err := invoke(`{"day":"` + witnessed + `"}`); err == nil || len(out.Faults) != 1 || out.Faults[0].Event != 3 {
		t.Errorf("one that it does not say so of: %+v, %v", out, err)
	}
	stored["a"] = good
	delete(notes.texts[witnessed], "190-190")
	if _, err := invoke(streamed("MODIFY", 200, good, 2)); err != nil {
		t.Fatal(err)
	}
	if out, err := invoke(`{"day":"` + witnessed + `"}`); err == nil || len(out.Faults) != 1 || out.Faults[0].Event != 2 {
		t.Errorf("an event that was changed and changed back: %+v, %v", out, err)
	}
	if _, err := invoke(streamed("REMOVE", 300, other, 1)); err != nil {
		t.Fatal(err)
	}
	if out, err := invoke(`{"day":"` + witnessed + `"}`); err == nil || len(out.Faults) != 2 {
		t.Errorf("an event that was removed: %+v, %v", out, err)
	}
}

func TestAWitnessSaysWhatItCouldNotDo(t *testing.T) {
	t.Parallel()
	notes := &notebook{texts: map[string]map[string]string{}}
	w := lambdafn.Witness(notes, chains{}, func() time.Time { return time.Date(2026, 3, 5, 1, 30, 0, 0, time.UTC) })
	invoke := func(payload string) error {
		_, err := w.Invoke(t.Context(), []byte(payload))
		return err
	}
	if err := invoke(`{"day":"yesterday"}`); err == nil || !strings.Contains(err.Error(), "2026-03-09") {
		t.Errorf("no day: %v", err)
	}
	if err := invoke(`{`); err == nil {
		t.Error("no event is taken for one")
	}
	if err := invoke(`{"Records":[` + record("INSERT", "1", "O#00000001", "{}") + `]}`); err != nil || len(notes.texts) != 0 {
		t.Errorf("what is no event of a trail: %v, %v", err, notes.texts)
	}
	if err := invoke(`{"Records":[` + record("INSERT", "1", "E#00000001", "{") + `]}`); err == nil {
		t.Error("an event that cannot be read is passed over")
	}
	notes.err = errors.New("SlowDown")
	if err := invoke(streamed("INSERT", 1, trail(t, "a", 1, "x"), 1)); err == nil {
		t.Error("a batch that was not noted is done") // the stream has to hand it over again
	}
	if err := invoke(`{}`); err == nil {
		t.Error("a day that cannot be read is in order")
	}
}
