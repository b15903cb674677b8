// Package intaketest is the truth about intake.Service on a store: what holds of
// requests, of the pool and of imported tables on every store that keeps the contracts
// of issues and of records.
//
// It must not know any store.
package intaketest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

// Opened is an empty store under test. Settle, when not nil, returns once indexes have
// caught up with every acknowledged commit.
type Opened struct {
	Issues approval.Store
	Docket docket.Store
	Settle func()
}

// Service is what holds of intake.Service on a store.
func Service(t *testing.T, open func(t testing.TB) Opened) {
	run := func(name string, f func(t *testing.T, open opener)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, func(t testing.TB) *desk { return house(open(t)) })
		})
	}
	run("ReceiptNumbersRunPerYearWithoutGapsOrDoubles", receiptNumbersRunPerYearWithoutGapsOrDoubles)
	run("CrashesLeaveNoGapAmongReceiptNumbers", crashesLeaveNoGapAmongReceiptNumbers)
	run("ARequestBecomesOneIssueThoughKilledBetweenTheCommits", aRequestBecomesOneIssueThoughKilledBetweenTheCommits)
	run("ACutRequestIsTheSameIssueForWhoeverRepeatsIt", aCutRequestIsTheSameIssueForWhoeverRepeatsIt)
	run("ManyAtOnceMakeOneIssueOfARequest", manyAtOnceMakeOneIssueOfARequest)
	run("TheIssueKeepsItsRequestWhenTheDraftIsWrittenAnew", theIssueKeepsItsRequestWhenTheDraftIsWrittenAnew)
	run("AnAnswerIsOwedOnceTheIssueHasEnded", anAnswerIsOwedOnceTheIssueHasEnded)
	run("OpenRequestsGoWithTheirProjectAndToSuccessors", openRequestsGoWithTheirProjectAndToSuccessors)
	run("TheReplyClockFollowsAHolidayNotice", theReplyClockFollowsAHolidayNotice)
	run("LightsTurnWithTheReplyClock", lightsTurnWithTheReplyClock)
	run("WhoMayDoWhatInWhichStatus", whoMayDoWhatInWhichStatus)
	run("ADepartmentHandsOnWhatIsNotItsOwn", aDepartmentHandsOnWhatIsNotItsOwn)
	run("TheCheckCodeOpensOneRequestAndTellsNothingElse", theCheckCodeOpensOneRequestAndTellsNothingElse)
	run("TheTrailHoldsNoPersonalDataAndNoCode", theTrailHoldsNoPersonalDataAndNoCode)
	run("ARequesterRatesOnceAndOnlyWhenAnswered", aRequesterRatesOnceAndOnlyWhenAnswered)
	run("RegistrationNamesTheFieldAtFault", registrationNamesTheFieldAtFault)
	run("ListsStandByLastDayAndShowOnlyTheOwn", listsStandByLastDayAndShowOnlyTheOwn)
	run("AClaimRaceHasOneWinner", aClaimRaceHasOneWinner)
	run("AMatterIsClaimedReportedAndConfirmed", aMatterIsClaimedReportedAndConfirmed)
	run("AUnitWithoutAnAccountClaimsThroughSomebodyElseThanThePublisher", aUnitWithoutAnAccountClaimsThroughSomebodyElseThanThePublisher)
	run("AMatterGoesOnWithWhoFollowsItsUnits", aMatterGoesOnWithWhoFollowsItsUnits)
	run("WhatNobodyClaimsExpiresWhenItIsNextLookedAt", whatNobodyClaimsExpiresWhenItIsNextLookedAt)
	run("WhoMayDoWhatWithAMatter", whoMayDoWhatWithAMatter)
	run("PublishingNamesTheFieldAtFault", publishingNamesTheFieldAtFault)
	run("ATableBecomesDraftsOnceHoweverOftenItIsImported", aTableBecomesDraftsOnceHoweverOftenItIsImported)
	run("AnImportNamesEveryFaultByRowAndColumnAndMakesNothing", anImportNamesEveryFaultByRowAndColumnAndMakesNothing)
	run("HostileTablesAreRefusedWhole", hostileTablesAreRefusedWhole)
	run("DuplicatesWaitForADecision", duplicatesWaitForADecision)
	run("TheBureauImportsForSeveralBranches", theBureauImportsForSeveralBranches)
	run("FiveHundredRowsAreImportedThoughCutOff", fiveHundredRowsAreImportedThoughCutOff)
}

// monday is a working day: 2026-03-02, nine in the morning in Shanghai.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// desk is the house with requests.
type desk struct {
	clock  *approvaltest.Clock
	issues *approval.Service
	intake *intake.Service
	store  *flaky
}

type opener func(t testing.TB) *desk

// flaky is a docket whose commits fail when they are told to, and whose lists wait
// until they have caught up: what may lag is no matter here.
type flaky struct {
	docket.Store
	settle func()
	fail   func(docket.Change) error
}

func (f *flaky) CommitRecord(ctx context.Context, c docket.Change) error {
	if f.fail != nil {
		if err := f.fail(c); err != nil {
			return err
		}
	}
	return f.Store.CommitRecord(ctx, c)
}

func (f *flaky) Records(ctx context.Context, q docket.Query, page approval.Page) ([]docket.Record, approval.Cursor, error) {
	f.settle()
	return f.Store.Records(ctx, q, page)
}

// patient are issues whose lists wait likewise.
type patient struct {
	approval.Store
	settle func()
}

func (p patient) Issues(ctx context.Context, q approval.IssueQuery, page approval.Page) ([]approval.Issue, approval.Cursor, error) {
	p.settle()
	return p.Store.Issues(ctx, q, page)
}

var errCut = errors.New("cut off")

func house(o Opened) *desk {
	if o.Settle == nil {
		o.Settle = func() {}
	}
	d := &desk{clock: approvaltest.NewClock(monday), store: &flaky{Store: o.Docket, settle: o.Settle}}
	d.issues = approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		patient{o.Issues, o.Settle}, &approvaltest.Stillness{}, d.clock.Now, approvaltest.IDs())
	var mu sync.Mutex
	codes := 0
	d.intake = intake.NewService(d.issues, d.store, func() string {
		mu.Lock()
		defer mu.Unlock()
		codes++
		return fmt.Sprintf("ABCDEFGHI%c", 'A'+codes%26)
	})
	return d
}
