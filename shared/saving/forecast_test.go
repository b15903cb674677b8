package saving

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestForesee(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithAllCombinationsEnumerated", rapid.MakeCheck(func(t *rapid.T) {
		var pieces []Expected
		var lasts [][]int // of each piece, the rest of each comparable case
		for i, task := range drawGraph(t, 3) {
			p := Expected{ID: task.ID, Requires: task.Requires, Received: rapid.Bool().Draw(t, "received")}
			if p.Received {
				p.Elapsed = rapid.IntRange(0, 3).Draw(t, "elapsed")
			}
			p.Ended = i > 0 && rapid.IntRange(0, 4).Draw(t, "ended") == 0
			rest := []int{}
			for range rapid.IntRange(10, 14).Draw(t, "cases") {
				days := rapid.IntRange(4, 9).Draw(t, "days")
				if err := p.History.Add(days, Decided, 1); err != nil {
					t.Fatal(err)
				}
				rest = append(rest, days-p.Elapsed)
			}
			if p.Ended {
				rest = []int{0}
			}
			pieces, lasts = append(pieces, p), append(lasts, rest)
		}
		if len(pieces) == 0 {
			return
		}
		counts, all := map[int]int{}, 0
		var play func(took []int)
		play = func(took []int) {
			if len(took) < len(pieces) {
				for _, days := range lasts[len(took)] {
					play(append(slices.Clone(took), days))
				}
				return
			}
			var finish func(i int) int
			finish = func(i int) (on int) {
				if pieces[i].Ended {
					return 0
				}
				for j, p := range pieces {
					if slices.Contains(pieces[i].Requires, p.ID) && !pieces[i].Received {
						on = max(on, finish(j))
					}
				}
				return on + took[i]
			}
			end := 0
			for i := range pieces {
				end = max(end, finish(i))
			}
			counts[end]++
			all++
		}
		play(nil)
		by := func(day int) float64 {
			n := 0
			for end, k := range counts {
				if end <= day {
					n += k
				}
			}
			return float64(n) / float64(all)
		}
		f, err := Foresee(pieces, rapid.Uint64().Draw(t, "seed"))
		if err != nil || f.Insufficient {
			t.Fatalf("%+v, %v", f, err)
		}
		for _, q := range []*Quantile{f.P50, f.P80, f.P90} {
			// Five points are more than four standard errors of a share out of 2,000.
			if day := int(*q.Days); by(day) < q.Share-0.05 || by(day-1) > q.Share+0.05 {
				t.Fatalf("%v by day %d, where %v had ended, %v the day before", q.Share, day, by(day), by(day-1))
			}
		}
	}))

	t.Run("KnowsHowLongAPieceHasLasted", func(t *testing.T) {
		t.Parallel()
		// Twelve take 2 days, twelve 20: after 2 days it is one of the long ones.
		var h Histogram
		for _, days := range []int{2, 20} {
			if err := h.Add(days, Decided, 12); err != nil {
				t.Fatal(err)
			}
		}
		for elapsed, want := range map[int]WorkingDays{0: 20, 2: 18, 19: 1} {
			f, err := Foresee([]Expected{{ID: "a", History: h, Received: true, Elapsed: elapsed}}, 1)
			if err != nil || *f.P80.Days != want || f.N != map[int]int{0: 24, 2: 12, 19: 12}[elapsed] {
				t.Errorf("after %d days: %+v, %v", elapsed, f, err)
			}
		}
		f, err := Foresee([]Expected{{ID: "a", History: h, Received: true, Elapsed: 20}, {ID: "b", History: h}}, 1)
		if err != nil || !f.Insufficient || f.P50 != nil || !slices.Equal(f.Few, []string{"a"}) || f.N != 0 {
			t.Errorf("%+v, %v", f, err)
		}
		if zh, en := f.Words(); zh != "可比案例不足 10 件，不作预测。" || en != "Fewer than 10 comparable cases: no forecast." {
			t.Errorf("%s %s", zh, en)
		}
	})

	t.Run("DoesNotInventTheEndOfWhatIsStillOpen", func(t *testing.T) {
		t.Parallel()
		f, err := Foresee([]Expected{{ID: "a", History: cases(t, freireich)}}, 1)
		if err != nil || f.P50.Beyond != 23 || f.P80.Reached() || f.P90.Reached() {
			t.Errorf("%+v %+v, %v", f, f.P50, err)
		}
		open := cases(t, "3 9+ 9+ 9+ 9+ 9+ 9+ 9+ 9+ 9+")
		f, err = Foresee([]Expected{{ID: "a", History: open}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if zh, en := f.Words(); zh != "同类事项半数以上超过 3 个工作日仍未办结（n=10）。" ||
			en != "More than half of such issues were still open after 3 working days (n=10)." {
			t.Errorf("%s %s", zh, en)
		}
	})

	t.Run("ReadsAsASentenceAndRepeatsBySeed", func(t *testing.T) {
		t.Parallel()
		of := []Expected{{ID: "a", History: cases(t, "9 9 9 9 9 9 9 9 9 9 9 30 30 30 30 30")}}
		f, err := Foresee(of, 3)
		if err != nil {
			t.Fatal(err)
		}
		zh, en := f.Words()
		if zh != "同类事项半数在 9 个工作日内办结，九成在 30 个工作日内办结（n=16）。" ||
			en != "Half of such issues closed within 9 working days, nine in ten within 30 (n=16)." {
			t.Errorf("%s %s", zh, en)
		}
		again, err := Foresee(of, 3)
		if diff := cmp.Diff(f, again); diff != "" || err != nil {
			t.Errorf("%v (-one +two):\n%s", err, diff)
		}
	})

	t.Run("NeedsNoTimeWhenNothingIsOpenAndRefusesWhatIsNoGraph", func(t *testing.T) {
		t.Parallel()
		f, err := Foresee([]Expected{{ID: "a", Ended: true}}, 1)
		if err != nil || f.Insufficient || *f.P90.Days != 0 || f.N != 0 {
			t.Errorf("%+v, %v", f, err)
		}
		for want, p := range map[string]Expected{
			"circle":          {ID: "a", Requires: []string{"a"}},
			"-1 elapsed days": {ID: "a", Elapsed: -1},
		} {
			if _, err := Foresee([]Expected{p}, 1); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}
