package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/roster"
)

func TestADecisionWinsOverTheTimerThatFiresAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"decision", "timer"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.raise(parties("cc-water")).settled()
			wake, _ := h.engine.NextWake()
			h.clock.Set(wake)
			if first == "decision" {
				h.grant(1) // committed, and not yet told to the machine
				if err := h.engine.Wake(h.ctx); err != nil {
					t.Fatal(err)
				}
			} else {
				if err := h.engine.Wake(h.ctx); err != nil {
					t.Fatal(err)
				}
				h.grant(1) // while the machine is about to check the clock
			}
			h.ended(approval.Concluded)
			if n := h.count(approval.EvRemind); n != 0 {
				t.Errorf("of a decided sign-off, its department was reminded %d times", n)
			}
		})
	}
}

func TestADecisionBeforeTheTokenIsStoredCompletesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invoke = func(function string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		if function == "AskDepartment" {
			h.grant(1) // the officer is faster than the machine
			h.invoke = nil
		}
		return call()
	}
	h.raise(parties("cc-water"))
	h.ended(approval.Concluded)
	if n := h.count(approval.EvAsk); n != 0 {
		t.Errorf("a token was stored with a sign-off that was decided")
	}
}

func TestATokenCompletedTwiceMovesTheMachineOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water", "cc-transport")).settled()
	token := h.token(1)
	h.grant(1)
	var records []approval.Outbox
	for shard := range approval.Shards {
		found, _, err := h.store.Outbox(h.ctx, shard, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, found...)
	}
	h.settled()
	for range 3 {
		if n, err := h.relay.Deliver(h.ctx, records); err != nil || n != len(records) {
			t.Errorf("delivered again: %d of %d, %v", n, len(records), err)
		}
	}
	if err := (flows{h}).Succeed(h.ctx, token, []byte("{}")); !errors.Is(err, approval.ErrMovedOn) {
		t.Errorf("a used token answers %v", err)
	}
	h.settled()
	h.wantIn(1, "Ask department")
	h.grant(2)
	h.ended(approval.Concluded)
}

func TestACrashBetweenCommitAndCompletionGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water"))
	h.reopen() // raised, and the execution not yet started
	h.settled()
	h.wantIn(1, "Ask department")
	h.grant(1)
	h.reopen() // decided, and the token not yet completed
	h.wantIn(1, "Ask department")
	h.ended(approval.Concluded)
}

func TestASupplementAskedForWhileTheMachineAsks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invoke = func(function string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		if function == "AskDepartment" {
			h.must(officer("cc-water"), approval.AskSupplement{SignOff: 1, Papers: []string{"断面图"}})
			h.invoke = nil
		}
		return call()
	}
	h.raise(parties("cc-water")).settled()
	issue := h.issue()
	if w := issue.Watch(1); w.Token == "" || w.Clock != issue.SignOff(1).Clock {
		t.Errorf("the machine waits by an old clock: %+v", w)
	}
	if !strings.Contains(string(h.record()), "TaskFailed Approval.Recheck") {
		t.Error("the ask was not told that the clock had changed")
	}
	h.at("2026-03-12 09:00")
	h.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	h.settled()
	// Asked for on Monday, answered on Thursday: the reminder, too, is three working days later.
	wake, ok := h.engine.NextWake()
	if want := shanghai("2026-03-18 00:00"); !ok || !wake.Equal(want) {
		t.Errorf("the machine looks at %s, want %s", wake.In(calendar.Shanghai), want.In(calendar.Shanghai))
	}
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestAClockRevisedBetweenCheckAndAskIsCheckedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water")).settled()
	checked := 0
	h.invoke = func(function string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		out, err := call()
		if function == "CheckClock" {
			if checked++; checked == 1 {
				h.must(officer("cc-water"), approval.AskSupplement{SignOff: 1, Papers: []string{"断面图"}})
			}
		}
		return out, err
	}
	h.at("2026-03-13 00:00").settled() // the reminder: the clock is checked, and changes
	if checked != 2 {
		t.Errorf("the clock was checked %d times", checked)
	}
	issue := h.issue()
	if w := issue.Watch(1); w.Token == "" || w.Clock != issue.SignOff(1).Clock {
		t.Errorf("the machine waits by an old clock: %+v", w)
	}
	h.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	h.settled()
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestAnObjectionWhileOthersAreOpenWaitsForThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water", "cc-transport", "cc-housing")).settled()
	h.object(1)
	h.settled()
	h.wantIn(1, "Ask department")
	h.grant(2)
	h.settled()
	h.grant(3)
	h.settled()
	h.wantIn(1, "Hold consultation")
	h.rule(generalBranch, 1, approval.SetAside)
	h.ended(approval.Concluded)
}

