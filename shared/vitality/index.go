package vitality

import (
	"cmp"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/saving"
)

const (
	// Least is how many cases a rating rests on at least.
	Least = saving.EnoughN
	// LeastWeight is what the indicators that have cases weigh together at least for a
	// rating, of 100 (assumed).
	LeastWeight = 50
)

// Case is a fact that an indicator counts: an issue, or a sign-off of it.
type Case struct {
	Issue   approval.IssueID
	SignOff int // 0: the issue
	Met     bool
}

// Facts are the cases of each indicator.
type Facts map[Code][]Case

// Hundredths are hundredths of a point.
type Hundredths int

// String writes them as points: 66.52.
func (h Hundredths) String() string { return fmt.Sprintf("%d.%02d", h/100, h%100) }

// Score is what an indicator comes to.
type Score struct {
	Indicator
	Cases  []Case
	Met    int        // how many of the cases were met
	Full   Hundredths // the points that all met give: its weight, and its share of that of those without cases
	Points Hundredths // 0 where the index is not rated
}

// Index (活力指数) is what all indicators come to.
type Index struct {
	Scores []Score
	Cases  int // of all indicators
	Basis  int // what the indicators with cases weigh, of 100
	Points Hundredths
	Stars  int // 1 to 5; 0: not rated, for there are too few cases
}

// Rated reports whether there is enough for a rating.
func (i *Index) Rated() bool { return i.Stars > 0 }

// Rate reckons the index.
func (t Table) Rate(f Facts) Index {
	index := Index{Scores: make([]Score, len(t.Indicators))}
	for k, of := range t.Indicators {
		s := Score{Indicator: of, Cases: f[of.Code]}
		for _, c := range s.Cases {
			if c.Met {
				s.Met++
			}
		}
		if len(s.Cases) > 0 {
			index.Cases += len(s.Cases)
			index.Basis += of.Weight
		}
		index.Scores[k] = s
	}
	index.spread()
	if index.Cases < Least || index.Basis < LeastWeight {
		return index
	}
	for k := range index.Scores {
		if s := &index.Scores[k]; len(s.Cases) > 0 {
			s.Points = s.Full * Hundredths(s.Met) / Hundredths(len(s.Cases))
			index.Points += s.Points
		}
	}
	for _, l := range t.Levels {
		if index.Points >= Hundredths(100*l.From) {
			index.Stars = l.Stars
			break
		}
	}
	return index
}

// spread gives 100 points to the indicators that have cases, in proportion to their
// weights. What rounding leaves over goes to those from whom it took most, a hundredth
// each, and of equals to the first.
func (i *Index) spread() {
	if i.Basis == 0 {
		return
	}
	left := 100 * 100
	var counted []*Score
	for k := range i.Scores {
		if s := &i.Scores[k]; len(s.Cases) > 0 {
			s.Full = Hundredths(100 * 100 * s.Weight / i.Basis)
			left -= int(s.Full)
			counted = append(counted, s)
		}
	}
	slices.SortStableFunc(counted, func(a, b *Score) int {
		return cmp.Compare(100*100*b.Weight%i.Basis, 100*100*a.Weight%i.Basis)
	})
	for _, s := range counted[:left] {
		s.Full++
	}
}
