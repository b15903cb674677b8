package webui

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// reach is from where to where a bar of the picture goes, in percent of its width.
func reach(t *testing.T, e *element) (from, to float64) {
	t.Helper()
	share := func(name string) float64 {
		n, err := strconv.ParseFloat(strings.TrimSuffix(e.attr[name], "%"), 64)
		if err != nil || !strings.HasSuffix(e.attr[name], "%") {
			t.Fatalf("%s is %q", name, e.attr[name])
		}
		return n
	}
	from = share("x")
	return from, from + share("width")
}

// rounding is what two shares written with two decimals may be off together.
const rounding = .011

func TestTheChartShowsStopsAndOverrunsWithinWhatASignOffTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.busy()
	w.clock.Add(48 * time.Hour)
	overseer := w.as("cc-oversight-1", roster.Overseer, "cc-oversight")
	seen := map[string]int{}
	for _, name := range []string{"concluded", "overdue", "objected", "open"} {
		issue, err := w.service.Store().Issue(t.Context(), ids[name])
		if err != nil {
			t.Fatal(err)
		}
		line, err := w.service.Rules().Timeline(&issue, w.service.Today())
		if err != nil {
			t.Fatal(err)
		}
		page := overseer.get(issueURL(ids[name])).wants(http.StatusOK, "关键路径", strconv.FormatFloat(float64(line.Path.Days), 'f', -1, 64)+"个工作日", "这只是上限")
		rows := page.all("svg.chart g")
		if len(rows) != len(line.Lines) {
			t.Fatalf("%s: %d rows of %d", name, len(rows), len(line.Lines))
		}
		last := max(line.Start.Add(6), line.Until, line.End, line.SerialEnd)
		for _, l := range line.Lines {
			last = max(last, l.Planned.To)
		}
		at := func(d calendar.Date) float64 {
			return 100 * float64(d.Sub(line.Start)) / float64(last.Sub(line.Start)+1)
		}
		for k, row := range rows {
			var from, to float64
			for _, kind := range []string{"run", "done", "objected"} {
				for _, e := range row.all("rect." + kind) {
					from, to = reach(t, e)
					if l := line.Lines[k]; math.Abs(from-at(l.Actual.From)) > rounding || math.Abs(to-at(l.Actual.To.Add(1))) > rounding {
						t.Errorf("%s: sign-off %d took %v and is drawn from %v%% to %v%%", name, l.N, l.Actual, from, to)
					}
				}
			}
			for _, kind := range []string{"stop", "late"} {
				for _, e := range row.all("rect." + kind) {
					seen[kind]++
					if f, u := reach(t, e); f < from-rounding || u > to+rounding || u <= f {
						t.Errorf("%s: sign-off %d has a %s bar from %v%% to %v%%, outside %v%% to %v%%", name, k+1, kind, f, u, from, to)
					}
				}
			}
			if drawn := len(row.all("rect.critical")) == 1; drawn != line.Lines[k].Critical {
				t.Errorf("%s: sign-off %d is marked as critical: %v", name, k+1, drawn)
			}
			seen["wait"] += len(row.all("rect.wait"))
		}
		parts := page.all("svg.chart rect.serial")
		if _, end := reach(t, parts[len(parts)-1]); len(parts) != len(line.Serial) || math.Abs(end-at(line.SerialEnd.Add(1))) > rounding {
			t.Errorf("%s: the limits in turn end at %v%%", name, end)
		}
		if drawn := len(page.all("svg.chart line.today")) == 1; drawn == line.Ended {
			t.Errorf("%s: today is drawn: %v", name, drawn)
		}
	}
	if seen["stop"] == 0 || seen["late"] == 0 || seen["wait"] == 0 {
		t.Errorf("the issues show %v", seen)
	}
}

func TestEveryBarStaysInThePicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := calendar.MustParse("2026-01-01").Add(rapid.IntRange(0, 400).Draw(t, "first"))
		days := rapid.IntRange(7, 2000).Draw(t, "days")
		s := scale{first, float64(days)}
		stretch := func(name string, from, to int) approval.Stretch {
			a := rapid.IntRange(from, to).Draw(t, name)
			return approval.Stretch{From: first.Add(a), To: first.Add(rapid.IntRange(a, to).Draw(t, name+" to"))}
		}
		whole := stretch("whole", 0, days-1)
		part := stretch("part", whole.From.Sub(first), whole.To.Sub(first))
		outer := s.bar("done", whole, 0, 1, "")
		inner := s.bar("stop", part, 0, 1, "").within(outer)
		if outer.from < 0 || outer.from+outer.wide > 1+1e-9 || outer.wide < leastBar-1e-9 {
			t.Fatalf("%v is drawn from %v over %v", whole, outer.from, outer.wide)
		}
		if inner.from < outer.from-1e-9 || inner.from+inner.wide > outer.from+outer.wide+1e-9 || inner.wide <= 0 {
			t.Fatalf("%v is drawn from %v over %v, within %v from %v over %v", part, inner.from, inner.wide, whole, outer.from, outer.wide)
		}
	})
}
