package invitation_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/invitation"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

var general = approval.Call{Actor: approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}}

// desk is one on the embedded store, and an issue in whose consultation a village
// committee, party number 2, votes until the day after.
func desk(t *testing.T, random io.Reader) (*invitation.Desk, approval.IssueID, *approvaltest.Clock) {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	clock := approvaltest.NewClock(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	service := approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		store.New(file.Table()), &approvaltest.Stillness{}, clock.Now, approvaltest.IDs())
	petition := approval.Petition{Project: "fenjiang-west-bank", Title: "交通疏导", Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-transport"}}}
	issue, _, err := service.Create(t.Context(), approval.Raise{Petition: &petition}, approval.Call{Actor: approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Route(t.Context(), issue.ID, 1); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []approval.Command{
		approval.Convene{Cause: approval.OwnAccord, Reason: "多方协调"},
		approval.Schedule{
			At: clock.Now(), Place: "一号会议室", Agenda: []string{"方案"},
			Attendees: []approval.Attendee{{Unit: "cc-transport", Votes: true}, {Name: "何村代表", Organisation: "白坭村民委员会", Votes: true}},
			Ballot:    &approval.Ballot{Question: "按方案实施", Quorum: 100, Threshold: approval.Majority, Of: approval.OfCast, Until: calendar.MustParse("2026-03-03")},
		},
	} {
		if _, _, err := service.Do(t.Context(), issue.ID, cmd, general); err != nil {
			t.Fatal(err)
		}
	}
	return &invitation.Desk{Service: service, Random: random}, issue.ID, clock
}

func TestALinkHoldsTheWholeSecretAndTheIssueOnlyItsHash(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte{0xA5, 0x5A}, 16) // 256 bits
	d, id, _ := desk(t, bytes.NewReader(secret))
	given, err := d.Give(t.Context(), id, 2, general)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(secret)
	if given.Link != string(id)+".2."+text {
		t.Errorf("the link is %s", given.Link)
	}
	if l := given.Issue.Consultation.Meeting.Attendees[1].Link; l.Hash != approval.HashLink(text) {
		t.Errorf("kept is %+v", l)
	}
	if _, err := d.Give(t.Context(), id, 2, general); err == nil {
		t.Error("a link is given without a secret")
	}
	if o, err := d.Open(t.Context(), given.Link); err != nil || o.N != 2 || o.Party.Organisation != "白坭村民委员会" {
		t.Errorf("after an attempt that failed it opens %+v, %v", o.Party, err)
	}
}

func TestOfManyUsesOfALinkAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	d, id, _ := desk(t, rand.Reader)
	given, err := d.Give(t.Context(), id, 2, general)
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 8)
	for range cap(answers) {
		go func() {
			_, err := d.Cast(t.Context(), given.Link, approval.Cast{Choice: approval.For})
			answers <- err
		}()
	}
	counted := 0
	for range cap(answers) {
		switch err := <-answers; {
		case err == nil:
			counted++
		case err.Error() != approval.NoLink().Error():
			t.Errorf("a use too many is answered %v", err)
		}
	}
	issue, err := d.Service.Store().Issue(t.Context(), id)
	if b := issue.Consultation.Meeting.Ballot; err != nil || counted != 1 || b.For != 1 || b.Cast() != 1 {
		t.Errorf("%d were taken, and the vote is %+v, %v", counted, b, err)
	}
}

func FuzzALinkThatNobodyGaveOpensNothing(f *testing.F) {
	for _, link := range []string{"", ".", "..", "...", "x.2.", "x.-1.y", strings.Repeat(".", 200), "\xff.1.\x00"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		d, id, _ := desk(t, rand.Reader)
		for _, link := range []string{link, string(id) + "." + link, string(id) + ".2." + link} {
			if _, err := d.Open(t.Context(), link); err == nil || err.Error() != approval.NoLink().Error() {
				t.Errorf("%q is answered %v", link, err)
			}
		}
	})
}
