package fault_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/sim/fault"
	"lianban/shared/store"
)

var (
	histories = flag.Int("histories", 200, "how many histories are played; the test command plays 2000, and a release is held to 100000")
	budget    = flag.Duration("budget", 0, "stop after this time even if fewer were played; 0: never")
	first     = flag.Uint64("first", 1, "seed of the first history")
	tell      = flag.Uint64("tell", 0, "tell everything that happens in the history of this seed")
)

// house is the one that a seed is played in: a real file takes ten times as long as
// the others, and has one history in thirty-two.
func house(seed uint64) fault.House {
	switch {
	case seed%32 == 0:
		return fault.File
	case seed%2 == 0:
		return fault.Machine
	}
	return fault.Cloud
}

// TestHistoriesKeepEveryPromise plays many histories. One that fails is told by its
// seed, and played again, with all that happened, by
//
//	go test ./shared/sim/fault -run KeepEveryPromise -tell SEED
func TestHistoriesKeepEveryPromise(t *testing.T) {
	t.Parallel()
	n := *histories
	if testing.Short() {
		n = min(n, 100)
	}
	if *tell != 0 {
		*first, n = *tell, 1
	}
	total := table{}
	var mu sync.Mutex
	seeds := make(chan uint64)
	var wg sync.WaitGroup
	begun := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range seeds {
				o := fault.Options{House: house(seed)}
				if o.House == fault.File {
					o.Dir = t.TempDir()
				}
				if *tell != 0 {
					o.Log = os.Stdout
				}
				r, err := fault.Play(context.WithoutCancel(t.Context()), seed, o)
				mu.Lock()
				total.add(&r)
				if err != nil {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	for k := range n {
		if *budget > 0 && time.Since(begun) > *budget || t.Failed() {
			break
		}
		seeds <- *first + uint64(k)
	}
	close(seeds)
	wg.Wait()
	t.Log(total.String())
}

// table sums histories up.
type table struct {
	houses map[fault.House]int
	sum    fault.Report
}

func (s *table) add(r *fault.Report) {
	if s.houses == nil {
		s.houses = map[fault.House]int{}
	}
	s.houses[r.House]++
	s.sum.Steps += r.Steps
	s.sum.Commands += r.Commands
	s.sum.Acknowledged += r.Acknowledged
	s.sum.Refused += r.Refused
	s.sum.Unknown += r.Unknown
	s.sum.Issues += r.Issues
	for k, n := range r.Faults {
		s.sum.Faults[k] += n
	}
}

func (s *table) String() string {
	var b strings.Builder
	all := 0
	fmt.Fprintf(&b, "histories:")
	for _, h := range []fault.House{fault.Cloud, fault.Machine, fault.File} {
		fmt.Fprintf(&b, " %d %s", s.houses[h], h)
	}
	fmt.Fprintf(&b, "\n%8d steps\n%8d issues\n%8d commands asked for: %d acknowledged, %d refused by the rules, %d answered by trouble\n",
		s.sum.Steps, s.sum.Issues, s.sum.Commands, s.sum.Acknowledged, s.sum.Refused, s.sum.Unknown)
	for _, f := range fault.Faults() {
		all += s.sum.Faults[f]
	}
	fmt.Fprintf(&b, "%8d faults\n", all)
	for _, f := range fault.Faults() {
		fmt.Fprintf(&b, "%8d   %s\n", s.sum.Faults[f], f)
	}
	return b.String()
}

func TestASeedIsPlayedAgainExactly(t *testing.T) {
	t.Parallel()
	for _, h := range []fault.House{fault.Cloud, fault.Machine, fault.File} {
		for seed := range uint64(3) {
			var told, digest [2]string
			for k := range told {
				var log strings.Builder
				dir := t.TempDir()
				r, err := fault.Play(t.Context(), seed, fault.Options{House: h, Dir: dir, Log: &log})
				if err != nil {
					t.Error(err)
				}
				told[k], digest[k] = strings.ReplaceAll(log.String(), dir, ""), r.Digest
			}
			if digest[0] != digest[1] || digest[0] == "" {
				t.Errorf("history %d of house %s ends in other trails the second time", seed, h)
			}
			if diff := cmp.Diff(strings.Split(told[0], "\n"), strings.Split(told[1], "\n")); diff != "" {
				t.Errorf("history %d of house %s is another the second time:\n%.2000s", seed, h, diff)
			}
		}
	}
}

// broken is a table that changes what a write does.
type broken struct {
	store.Table
	change func(ops []store.Op) []store.Op
}

func (b broken) Write(ctx context.Context, ops []store.Op) error {
	if ops = b.change(ops); len(ops) == 0 {
		return nil
	}
	return b.Table.Write(ctx, ops)
}

// without leaves out what is put under a sort key with a prefix.
func without(prefix string) func([]store.Op) []store.Op {
	return func(ops []store.Op) []store.Op {
		return slices.DeleteFunc(slices.Clone(ops), func(o store.Op) bool { return o.Put != nil && strings.HasPrefix(o.Put.SK, prefix) })
	}
}

func TestABrokenTableIsNoticed(t *testing.T) {
	t.Parallel()
	writes := 0
	cases := []struct {
		name   string
		house  fault.House
		change func(ops []store.Op) []store.Op
	}{
		{"LostUpdates", fault.Cloud, func(ops []store.Op) []store.Op {
			ops = slices.Clone(ops)
			for k := range ops {
				if strings.HasPrefix(ops[k].Key().PK, "I#") && ops[k].If == store.IfVersion {
					ops[k].If = store.Always
				}
			}
			return ops
		}},
		{"FiguresWithoutVersion", fault.Cloud, func(ops []store.Op) []store.Op {
			ops = slices.Clone(ops)
			for k := range ops {
				if ops[k].Put != nil && ops[k].Put.SK == "F" {
					ops[k].Put = &store.Item{Key: ops[k].Put.Key, Body: []byte("{}")}
					ops[k].If = store.Always
				}
			}
			return ops
		}},
		{"NoReceipts", fault.Cloud, without("K")},
		{"NoOutbox", fault.Machine, without("O#")},
		{"NoEvents", fault.Machine, without("E#")},
		{"NoWatches", fault.Machine, without("C#")},
		{"EveryFortiethWriteIsForgotten", fault.Machine, func(ops []store.Op) []store.Op {
			if writes++; writes%40 == 0 {
				return nil
			}
			return ops
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := fault.Options{House: c.house, Broken: func(table store.Table) store.Table { return broken{table, c.change} }}
			for seed := range uint64(60) {
				if _, err := fault.Play(t.Context(), seed, o); err != nil {
					t.Log(err)
					return
				}
			}
			t.Error("sixty histories say that all is well")
		})
	}
}
