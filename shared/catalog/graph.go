package catalog

import (
	"fmt"
	"slices"
	"strings"

	"lianban/shared/roster"
)

// Edge says that an item requires another to be granted first (前置).
type Edge struct {
	Item     ItemNo `json:"item"`
	Requires ItemNo `json:"requires"`
	// Waivable: a commitment for Item, or its acceptance with gaps, removes the
	// edge. That it does is among what the edge assumes unless a source says it.
	Waivable bool   `json:"waivable,omitempty"`
	NoteZH   string `json:"noteZH"`
	NoteEN   string `json:"noteEN"`
	// Via are the items, not asked for, through which a derived requirement runs,
	// nearest to Item first; the catalogue's own edges have none.
	Via []ItemNo `json:"via,omitempty"`
	roster.Origin
}

// Need is what an item waits for among the items asked for.
type Need struct {
	Item     ItemNo
	Requires []ItemNo // ascending, none twice; empty when it can start at once
}

// Edges returns the catalogue's prerequisites.
func (c *Catalog) Edges() []Edge { return slices.Clone(c.edges) }

// Graph says what each of the items waits for: one Need an item, in the order
// of items. A requirement through items that are not asked for counts: when A
// requires B and B requires C, and only A and C are asked for, A requires C. It
// does not count through a Conditional item, which the project may never need.
//
// Commitments are the items asked for on commitment (告知承诺) or with gaps (容缺).
// Their waivable edges do not hold. Removed lists every requirement between
// items asked for that fell away with them, once each; it is a copy of the edge
// waived, and when that edge led through items not asked for, Requires is where
// it led and Via the way. A requirement that also holds on another way is kept
// and is not in removed.
//
// The error names an item or commitment that does not exist or is given twice,
// a commitment that is not among the items, and an item that allows neither
// commitment nor gaps.
func (c *Catalog) Graph(items, commitments []ItemNo) (needs []Need, removed []Edge, err error) {
	asked, committed := map[ItemNo]bool{}, map[ItemNo]bool{}
	for _, no := range items {
		if _, ok := c.index[no]; !ok {
			return nil, nil, fmt.Errorf("the catalogue has no item %d", no)
		}
		if asked[no] {
			return nil, nil, fmt.Errorf("item %d is given twice", no)
		}
		asked[no] = true
	}
	for _, no := range commitments {
		if !asked[no] {
			return nil, nil, fmt.Errorf("item %d is to go on commitment but is not among the items asked for", no)
		}
		if committed[no] {
			return nil, nil, fmt.Errorf("commitment for item %d is given twice", no)
		}
		if item := c.items[c.index[no]]; !item.CommitmentAllowed && !item.GapsAllowed {
			return nil, nil, fmt.Errorf("item %d (%s) allows neither commitment nor gaps", no, item.NameEN)
		}
		committed[no] = true
	}
	needs = make([]Need, 0, len(items))
	for _, no := range items {
		var kept []ItemNo
		var waived []Edge
		for _, edge := range c.requires[no] {
			for _, end := range c.ends(edge, asked) {
				if edge.Waivable && committed[no] {
					waived = append(waived, end)
				} else if !slices.Contains(kept, end.Requires) {
					kept = append(kept, end.Requires)
				}
			}
		}
		slices.Sort(kept)
		needs = append(needs, Need{Item: no, Requires: kept})
		for i, edge := range waived {
			again := slices.ContainsFunc(waived[:i], func(e Edge) bool { return e.Requires == edge.Requires })
			if !again && !slices.Contains(kept, edge.Requires) {
				removed = append(removed, edge)
			}
		}
	}
	return needs, removed, nil
}

// ends follows an edge to the nearest items asked for, each once.
func (c *Catalog) ends(edge Edge, asked map[ItemNo]bool) []Edge {
	var ends []Edge
	seen := map[ItemNo]bool{}
	var follow func(no ItemNo, via []ItemNo)
	follow = func(no ItemNo, via []ItemNo) {
		if seen[no] {
			return
		}
		seen[no] = true
		if asked[no] {
			end := edge
			end.Requires, end.Via = no, via
			ends = append(ends, end)
			return
		}
		if c.items[c.index[no]].Conditional {
			return
		}
		for _, next := range c.requires[no] {
			follow(next.Requires, append(slices.Clone(via), no))
		}
	}
	follow(edge.Requires, nil)
	return ends
}

func (c *Catalog) checkEdges(p *problems) {
	c.requires = map[ItemNo][]Edge{}
	seen := map[[2]ItemNo]bool{}
	for _, e := range c.edges {
		place := fmt.Sprintf("edge %d requires %d", e.Item, e.Requires)
		from, ok := c.index[e.Item]
		if !ok {
			p.add(place, "there is no item %d", e.Item)
		}
		if _, ok := c.index[e.Requires]; !ok {
			p.add(place, "there is no item %d", e.Requires)
		}
		if pair := [2]ItemNo{e.Item, e.Requires}; seen[pair] {
			p.add(place, "is given twice")
		} else {
			seen[pair] = true
		}
		if e.NoteZH == "" || e.NoteEN == "" {
			p.add(place, "a note in both languages is needed")
		}
		if e.Origin == (roster.Origin{}) {
			p.add(place, "a source is needed, or what is assumed")
		}
		if len(e.Via) > 0 {
			p.add(place, "only derived edges run via others")
		}
		if ok && e.Waivable && !c.items[from].CommitmentAllowed && !c.items[from].GapsAllowed {
			p.add(place, "is waivable, but item %d allows neither commitment nor gaps", e.Item)
		}
		c.requires[e.Item] = append(c.requires[e.Item], e)
	}
	c.checkCycles(p)
}

// checkCycles reports each way on which an item would wait for itself.
func (c *Catalog) checkCycles(p *problems) {
	done := map[ItemNo]bool{}
	var path []ItemNo
	var visit func(no ItemNo)
	visit = func(no ItemNo) {
		if at := slices.Index(path, no); at >= 0 {
			var way strings.Builder
			for _, n := range path[at:] {
				fmt.Fprintf(&way, "%d -> ", n)
			}
			p.add("edges", "items wait for each other in a circle: %s%d", way.String(), no)
			return
		}
		if done[no] {
			return
		}
		path = append(path, no)
		for _, e := range c.requires[no] {
			visit(e.Requires)
		}
		path = path[:len(path)-1]
		done[no] = true
	}
	for _, e := range c.edges {
		visit(e.Item)
	}
}
