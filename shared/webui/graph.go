package webui

import (
	"fmt"
	"strconv"
	"strings"

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

// lanes keeps a strip free in every column that an edge crosses, so that no edge
// runs behind a sign-off it has nothing to do with. Edges from the same sign-off
// share theirs.
type lanes struct {
	taken []int          // height, by column
	free  map[[2]int]int // by sign-off and column: the middle of the strip
}

func (l *lanes) take(column, height int) (y int) {
	y = 2 + l.taken[column]
	l.taken[column] += height + nodeGapY
	return y
}

func (l *lanes) through(from, column int) int {
	y, ok := l.free[[2]int{from, column}]
	if !ok {
		y = l.take(column, 4) + 2
		l.free[[2]int{from, column}] = y
	}
	return y
}

func nodeX(column int) int { return 2 + column*(nodeWidth+nodeGapX) }

// implied reports whether to waits for from also by way of another sign-off; the
// picture leaves such an edge out, the words keep it.
func implied(signOffs []approval.SignOff, from, to int) bool {
	var reaches func(n, depth int) bool
	reaches = func(n, depth int) bool {
		if depth > len(signOffs) {
			return false
		}
		for _, p := range signOffs[n-1].Requires {
			if p == from || reaches(p, depth+1) {
				return true
			}
		}
		return false
	}
	for _, p := range signOffs[to-1].Requires {
		if p != from && reaches(p, 0) {
			return true
		}
	}
	return false
}

// graph draws the prerequisites; nil when nothing waits for anything.
func (v *visit) graph(signOffs []approval.SignOff) *graph {
	g := &graph{}
	layer := layers(signOffs)
	l := lanes{make([]int, len(signOffs)), map[[2]int]int{}}
	g.Nodes = make([]node, len(signOffs))
	for k := range signOffs {
		s := &signOffs[k]
		x, y := nodeX(layer[k]), l.take(layer[k], nodeHeight)
		g.Nodes[k] = node{
			X: x, Y: y, W: nodeWidth, H: nodeHeight, N: s.N, State: string(s.State), StateText: v.t("state." + string(s.State)), TextX: x + 14, LabelY: y + 24, SubY: y + 43,
			Label: clip(strconv.Itoa(s.N)+" "+v.subject(s), 11), Full: v.t("task.named", s.N, v.subject(s), v.department(s.Department)), Sub: clip(v.department(s.Department), 13),
		}
		g.Width = max(g.Width, x+nodeWidth+2)
	}
	join := func(from, to int, relaxed bool) {
		key := "graph.edge"
		if relaxed {
			key = "graph.edge.relaxed"
		}
		g.Lines = append(g.Lines, v.t(key, to, v.subject(&signOffs[to-1]), from, v.subject(&signOffs[from-1])))
		if !relaxed && implied(signOffs, from, to) {
			return
		}
		a, b := &g.Nodes[from-1], &g.Nodes[to-1]
		path := pen{x: a.X + a.W, y: a.Y + a.H/2}
		path.start()
		for column := layer[from-1] + 1; column < layer[to-1]; column++ {
			path.bend(nodeX(column), l.through(from, column))
			path.straight(nodeX(column) + nodeWidth)
		}
		path.bend(b.X-2, b.Y+b.H/2)
		g.Edges = append(g.Edges, edge{path.String(), relaxed})
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
	for _, taken := range l.taken {
		g.Height = max(g.Height, taken-nodeGapY+4)
	}
	return g
}

// pen draws an SVG path from left to right.
type pen struct {
	strings.Builder
	x, y int
}

func (p *pen) start() { fmt.Fprintf(p, "M%d %d", p.x, p.y) }

func (p *pen) bend(x, y int) {
	half := (x - p.x) / 2
	fmt.Fprintf(p, "C%d %d %d %d %d %d", p.x+half, p.y, x-half, y, x, y)
	p.x, p.y = x, y
}

func (p *pen) straight(x int) {
	fmt.Fprintf(p, "L%d %d", x, p.y)
	p.x = x
}
