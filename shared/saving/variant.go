package saving

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/calendar"
)

// stepMark parts the steps of a path in the key of a variant. Names of items do not have it.
const stepMark = " → "

// Path is the path that an issue took, in canonical form: a step for each day on which something was answered, earliest first, in which
// the names of what was answered are sorted and joined by " + ". Answers of the same day have no order, so that issues in
// which only that order differs took the same path. A refusal and a withdrawal are named so, and "×2" says that it
// was asked a second time. A piece without an item goes by its id.
func (k Case) Path() []string {
	days := map[calendar.Date][]string{}
	for _, p := range k.Pieces {
		if p.Decided.IsZero() {
			continue
		}
		name := cmp.Or(p.Item, p.ID)
		if how := p.How(); how != Decided {
			name += " (" + string(how) + ")"
		}
		if p.Returns > 0 {
			name += " ×" + strconv.Itoa(p.Returns+1)
		}
		days[p.Decided] = append(days[p.Decided], name)
	}
	path := make([]string, 0, len(days))
	for _, day := range slices.Sorted(maps.Keys(days)) {
		slices.Sort(days[day])
		path = append(path, strings.Join(days[day], " + "))
	}
	return path
}

// Variants counts the cases that took the same sequence of steps (办理路径), as process mining does with the names of
// activities (van der Aalst, Process Mining, 2016: a variant is a trace without its attributes). The key joins the steps by " → ".
type Variants map[string]int

// Add counts a case by its steps.
func (v *Variants) Add(steps []string) {
	if *v == nil {
		*v = Variants{}
	}
	(*v)[strings.Join(steps, stepMark)]++
}

// MergeVariants returns the counts of all together. It changes none of them.
func MergeVariants(all ...Variants) Variants {
	var out Variants
	for _, v := range all {
		for key, n := range v {
			if out == nil {
				out = Variants{}
			}
			out[key] += n
		}
	}
	return out
}

// Variant is one of them.
type Variant struct {
	Steps []string `json:"steps"`
	// Cases took it; the share is of all cases.
	Cases Share `json:"cases"`
}

// Most returns the variants that most cases took, at most as many as asked for, and how many cases took another. Of two equally
// frequent ones the first by its steps comes first.
func (v Variants) Most(atMost int) (most []Variant, others int) {
	of := 0
	for _, n := range v {
		of += n
	}
	keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
		return cmp.Or(cmp.Compare(v[b], v[a]), strings.Compare(a, b))
	})
	most = []Variant{}
	for i, key := range keys {
		if i >= atMost {
			others += v[key]
			continue
		}
		most = append(most, Variant{Steps: strings.Split(key, stepMark), Cases: ShareOf(v[key], of)})
	}
	return most, others
}
