package measure

import (
	"context"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// slow is a store without figures in which each partition takes a while to read.
type slow struct {
	Store
	lock  sync.Mutex
	now   time.Time
	takes time.Duration
	reads int
}

func (s *slow) Figures(context.Context, Month, roster.DistrictCode, string, approval.Page) ([]Record, approval.Cursor, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.reads++
	s.now = s.now.Add(s.takes)
	return nil, "", nil
}

// idle are issues of which nothing is to be delivered.
type idle struct{ approval.Store }

func (idle) Outbox(context.Context, int, approval.Page) ([]approval.Outbox, approval.Cursor, error) {
	return nil, "", nil
}

func (s *slow) pass(d time.Duration) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.now = s.now.Add(d)
}

func (s *slow) keeper() *Keeper {
	rules := approval.Rules{Calendar: calendar.China(), Roster: roster.Demo()}
	return &Keeper{Store: s, Issues: idle{}, Rules: func() approval.Rules { return rules }, Now: func() time.Time {
		s.lock.Lock()
		defer s.lock.Unlock()
		return s.now
	}}
}

// one is a question that is answered by one month and what is open: four reads.
func one(s *slow) Query {
	return Query{From: calendarMonth(s.now), To: calendarMonth(s.now), Districts: []roster.DistrictCode{"d"}}
}

func calendarMonth(t time.Time) Month { return Month(calendar.Of(t).String()[:7]) }

func TestFiguresAreKeptAsLongAsTheyTookToRead(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 11, 4, 0, 0, 0, time.UTC)
	recent := func(k *Keeper, q Query) *Data {
		t.Helper()
		d, err := k.Recent(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("what takes no time is read every time", func(t *testing.T) {
		s := &slow{now: noon}
		k := s.keeper()
		if a, b := recent(k, one(s)), recent(k, one(s)); a == b || s.reads != 8 {
			t.Errorf("%d reads", s.reads)
		}
	})
	t.Run("what takes a second in all is kept for fifty", func(t *testing.T) {
		s := &slow{now: noon, takes: time.Second / 4}
		k := s.keeper()
		a := recent(k, one(s))
		if s.pass(49 * time.Second); recent(k, one(s)) != a {
			t.Error("it is not kept")
		}
		if s.pass(2 * time.Second); recent(k, one(s)) == a {
			t.Error("it is kept for longer")
		}
	})
	t.Run("another question, another day and another roster have answers of their own", func(t *testing.T) {
		s := &slow{now: noon, takes: time.Minute / 4}
		k := s.keeper()
		a := recent(k, one(s))
		q := one(s)
		q.Department = "water"
		if recent(k, q) == a {
			t.Error("another question has the same answer")
		}
		rules := k.Rules()
		rules.Roster = new(roster.Roster)
		k.Rules = func() approval.Rules { return rules }
		if recent(k, one(s)) == a {
			t.Error("another roster has the same answer")
		}
		s.now = time.Date(2026, 3, 11, 15, 59, 50, 0, time.UTC)
		b := recent(k, one(s))
		if s.pass(time.Minute); recent(k, one(s)) == b {
			t.Error("tomorrow has the same answer")
		}
	})
	t.Run("what has just become too old is answered once more and read behind", func(t *testing.T) {
		s := &slow{now: noon, takes: time.Second / 4}
		k := s.keeper()
		var behind []func()
		k.Behind = func(f func()) { behind = append(behind, f) }
		a := recent(k, one(s))
		s.pass(60 * time.Second)
		for range 2 {
			if recent(k, one(s)) != a {
				t.Fatal("it is read anew while somebody waits")
			}
		}
		if len(behind) != 1 {
			t.Fatalf("it is read behind %d times", len(behind))
		}
		behind[0]()
		b := recent(k, one(s))
		if b == a {
			t.Error("what was read behind is not answered")
		}
		if s.pass(101 * time.Second); recent(k, one(s)) == b {
			t.Error("what nobody asked for in a long while is answered as if it were new")
		}
	})
	t.Run("it is let go of when it is kept no longer, and when it is too much", func(t *testing.T) {
		s := &slow{now: noon, takes: time.Second / 4}
		k := s.keeper()
		recent(k, one(s)).Version.Records = keptRecords
		q := one(s)
		q.Department = "water"
		recent(k, q).Version.Records = 1
		q.Department = "land"
		recent(k, q)
		if len(k.answers.of) != 2 {
			t.Errorf("%d are kept", len(k.answers.of))
		}
		s.pass(time.Hour)
		if recent(k, one(s)); len(k.answers.of) != 1 {
			t.Errorf("after an hour %d are kept", len(k.answers.of))
		}
	})
	t.Run("many who ask at once read once", func(t *testing.T) {
		s := &slow{now: noon, takes: time.Second}
		k := s.keeper()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := k.Recent(t.Context(), one(s)); err != nil {
					t.Error(err)
				}
			})
		}
		if wg.Wait(); s.reads != 4 {
			t.Errorf("%d reads", s.reads)
		}
	})
}
