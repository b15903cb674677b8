package saving

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lianban/shared/calendar"
)

// replayByDay does what replay does a day at a time, looking at everything again and again.
func replayByDay(jobs []job, servers []int) []int {
	since, started := make([]int, len(jobs)), make([]int, len(jobs))
	done := make([]int, len(jobs))
	for i := range jobs {
		since[i], started[i], done[i] = -1, -1, -1
	}
	for day, left := 0, len(jobs); left > 0; day++ {
		for changed := true; changed; {
			changed = false
			for i, j := range jobs {
				isDone := func(r int) bool { return done[r] >= 0 && done[r] <= day }
				if since[i] < 0 && j.from <= day && !slices.ContainsFunc(j.requires, func(r int) bool { return !isDone(r) }) {
					since[i] = day
				}
			}
			for d, most := range servers {
				busy := 0
				for i, j := range jobs {
					if j.desk == d && started[i] >= 0 && started[i]+j.work > day {
						busy++
					}
				}
				for most == 0 || busy < most {
					next := -1
					for i, j := range jobs {
						if j.desk == d && since[i] >= 0 && started[i] < 0 && (next < 0 || since[i] < since[next]) {
							next = i
						}
					}
					if next < 0 {
						break
					}
					started[next], done[next] = day, day+jobs[next].work+jobs[next].stands
					busy++
					left--
					changed = true
				}
			}
		}
	}
	return done
}

func TestReplayAgreesWithOneDayAfterTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := make([]int, 3)
		for d := range servers {
			servers[d] = rapid.IntRange(0, 3).Draw(t, "servers")
		}
		jobs := make([]job, rapid.IntRange(0, 14).Draw(t, "jobs"))
		for i := range jobs {
			jobs[i] = job{
				from: rapid.IntRange(0, 8).Draw(t, "from"), desk: rapid.IntRange(0, 2).Draw(t, "desk"),
				work: rapid.IntRange(0, 4).Draw(t, "work"), stands: rapid.IntRange(0, 2).Draw(t, "stands"),
			}
			for r := range i {
				if rapid.IntRange(0, 4).Draw(t, "edge") == 0 {
					jobs[i].requires = append(jobs[i].requires, r)
				}
			}
		}
		if got, want := replay(jobs, servers), replayByDay(jobs, servers); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// Twelve issues raised on the same Monday: site 4 days at lands, then the permit 2 days at works.
func dozen() []Case {
	var all []Case
	start := on("2026-03-02")
	for i := range 12 {
		day := func(n int) calendar.Date { return calendar.China().After(start, n) }
		all = append(all, Case{ID: strconv.Itoa(i), Pieces: []Piece{
			{ID: "1", Item: "site", Department: "lands", Raised: start, Accepted: start, Decided: day(4)},
			{ID: "2", Item: "permit", Department: "works", Requires: []string{"1"}, Raised: start, Accepted: day(4), Decided: day(6)},
		}})
	}
	return all
}

func TestImagine(t *testing.T) {
	t.Parallel()
	cn := calendar.China()
	asItIs := Projection{Serial: 6, Critical: 6, Mean: 6, Median: 6, P90: 6}

	for _, c := range []struct {
		name     string
		servers  map[string]int
		scenario Scenario
		changed  int
		before   Projection
		after    Projection
	}{
		{"ChangesNothingForNothing", nil, Scenario{}, 0, asItIs, asItIs},
		{
			"KeepsALimit", nil,
			Scenario{Limits: map[string]int{"site": 3, "permit": 5}},
			12, asItIs,
			Projection{Serial: 5, Critical: 5, Mean: 5, Median: 5, P90: 5},
		},
		{
			"RemovesAPrerequisite", nil,
			Scenario{Without: []Requirement{{"permit", "site"}}},
			12, asItIs,
			Projection{Serial: 6, Critical: 4, Mean: 4, Median: 4, P90: 4},
		},
		{
			// Four at a time: done after 4, 8 and 12 days, and the permit 2 days later.
			"LetsWorkQueue", nil,
			Scenario{Capacity: map[string]int{"lands": 4}},
			8, asItIs,
			Projection{Serial: 6, Critical: 6, Mean: 10, Median: 10, P90: 14},
		},
		{
			"AddsServers",
			map[string]int{"lands": 4},
			Scenario{Capacity: map[string]int{"lands": 6}},
			6,
			Projection{Serial: 6, Critical: 6, Mean: 10, Median: 10, P90: 14},
			Projection{Serial: 6, Critical: 6, Mean: 8, Median: 6, P90: 10},
		},
		{
			// One queue for both: the permits stand behind the sites, which were there first and are done on day 12. Four permits
			// are then done on day 14, four on 16, four on 18.
			"MovesAnItemToAnotherQueue",
			map[string]int{"lands": 4},
			Scenario{Departments: map[string]string{"permit": "lands"}},
			12,
			Projection{Serial: 6, Critical: 6, Mean: 10, Median: 10, P90: 14},
			Projection{Serial: 6, Critical: 6, Mean: 16, Median: 16, P90: 18},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Imagine(cn, dozen(), c.servers, c.scenario)
			if err != nil {
				t.Fatal(err)
			}
			if got.N != 12 || got.Insufficient || got.Recorded != asItIs || got.Before != c.before || got.After != c.after || got.Changed != c.changed {
				t.Errorf("got  %+v\nwant before %+v, after %+v, %d changed", got, c.before, c.after, c.changed)
			}
		})
	}

	t.Run("LeavesOutWhatIsOpenAndIsInsufficientBelowTen", func(t *testing.T) {
		t.Parallel()
		all := dozen()
		for i := range 3 {
			all[i].Pieces[1].Decided = 0
		}
		got, err := Imagine(cn, all, nil, Scenario{})
		if err != nil || got.N != 9 || !got.Insufficient || got.Before != (Projection{}) {
			t.Errorf("%+v, %v", got, err)
		}
	})

	t.Run("NamesWhatNoCaseHas", func(t *testing.T) {
		t.Parallel()
		for want, s := range map[string]Scenario{
			`no answered issue has item "x", whose limit`:    {Limits: map[string]int{"x": 1}},
			`item "site" has a limit of -1 days`:             {Limits: map[string]int{"site": -1}},
			`no answered issue has item "x", which is to go`: {Departments: map[string]string{"x": "lands"}},
			`does item "site" require "permit"`:              {Without: []Requirement{{"site", "permit"}}},
			`no answered issue has department "x"`:           {Capacity: map[string]int{"x": 1}},
			`department "lands" has 0 servers`:               {Capacity: map[string]int{"lands": 0}},
		} {
			if _, err := Imagine(cn, dozen(), nil, s); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}

func TestBusiest(t *testing.T) {
	t.Parallel()
	all := append(dozen(), handCase())
	if got := Busiest(calendar.China(), all); !maps.Equal(got, map[string]int{"lands": 13, "works": 12, "rivers": 1}) {
		t.Errorf("%v", got)
	}
}
