package approval_test

import (
	"encoding/json"
	"slices"
	"testing"

	"lianban/shared/approval"
)

func TestTheChainShowsEveryFlipDeletionAndReorder(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	again(g)
	g.route().grant(1, 2, 3, 4, 5, 6)
	g.close()
	// What a store gives back is as good as what was written.
	var events []approval.Event
	text, err := json.Marshal(g.events)
	if err == nil {
		err = json.Unmarshal(text, &events)
	}
	if err != nil {
		t.Fatal(err)
	}
	head := g.issue.Head
	if err := approval.VerifyChain(events, head); err != nil {
		t.Fatal(err)
	}
	found := func(what string, at int, events []approval.Event, head string) {
		t.Helper()
		if approval.VerifyChain(events, head) == nil {
			t.Errorf("%s at event %d goes unnoticed", what, at+1)
		}
	}
	for k := range events {
		for _, flip := range []struct {
			what string
			do   func(e *approval.Event)
		}{
			{"another issue", func(e *approval.Event) { e.Issue = "other" }},
			{"another moment", func(e *approval.Event) { e.At = e.At.Add(1) }},
			{"another kind", func(e *approval.Event) { e.Kind = approval.EvApprove + e.Kind }},
			{"another actor", func(e *approval.Event) { e.By.Person += "x" }},
			{"another role", func(e *approval.Event) { e.By.Role += "x" }},
			{"another round", func(e *approval.Event) { e.Round++ }},
			{"another sign-off", func(e *approval.Event) { e.SignOff++ }},
			{"another before", func(e *approval.Event) { e.Before += "x" }},
			{"another after", func(e *approval.Event) { e.After += "x" }},
			{"another ground", func(e *approval.Event) { e.Ground += "x" }},
			{"another reason", func(e *approval.Event) { e.Reason += "x" }},
			{"another detail", func(e *approval.Event) { e.Detail = json.RawMessage(`{"forged":true}`) }},
			{"another hash", func(e *approval.Event) { e.Hash = "x" + e.Hash[1:] + "y" }},
		} {
			forged := slices.Clone(events)
			flip.do(&forged[k])
			found(flip.what, k, forged, head)
		}
		found("a deletion", k, slices.Delete(slices.Clone(events), k, k+1), head)
		cut := slices.Delete(slices.Clone(events), k, k+1)
		for m := k; m < len(cut); m++ {
			cut[m].Seq-- // a forger who closes the gap
		}
		found("a deletion with the numbers closed up", k, cut, head)
		found("a repetition", k, slices.Insert(slices.Clone(events), k, events[k]), head)
		if k > 0 {
			swapped := slices.Clone(events)
			swapped[k-1], swapped[k] = swapped[k], swapped[k-1]
			found("a reorder", k, swapped, head)
			swapped[k-1].Seq, swapped[k].Seq = swapped[k].Seq, swapped[k-1].Seq
			found("a reorder with the numbers put right", k, swapped, head)
			found("a cut tail", k, events[:k], head)
		}
		// A forger who computes every hash anew ends at another head.
		rewritten := slices.Clone(events)
		rewritten[k].Reason += "x"
		last := ""
		if k > 0 {
			last = rewritten[k-1].Hash
		}
		for m := k; m < len(rewritten); m++ {
			if err := rewritten[m].Chain(last, approval.SHA256); err != nil {
				t.Fatal(err)
			}
			last = rewritten[m].Hash
		}
		found("a rewritten tail", k, rewritten, head)
	}
	found("another head", 0, events, head+"x")
	if err := approval.VerifyChain(nil, ""); err != nil {
		t.Errorf("an issue without events: %v", err)
	}
}