func TestARulingBeforeTheMachineHoldsTheConsultation(t *testing.T) {
	t.Parallel()
	for _, outcome := range []approval.Outcome{approval.SetAside, approval.Uphold, approval.Revise} {
		for _, before := range []string{"Tally", "Consult"} {
			t.Run(fmt.Sprint(outcome, " before ", before), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.raise(parties("cc-water")).settled()
				h.object(1)
				h.invoke = func(function string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
					if function == before {
						h.rule(generalBranch, 1, outcome)
						h.invoke = nil
					}
					return call()
				}
				h.settled()
				if outcome == approval.Revise {
					h.wantStatus(approval.Returned)
					h.must(secretary, approval.Resubmit{Note: "已修改"})
					h.settled()
					h.grant(1)
				}
				h.ended(approval.Concluded)
			})
		}
	}
}

func TestAConsultationNobodyRulesOnClimbsToTheHeadquarters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water")).settled()
	h.object(1)
	h.at("2026-03-12 00:00").settled() // the general branch had until Wednesday's end
	issue := h.issue()
	if con := issue.Consultation; con.Tier != roster.TierHeadquarters || con.DueOn.On != calendar.MustParse("2026-03-16") {
		t.Fatalf("%+v", con)
	}
	h.wantIn(1, "Hold consultation")
	h.at("2026-03-30 09:00").settled()
	if tier := h.issue().Consultation.Tier; tier != roster.TierHeadquarters {
		t.Errorf("after two weeks of silence it is with the %s", tier)
	}
	h.wantIn(1, "Hold consultation")
	h.rule(headquarters, 1, approval.SetAside)
	h.ended(approval.Concluded)
}

func TestAConsultationClimbsWhileAnotherDepartmentStillHasTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := parties("cc-water")
	p.Items = []catalog.ItemNo{36} // until the end of the month
	h.raise(p).settled()
	h.object(2)
	h.at("2026-03-12 00:05").sweep()
	if tier := h.issue().Consultation.Tier; tier != roster.TierHeadquarters {
		t.Errorf("the deadline passed and it is still with the %s", tier)
	}
	h.rule(headquarters, 2, approval.SetAside)
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestARevocationWhileTheConsultationIsHeldIsAskedForAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := parties("cc-water")
	p.Items = []catalog.ItemNo{25}
	h.raise(p).settled()
	h.must(h.by(1), pledge(1, "补齐", "2026-03-11", ""))
	h.at("2026-03-12 00:05").sweep()
	h.at("2026-03-12 09:00").object(2)
	h.settled()
	h.wantIn(1, "Hold consultation")
	h.must(leader("cc-natural-resources"), approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "逾期未履行"})
	h.settled()
	h.wantIn(1, "Ask department")
	h.grant(1)
	h.settled()
	h.wantIn(1, "Hold consultation")
	h.rule(generalBranch, 2, approval.SetAside)
	h.ended(approval.Concluded)
	if n := h.count(approval.EvMiss); n != 1 {
		t.Errorf("the duty was missed %d times", n)
	}
}

func TestTheSweepFindsADutyMissedAfterTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(approval.Petition{Project: "fenjiang-west-bank", Title: "规划许可", Items: []catalog.ItemNo{25}}).settled()
	h.must(h.by(1), pledge(1, "补齐", "2026-04-20", ""))
	h.ended(approval.Concluded)
	if swept := h.at("2026-04-20 23:59").sweep(); swept.Looked != 0 {
		t.Errorf("before the date has passed: %+v", swept)
	}
	if swept := h.at("2026-04-21 00:05").sweep(); swept.Looked != 1 || h.count(approval.EvMiss) != 1 {
		t.Errorf("after it: %+v, missed %d times", swept, h.count(approval.EvMiss))
	}
	if issue := h.issue(); len(issue.Watches) != 1 || issue.SignOff(1).Duties[0].State != approval.DutyMissed {
		t.Errorf("left behind %+v, duty %+v", issue.Watches, issue.SignOff(1).Duties)
	}
	h.reopen()
	h.must(leader("cc-natural-resources"), approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "逾期未履行"})
	h.settled()
	h.wantIn(1, "")
	h.wantIn(2, "Ask department")
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestWithdrawingWhileATaskIsBeingAsked(t *testing.T) {
	t.Parallel()
	for _, function := range []string{"RouteIssue", "AskDepartment", "Tally", "Consult", "CheckClock"} {
		for _, when := range []string{"before", "after"} {
			t.Run(when+" "+function, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.invoke = func(called string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
					if called != function {
						return call()
					}
					h.invoke = nil
					if when == "before" {
						h.must(secretary, approval.Withdraw{Reason: "线位调整"})
						return call()
					}
					out, err := call()
					h.must(secretary, approval.Withdraw{Reason: "线位调整"})
					return out, err
				}
				h.raise(parties("cc-water", "cc-transport")).settled()
				if h.issue().Status != approval.Withdrawn {
					h.object(1)
					h.at("2026-03-16 00:00").settled()
				}
				if h.issue().Status != approval.Withdrawn {
					h.grant(2)
				}
				h.ended(approval.Withdrawn)
			})
		}
	}
}

// sweep sweeps once and lets what it set off happen.
func (h *house) sweeper() approval.Sweep {
	return approval.Sweep{Service: h.service, Relay: h.relay, Grace: 2 * time.Minute}
}

func (h *house) sweep() approval.Swept {
	h.Helper()
	swept, err := h.sweeper().Run(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	h.settled()
	return swept
}

func TestTheSweepDeliversWhatTheRelayCouldNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.relayed = false
	h.raise(parties("cc-water")).settled()
	if swept := h.sweep(); swept.Delivered != 0 {
		t.Errorf("the sweep took what the relay may still be delivering: %+v", swept)
	}
	h.clock.Add(3 * time.Minute)
	if swept := h.sweep(); swept.Delivered != 1 {
		t.Errorf("%+v", swept)
	}
	h.wantIn(1, "Ask department")
	h.grant(1)
	h.clock.Add(3 * time.Minute)
	if swept := h.sweep(); swept.Delivered != 2 { // the routed round, for the figures, and the grant
		t.Errorf("%+v", swept)
	}
	h.relayed = true
	h.ended(approval.Concluded)
}

