package webui

import (
	"fmt"
	"strconv"

	"lianban/shared/approval"
)

// graph is the picture of what waits for what, from left to right.
type graph struct {
	Width, Height int
	Nodes         []node
	Edges         []edge
	Lines         []string // the picture in words, one edge a line
}

type node struct {
	X, Y, W, H       int
	N                int
	Label, Full, Sub string
	State, StateText string
	TextX            int
	LabelY, SubY     int
}

type edge struct {
	Path    string
	Relaxed bool // removed by a commitment
}

const (
	nodeWidth  = 196
	nodeHeight = 56
	nodeGapX   = 56
	nodeGapY   = 16
)

// layers puts every sign-off one column to the right of the last one it builds
// on. Edges that a commitment removed count too, so that they also point right.
func layers(signOffs []approval.SignOff) []int {
	layer := make([]int, len(signOffs))
	for range signOffs { // the longest path has fewer edges than there are nodes
		for k := range signOffs {
			for _, needs := range [][]int{signOffs[k].Requires, signOffs[k].Relaxed} {
				for _, n := range needs {
					layer[k] = max(layer[k], layer[n-1]+1)
				}
			}
			layer[k] = min(layer[k], len(signOffs)-1)
		}
	}
	return layer
}

// graph draws the prerequisites; nil when nothing waits for anything.
func (v *visit) graph(signOffs []approval.SignOff) *graph {
	g := &graph{}
	layer := layers(signOffs)
	rows := make([]int, len(signOffs)+1)
	g.Nodes = make([]node, len(signOffs))
	for k := range signOffs {
		s := &signOffs[k]
		x, y := 2+layer[k]*(nodeWidth+nodeGapX), 2+rows[layer[k]]*(nodeHeight+nodeGapY)
		rows[layer[k]]++
		g.Nodes[k] = node{X: x, Y: y, W: nodeWidth, H: nodeHeight, N: s.N, State: string(s.State), StateText: v.t("state." + string(s.State)), TextX: x + 14, LabelY: y + 24, SubY: y + 43,
			Label: clip(strconv.Itoa(s.N)+" "+v.subject(s), 11), Full: v.t("task.named", s.N, v.subject(s), v.department(s.Department)), Sub: clip(v.department(s.Department), 13)}
		g.Width, g.Height = max(g.Width, x+nodeWidth+2), max(g.Height, y+nodeHeight+2)
	}
	join := func(from, to int, relaxed bool) {
		a, b := &g.Nodes[from-1], &g.Nodes[to-1]
		x1, y1, x2, y2 := a.X+a.W, a.Y+a.H/2, b.X-2, b.Y+b.H/2
		bend := max(24, (x2-x1)/2)
		g.Edges = append(g.Edges, edge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2), relaxed})
		key := "graph.edge"
		if relaxed {
			key = "graph.edge.relaxed"
		}
		g.Lines = append(g.Lines, v.t(key, to, v.subject(&signOffs[to-1]), from, v.subject(&signOffs[from-1])))
	}
	for k := range signOffs {
		for _, n := range signOffs[k].Requires {
			join(n, k+1, false)
		}
		for _, n := range signOffs[k].Relaxed {
			join(n, k+1, true)
		}
	}
	if len(g.Edges) == 0 {
		return nil
	}
	return g
}
