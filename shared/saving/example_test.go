package saving_test

import (
	"fmt"

	"lianban/shared/calendar"
	"lianban/shared/saving"
)

// Three departments, two of them at once. Before, each took its historical median in turn.
func ExampleAttribute() {
	before := []saving.Task{
		{ID: "site", Days: 14},
		{ID: "water", Days: 21.5},
		{ID: "permit", Requires: []string{"site", "water"}, Days: 6},
	}
	after := []saving.Task{
		{ID: "site", Days: 9},
		{ID: "water", Days: 12},
		{ID: "permit", Requires: []string{"site", "water"}, Days: 3},
	}
	a, err := saving.Attribute(before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("parallelism", a.Parallelism, "faster review", a.FasterReview, "total", a.Total)
	// Output: parallelism 11.5 faster review 15 total 26.5
}

func ExampleMeasure() {
	day := calendar.MustParse
	run, err := saving.Measure(calendar.China(), []saving.Piece{
		{
			ID: "site", Raised: day("2026-03-02"), Accepted: day("2026-03-03"), Decided: day("2026-03-13"),
			Stops:     []calendar.Span{{From: day("2026-03-05"), To: day("2026-03-09")}},
			Applicant: []calendar.Span{{From: day("2026-03-05"), To: day("2026-03-09")}},
		},
		{
			ID: "permit", Requires: []string{"site"},
			Raised: day("2026-03-13"), Accepted: day("2026-03-16"), Decided: day("2026-03-18"),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range run.Pieces {
		fmt.Printf("%s: net %v, gross %v, held by the applicant %.0f%%\n", p.ID, p.Net, p.Gross, 100*p.HeldShare)
	}
	fmt.Printf("span %v, longest path %v, hand-off loss %v\n", run.Span, run.Path.Days, run.HandOff)
	// Output:
	// site: net 6, gross 9, held by the applicant 22%
	// permit: net 2, gross 3, held by the applicant 0%
	// span 12, longest path 8, hand-off loss 4
}

func ExampleHeadline() {
	run := saving.Run{Span: 41}
	limits := saving.Baseline{Kind: saving.StatutorySerial, Days: 145}
	matched := saving.Baseline{Kind: saving.Matched, Days: 88, N: 7}
	fmt.Println(saving.Headline(run, limits, matched))

	history := saving.Baseline{Kind: saving.HistoricalSerial, Days: 71.5, N: 23}
	fmt.Println(saving.Headline(run, limits, matched, history))
	// Output:
	// insufficient: matched has n=7, fewer than 10; statutory serial is never a headline
	// 30.5 working days saved: matched has n=7, fewer than 10; historical serial is used (n=23); statutory serial is never a headline
}

// A Gantt chart of the serial baseline beside the parallel plan.
func ExampleLay() {
	s, err := saving.Lay(calendar.China(), calendar.MustParse("2026-09-18"), []saving.Task{
		{ID: "site", Days: 3},
		{ID: "water", Days: 5},
		{ID: "permit", Requires: []string{"site", "water"}, Days: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, b := range s.Serial {
		p := s.Parallel[i]
		fmt.Println(b.ID, b.From, b.To, "|", p.From, p.To)
	}
	// Output:
	// site 2026-09-20 2026-09-22 | 2026-09-20 2026-09-22
	// water 2026-09-23 2026-09-30 | 2026-09-20 2026-09-24
	// permit 2026-10-08 2026-10-09 | 2026-09-28 2026-09-29
}
