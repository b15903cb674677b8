package saving

import (
	"cmp"
	"fmt"
	"slices"

	"lianban/shared/calendar"
)

// Histogram counts cases by how many whole days they took, or have lasted while they are open (用时分布). All that this package
// says about a set of durations is a function of it, so a year of daily histograms merged says the same as the cases
// themselves, and a million cases take no more room than a thousand.
//
// Two histograms of the same cases are equal, in whatever order the cases came. It does not know which cases it holds, nor
// whether the days are net or gross: whoever fills it says so. Days are working days.
type Histogram struct {
	// Bins have at least one case each, the shortest first.
	Bins []Bin `json:"bins"`
}

// Bin are the cases that took, or have lasted, the same number of days.
type Bin struct {
	Days      int `json:"days"`
	Decided   int `json:"decided,omitzero"`
	Refused   int `json:"refused,omitzero"`
	Withdrawn int `json:"withdrawn,omitzero"`
	Open      int `json:"open,omitzero"`
}

// Ended is how many ended on the day, whichever way.
func (b Bin) Ended() int { return b.Decided + b.Refused + b.Withdrawn }

// N is how many cases the bin has.
func (b Bin) N() int { return b.Ended() + b.Open }

func (b *Bin) of(e Ending) *int {
	switch e {
	case Decided:
		return &b.Decided
	case Refused:
		return &b.Refused
	case Withdrawn:
		return &b.Withdrawn
	}
	return &b.Open
}

// Add counts n cases that took the days and ended so; a negative n takes them back. It returns an error, and changes nothing,
// for days that are negative or above [calendar.MaxDays], an unknown ending, and when fewer than -n are there to be taken.
func (h *Histogram) Add(days int, e Ending, n int) error {
	if days < 0 || days > calendar.MaxDays {
		return fmt.Errorf("count cases: %d days are not between 0 and %d", days, calendar.MaxDays)
	}
	if err := e.Validate(); err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	i, found := slices.BinarySearchFunc(h.Bins, days, func(b Bin, days int) int { return cmp.Compare(b.Days, days) })
	bin := Bin{Days: days}
	if found {
		bin = h.Bins[i]
	}
	if *bin.of(e) += n; *bin.of(e) < 0 {
		return fmt.Errorf("count cases: %d of %d days that are %s are taken back, and only %d are there", -n, days, e, *bin.of(e)-n)
	}
	switch {
	case !found && n != 0:
		h.Bins = slices.Insert(h.Bins, i, bin)
	case found && bin.N() == 0:
		h.Bins = slices.Delete(h.Bins, i, i+1)
	case found:
		h.Bins[i] = bin
	}
	return nil
}

// Merge returns the histogram of the cases of all. It changes none of them.
func Merge(all ...Histogram) Histogram {
	var bins []Bin
	for _, h := range all {
		bins = append(bins, h.Bins...)
	}
	slices.SortFunc(bins, func(a, b Bin) int { return cmp.Compare(a.Days, b.Days) })
	var out Histogram
	for _, b := range bins {
		if last := len(out.Bins) - 1; last >= 0 && out.Bins[last].Days == b.Days {
			sum := &out.Bins[last]
			sum.Decided += b.Decided
			sum.Refused += b.Refused
			sum.Withdrawn += b.Withdrawn
			sum.Open += b.Open
			continue
		}
		out.Bins = append(out.Bins, b)
	}
	return out
}

// N is how many cases it has, open ones included.
func (h Histogram) N() (n int) {
	for _, b := range h.Bins {
		n += b.N()
	}
	return n
}

// Longest is the most days of any case, open ones included; 0 when there is none.
func (h Histogram) Longest() int {
	if len(h.Bins) == 0 {
		return 0
	}
	return h.Bins[len(h.Bins)-1].Days
}

// Validate returns an error that names the bin when one read from outside is out of order, empty, or has a number that
// cannot be.
func (h Histogram) Validate() error {
	for i, b := range h.Bins {
		switch {
		case b.Days < 0 || b.Days > calendar.MaxDays:
			return fmt.Errorf("bin %d has %d days, which are not between 0 and %d", i, b.Days, calendar.MaxDays)
		case i > 0 && b.Days <= h.Bins[i-1].Days:
			return fmt.Errorf("bin %d has %d days after one of %d", i, b.Days, h.Bins[i-1].Days)
		case min(b.Decided, b.Refused, b.Withdrawn, b.Open) < 0:
			return fmt.Errorf("bin %d (%d days) has a negative count", i, b.Days)
		case b.N() == 0:
			return fmt.Errorf("bin %d (%d days) has no case", i, b.Days)
		}
	}
	return nil
}
