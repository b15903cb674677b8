package session_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/session"
	"lianban/shared/store"
)

type office struct {
	*testing.T
	now   time.Time
	table *store.Memory
	desk  *session.Desk
}

func open(t *testing.T) *office {
	o := &office{T: t, now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), table: store.NewMemory(nil)}
	o.desk = session.New(store.New(o.table), func() time.Time { return o.now }, rand.Reader)
	return o
}

var officer = roster.Post{Role: roster.Officer, Unit: "cc-water"}

func (o *office) in(person roster.PersonID, subject, issuer string) string {
	o.Helper()
	secret, err := o.desk.Open(o.Context(), access.Subject{Person: person, ID: subject, Session: issuer}, officer, "")
	if err != nil {
		o.Fatal(err)
	}
	o.now = o.now.Add(time.Second)
	return secret
}

func (o *office) runs(secret string) bool {
	o.Helper()
	id, err := o.desk.Verify(o.Context(), secret)
	if err != nil && !errors.Is(err, access.ErrToken) {
		o.Fatal(err)
	}
	return err == nil && id.Post == officer
}

func as(person roster.PersonID, role roster.Role) approval.Call {
	return approval.Call{Actor: approval.Actor{Person: person, Role: role, Unit: "u"}}
}

func TestASessionLastsOneWorkingDayAndIsKnownByItsSecretAlone(t *testing.T) {
	t.Parallel()
	o := open(t)
	secret := o.in("a", "s", "")
	if !o.runs(secret) {
		t.Fatal("it does not run")
	}
	for name, guess := range map[string]string{"its id": o.desk.ID(secret), "its id as a secret": "lbs_" + o.desk.ID(secret), "its secret without the last letter": secret[:len(secret)-1], "nothing": ""} {
		if o.runs(guess) {
			t.Errorf("%s lets somebody in", name)
		}
	}
	o.now = o.now.Add(12*time.Hour - 2*time.Second)
	if !o.runs(secret) {
		t.Error("it ends too early")
	}
	if o.now = o.now.Add(2 * time.Second); o.runs(secret) {
		t.Error("it goes on after twelve hours")
	}
	if list, err := o.desk.Running(t.Context(), "a", as("a", roster.Officer).Actor); err != nil || len(list) != 0 {
		t.Errorf("listed afterwards: %v %v", list, err)
	}
}

func TestThePersonAndAdministratorsEndSessionsAndNobodyElse(t *testing.T) {
	t.Parallel()
	o := open(t)
	one, two, other := o.in("a", "s", ""), o.in("a", "s", ""), o.in("b", "t", "")
	list, err := o.desk.Running(t.Context(), "a", as("a", roster.Officer).Actor)
	if err != nil || len(list) != 2 || list[0].ID != o.desk.ID(two) {
		t.Fatalf("%+v %v", list, err)
	}
	if err := o.desk.End(t.Context(), "a", o.desk.ID(one), as("b", roster.Officer)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("a colleague: %v", err)
	}
	if err := o.desk.End(t.Context(), "a", o.desk.ID(other), as("a", roster.Officer)); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("a colleague's session among one's own: %v", err)
	}
	if err := o.desk.End(t.Context(), "a", o.desk.ID(one), as("a", roster.Officer)); err != nil || o.runs(one) || !o.runs(two) {
		t.Errorf("one of one's own: %v", err)
	}
	if err := o.desk.End(t.Context(), "a", "", as("x", roster.Administrator)); err != nil || o.runs(two) || !o.runs(other) {
		t.Errorf("all, by an administrator: %v", err)
	}
	if err := o.desk.Close(t.Context(), other, as("b", roster.Officer).Actor); err != nil || o.runs(other) {
		t.Errorf("signing out: %v", err)
	}
	for _, secret := range []string{other, "lbs_unknown", "an issuer's token"} {
		if err := o.desk.Close(t.Context(), secret, as("b", roster.Officer).Actor); err != nil {
			t.Errorf("signing out of what has ended: %v", err)
		}
	}
}

func TestTheIssuerEndsWhatItNames(t *testing.T) {
	t.Parallel()
	o := open(t)
	one, two, other := o.in("a", "s", "sid-1"), o.in("a", "s", "sid-2"), o.in("b", "t", "sid-1")
	if err := o.desk.Left(t.Context(), "", "sid-1"); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("without a subject: %v", err)
	}
	if err := o.desk.Left(t.Context(), "s", "sid-1"); err != nil || o.runs(one) || !o.runs(two) || !o.runs(other) {
		t.Errorf("one sign-in: %v", err)
	}
	for range 2 { // the issuer tells it again
		if err := o.desk.Left(t.Context(), "s", ""); err != nil || o.runs(two) || !o.runs(other) {
			t.Errorf("all of a subject: %v", err)
		}
	}
}

func TestSignInsStayOnRecordWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	o := open(t)
	secret := o.in("a", "s", "")
	if err := o.desk.Close(t.Context(), secret, as("a", roster.Officer).Actor); err != nil {
		t.Fatal(err)
	}
	kept := store.New(o.table)
	id := o.desk.ID(secret)
	record, err := kept.Record(t.Context(), "session", id)
	if err != nil || record.Events != 2 || bytes.Contains(record.Body, []byte(secret)) {
		t.Errorf("%+v %v", record, err)
	}
	events, _, err := kept.Trail(t.Context(), "session", id, 0, approval.Page{})
	if err != nil || len(events) != 2 || events[0].Kind != "sign_in" || events[1].Kind != "sign_out" || events[1].By.Person != "a" {
		t.Errorf("%+v %v", events, err)
	}
	if err := approval.VerifyChain(events, record.Head); err != nil {
		t.Error(err)
	}
}
