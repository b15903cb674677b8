package saving_test

import (
	"fmt"

	"lianban/shared/saving"
)

// Twelve cases of which three are still open: the median is known, the 90th percentile is not.
func ExampleSummarize() {
	var h saving.Histogram
	for _, days := range []int{3, 4, 4, 6, 7, 9, 9, 12, 15} {
		if err := h.Add(days, saving.Decided, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, seen := range []int{5, 20, 31} {
		if err := h.Add(seen, saving.Open, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	s := saving.Summarize(h)
	fmt.Printf("%d cases, %d open: half within %v, nine in ten %v\n", s.N, s.Open, s.Median, s.P90)
	// Output: 12 cases, 3 open: half within 9 working days, nine in ten not reached (above 31 working days)
}

// A secretary asks, when raising an issue, how long such issues took.
func ExampleForesee() {
	var spans saving.Histogram
	for days, n := range map[int]int{5: 4, 9: 9, 14: 6, 22: 4} {
		if err := spans.Add(days, saving.Decided, n); err != nil {
			fmt.Println(err)
			return
		}
	}
	f, err := saving.Foresee([]saving.Expected{{ID: "issue", History: spans}}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	zh, en := f.Words()
	fmt.Println(zh)
	fmt.Println(en)
	// Output:
	// 同类事项半数在 9 个工作日内办结，九成在 22 个工作日内办结（n=23）。
	// Half of such issues closed within 9 working days, nine in ten within 22 (n=23).
}