func TestTheSweepLooksAtAClockThatNoMachineWatches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.relayed = false // the execution never starts
	h.raise(parties("cc-water"))
	if _, err := h.service.Route(h.ctx, h.id, 1); err != nil {
		t.Fatal(err)
	}
	h.clock.Set(shanghai("2026-03-16 00:03"))
	if w := h.issue().Watches[0]; w.Token != "" {
		t.Fatalf("%+v", w)
	}
	sweep := approval.Sweep{Service: h.service, Relay: approval.Relay{Store: h.store, Workflows: flows{h}}, Grace: 2 * time.Minute}
	swept, err := sweep.Run(h.ctx)
	if err != nil || swept.Looked != 1 {
		t.Fatalf("%+v %v", swept, err)
	}
	if light := h.issue().Light; light != approval.Yellow {
		t.Errorf("the light is %s", light)
	}
	if swept, err = sweep.Run(h.ctx); err != nil || swept.Looked != 0 {
		t.Errorf("a second sweep: %+v %v", swept, err)
	}
	h.settled()
	h.relayed = true
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestTheSweepAndALateTimerDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water")).settled()
	h.clock.Set(shanghai("2026-03-16 00:03")) // the timer is late
	if swept := h.sweep(); swept.Nudged != 1 {
		t.Fatalf("%+v", swept)
	}
	h.at("2026-03-16 00:04").settled() // now it fires
	issue := h.issue()
	if w := issue.Watch(1); issue.Light != approval.Yellow || w.Token == "" || w.Clock != issue.SignOff(1).Clock {
		t.Errorf("%s, %+v", issue.Light, w)
	}
	if n := h.count(approval.EvYellow); n != 1 {
		t.Errorf("it turned yellow %d times", n)
	}
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestAStrayWakeUpChangesNothingButTheToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water")).settled()
	w := h.issue().Watches[0]
	h.clock.Set(shanghai("2026-03-12 12:00"))
	h.must(approval.Actor{Person: "cc-water-officer-1", Role: roster.Officer, Unit: "cc-water"}, approval.Claim{SignOff: 1})
	if got := h.issue().Watches[0]; got != w {
		t.Errorf("a claim moved the watch from %+v to %+v", w, got)
	}
	if err := (flows{h}).Fail(h.ctx, w.Token, approval.RecheckError, ""); err != nil {
		t.Fatal(err)
	}
	h.settled()
	if got := h.issue().Watches[0]; got.Token == w.Token || !got.WakeAt.Equal(w.WakeAt) {
		t.Errorf("after a stray wake-up the machine waits with %+v", got)
	}
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestTheSweepTakesADeadTokenFromItsWatch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water")).settled()
	if err := h.engine.Abort(h.ctx, engine.ExecutionID(machineName, approval.ExecutionName(h.id, 1)), "Operator", "by hand"); err != nil {
		t.Fatal(err)
	}
	h.clock.Set(shanghai("2026-03-16 00:03"))
	if swept := h.sweep(); swept.Nudged != 1 {
		t.Fatalf("%+v", swept)
	}
	h.clock.Add(3 * time.Minute)
	h.sweep()
	issue := h.issue()
	if w := issue.Watch(1); w.Token != "" || issue.Light != approval.Yellow {
		t.Errorf("%+v, %s", w, issue.Light)
	}
	h.clock.Set(shanghai("2026-03-17 00:03"))
	h.sweep()
	if light := h.issue().Light; light != approval.Red {
		t.Errorf("without its machine the light is %s", light)
	}
}

func TestWhatNobodyExpectedWaitsForAnOperatorAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, function := range []string{"RouteIssue", "AskDepartment", "CheckClock", "Tally", "Consult", "CloseIssue"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			fail := func(called string, payload []byte, call func() ([]byte, error)) ([]byte, error) {
				if called == function && !strings.Contains(string(payload), `"for":"operator"`) {
					h.invoke = nil
					return nil, errors.New("disk on fire")
				}
				return call()
			}
			h.invoke = fail
			h.raise(parties("cc-water", "cc-transport")).settled()
			if function != "RouteIssue" && function != "AskDepartment" {
				h.object(1)
				h.grant(2)
				if function == "CheckClock" {
					h.must(secretary, approval.Withdraw{Reason: "不办了"})
					t.Skip("its clock is tried below")
				}
				h.settled()
				if function == "CloseIssue" {
					h.rule(generalBranch, 1, approval.SetAside)
					h.settled()
				}
			}
			issue := h.issue()
			if issue.Hold == nil || !strings.Contains(issue.Hold.Cause, "disk on fire") {
				t.Fatalf("the trouble is not on the issue: %+v in %s", issue.Hold, h.in(1))
			}
			h.wantIn(1, "Hold for operator")
			h.at("2026-03-11 09:00") // it keeps waiting
			h.must(administrator, approval.Resume{Reason: "磁盘已更换"})
			h.settled()
			if h.issue().Hold != nil {
				t.Error("still held")
			}
			issue = h.issue()
			for k := range issue.SignOffs {
				switch s := &issue.SignOffs[k]; s.State {
				case approval.Open:
					h.grant(s.N)
				case approval.Objection:
					h.rule(generalBranch, s.N, approval.SetAside)
				}
			}
			h.ended(approval.Concluded)
		})
	}
}

func TestAFailedLookAtTheClockWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water", "cc-transport")).settled()
	h.invoke = func(called string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		if called == "CheckClock" {
			h.invoke = nil
			return nil, errors.New("disk on fire")
		}
		return call()
	}
	h.at("2026-03-16 00:00").settled()
	if h.issue().Hold == nil {
		t.Fatal("the trouble is not on the issue")
	}
	h.grant(1) // departments go on while the machine is held
	h.must(administrator, approval.Resume{Reason: "磁盘已更换"})
	h.settled()
	h.grant(2)
	h.ended(approval.Concluded)
}

func TestAHoldIsAskedForAgainEveryWeek(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invoke = func(called string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		if called == "RouteIssue" {
			h.invoke = nil
			return nil, errors.New("disk on fire")
		}
		return call()
	}
	h.raise(parties("cc-water")).settled()
	first := h.token(41)
	h.at("2026-03-30 09:00").settled()
	h.wantIn(1, "Hold for operator")
	if second := h.token(41); second == first {
		t.Error("the token of three weeks ago is still the one on the issue")
	}
	h.must(administrator, approval.Resume{Reason: "磁盘已更换"})
	h.settled()
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestALostRaceInTheStoreIsTriedAgainByTheMachine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conflicts := 0
	h.invoke = func(function string, _ []byte, call func() ([]byte, error)) ([]byte, error) {
		if function != "AskDepartment" && conflicts < 4 {
			conflicts++
			return nil, &engine.FunctionError{Name: "Approval.Conflict", Cause: "another commit came first"}
		}
		return call()
	}
	h.raise(parties("cc-water")).settled()
	h.at("2026-03-09 09:05").settled()
	if conflicts != 4 || h.issue().Hold != nil {
		t.Fatalf("%d conflicts, hold %+v", conflicts, h.issue().Hold)
	}
	h.wantIn(1, "Ask department")
	h.grant(1)
	h.ended(approval.Concluded)
}

func TestAnObjectionBeforeTheSecondRoundIsRouted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water", "cc-transport")).settled()
	h.object(1)
	h.settled()
	h.rule(generalBranch, 1, approval.Revise)
	h.settled()
	h.must(secretary, approval.Resubmit{Note: "已修改"})
	h.object(2) // its part stayed open, and the second round has not started
	h.settled()
	issue := h.issue()
	if issue.SignOff(1).State != approval.Open {
		t.Fatalf("what was to be redone is %s", issue.SignOff(1).State)
	}
	h.grant(1)
	h.settled()
	h.rule(generalBranch, 2, approval.SetAside)
	h.ended(approval.Concluded)
}

func TestManyAnswersAtOnceEachCountOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	departments := []roster.DepartmentID{"cc-water", "cc-transport", "cc-traffic-police", "cc-housing", "cc-urban-management"}
	h.raise(parties(departments...)).settled()
	errs := make(chan error, 4*len(departments))
	for k, d := range departments {
		for try := range 4 {
			go func() {
				_, _, err := h.service.Do(h.ctx, h.id, approval.Grant{SignOff: k + 1}, approval.Call{Actor: officer(d), Key: fmt.Sprint("answer-", k, try)})
				errs <- err
			}()
		}
	}
	won := 0
	for range cap(errs) {
		switch err := <-errs; {
		case err == nil:
			won++
		case !approval.IsKind(err, approval.Closed):
			t.Errorf("a late answer is told %v", err)
		}
	}
	if won != len(departments) {
		t.Errorf("%d of %d answers counted", won, len(departments))
	}
	h.ended(approval.Concluded)
	if kinds := slices.DeleteFunc(h.events(), func(e approval.Event) bool { return e.Kind != approval.EvApprove }); len(kinds) != len(departments) {
		t.Errorf("%d approvals on record", len(kinds))
	}
}
