// Package enginetest holds the contract suite for journals. It knows package
// engine and the standard library only.
package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/engine"
)

// Opened is a journal under test.
type Opened struct {
	Journal engine.Journal
	// Reopen closes the journal and opens what it left behind, as a restart of
	// the process does. It leaves the receiver unusable.
	Reopen func() Opened
}

// Journal checks the contract of engine.Journal. Open returns an empty journal
// and cleans up with t.Cleanup.
func Journal(t *testing.T, open func(t *testing.T) Opened) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, o Opened)
	}{
		{"KeepsEverythingAcrossReopen", keepsEverything},
		{"CreatesAtomicallyByName", createsByName},
		{"OnlyOneOfConcurrentCreatesOfANameWins", oneCreateWins},
		{"TellsTheSameNameInTwoMachinesApart", sameNameTwoMachines},
		{"KeepsChunksInOrder", keepsOrder},
		{"RefusesAnAppendAtTheWrongPlace", refusesWrongPlace},
		{"WritesTheEntriesOfOneCallTogetherOrNotAtAll", allOrNothing},
		{"KeepsConcurrentAppendsApart", concurrentAppends},
		{"AConflictFailsOnlyItsOwnCall", conflictAlone},
		{"ReplacesAHeadOnlyWhenGiven", headOnlyWhenGiven},
		{"ListsOpenExecutionsInOrder", listsOpen},
		{"PagesNewestFirst", pages},
		{"PagesByMachineAndStatus", pagesFiltered},
		{"PagesStayStableWhileExecutionsAreAdded", pagesStable},
		{"RefusesAForeignPageToken", foreignPage},
		{"KnowsNothingOfUnknownIDs", unknown},
		{"KeepsLargeChunks", largeChunks},
		{"NumbersGrow", numbersGrow},
		{"StoresDefinitionsOnce", definitions},
		{"KeepsWhatTheCallerOverwritesLater", doesNotAlias},
		{"ListsTenThousandOpenOnes", opensMany},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

var (
	began  = time.Date(2024, 8, 18, 9, 0, 0, 123e6, time.UTC)
	source = []byte(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`)
	digest = strings.Repeat("0123456789abcdef", 4)
)

// create stores an execution and fails the test if that fails.
func create(t *testing.T, j engine.Journal, machine, name string, data string) engine.Execution {
	t.Helper()
	x := sample(t, j, machine, name)
	got, err := j.Create(t.Context(), x, []byte(data))
	if err != nil {
		t.Fatalf("Create %s: %v", name, err)
	}
	same(t, got, x)
	return x
}

func sample(t *testing.T, j engine.Journal, machine, name string) engine.Execution {
	t.Helper()
	define(t, j)
	return engine.Execution{
		ID: j.NextID(), Machine: machine, Name: name, Digest: digest, StartedAt: began,
		Head: engine.Head{Status: engine.Running, NextWake: began.Add(30 * time.Second), Pending: true},
	}
}

func define(t *testing.T, j engine.Journal) {
	t.Helper()
	if err := j.Define(t.Context(), engine.Definition{Digest: digest, Machine: "m", Source: source}); err != nil {
		t.Fatalf("Define: %v", err)
	}
}

func add(t *testing.T, j engine.Journal, entries ...engine.Entry) {
	t.Helper()
	if err := j.Append(t.Context(), entries...); err != nil {
		t.Fatalf("Append: %v", err)
	}
}

// same compares what must be equal; times by the moment they name.
func same(t *testing.T, got, want engine.Execution) {
	t.Helper()
	g, w := got, want
	for _, p := range []*engine.Execution{&g, &w} {
		p.StartedAt = p.StartedAt.UTC()
		p.Head.NextWake = p.Head.NextWake.UTC()
		p.Head.EndedAt = p.Head.EndedAt.UTC()
		if p.Head.NextWake.IsZero() {
			p.Head.NextWake = time.Time{}
		}
	}
	if g != w {
		t.Fatalf("execution is\n%+v\nwant\n%+v", got, want)
	}
}

func holds(t *testing.T, j engine.Journal, want engine.Execution, chunks ...string) {
	t.Helper()
	got, data, err := j.Load(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("Load %d: %v", want.ID, err)
	}
	same(t, got, want)
	var text []string
	for _, c := range data {
		text = append(text, string(c))
	}
	if !slices.Equal(text, chunks) {
		t.Fatalf("chunks of %s are %q, want %q", want.Name, text, chunks)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func keepsEverything(t *testing.T, o Opened) {
	j := o.Journal
	x := create(t, j, "m", "a", "start")
	done := create(t, j, "m", "b", "start b")
	add(t, j, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("one")})
	done.Head = engine.Head{Status: engine.Failed, EndedAt: began.Add(time.Hour)}
	add(t, j, engine.Entry{ID: done.ID, Seq: 1, Data: []byte("end"), Head: &done.Head})
	for range 2 {
		o = o.Reopen()
		j = o.Journal
		holds(t, j, x, "start", "one")
		holds(t, j, done, "start b", "end")
		got, err := j.Find(t.Context(), "m", "a")
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, x)
		def, err := j.Definition(t.Context(), digest)
		if err != nil || !bytes.Equal(def.Source, source) || def.Machine != "m" || def.Digest != digest {
			t.Fatalf("definition is %+v, %v", def, err)
		}
	}
	x.Head.NextWake = time.Time{}
	x.Head.Pending = false
	add(t, j, engine.Entry{ID: x.ID, Seq: 2, Data: []byte("two"), Head: &x.Head})
	o = o.Reopen()
	holds(t, o.Journal, x, "start", "one", "two")
}

func createsByName(t *testing.T, o Opened) {
	j := o.Journal
	x := create(t, j, "m", "a", "first")
	x.Head.Pending = false
	add(t, j, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("more"), Head: &x.Head})
	again := sample(t, j, "m", "a")
	got, err := j.Create(t.Context(), again, []byte("second"))
	is(t, err, engine.ErrExists)
	same(t, got, x)
	_, _, err = j.Load(t.Context(), again.ID)
	is(t, err, engine.ErrUnknown)
	holds(t, j, x, "first", "more")
	o = o.Reopen()
	_, err = o.Journal.Create(t.Context(), sample(t, o.Journal, "m", "a"), []byte("third"))
	is(t, err, engine.ErrExists)
}

func oneCreateWins(t *testing.T, o Opened) {
	j := o.Journal
	define(t, j)
	var mu sync.Mutex
	var won []engine.ID
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			x := engine.Execution{
				ID: j.NextID(), Machine: "m", Name: "a", Digest: digest, StartedAt: began,
				Head: engine.Head{Status: engine.Running},
			}
			got, err := j.Create(context.Background(), x, []byte("x"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, x.ID)
			case !errors.Is(err, engine.ErrExists):
				t.Errorf("Create: %v", err)
			case got.Name != "a" || got.ID == x.ID:
				t.Errorf("Create answered %+v to %d", got, x.ID)
			}
		})
	}
	group.Wait()
	if len(won) != 1 {
		t.Fatalf("%d creates won", len(won))
	}
	got, err := j.Find(t.Context(), "m", "a")
	if err != nil || got.ID != won[0] {
		t.Fatalf("Find answers %d, %v; %d won", got.ID, err, won[0])
	}
}

func sameNameTwoMachines(t *testing.T, o Opened) {
	a := create(t, o.Journal, "m", "a", "in m")
	b := create(t, o.Journal, "n", "a", "in n")
	holds(t, o.Journal, a, "in m")
	holds(t, o.Journal, b, "in n")
	got, err := o.Journal.Find(t.Context(), "n", "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, b)
}

func keepsOrder(t *testing.T, o Opened) {
	j := o.Journal
	x := create(t, j, "m", "a", "0")
	y := create(t, j, "m", "b", "0")
	want := []string{"0"}
	for i := 1; i < 300; i++ {
		want = append(want, fmt.Sprint(i))
		add(t, j, engine.Entry{ID: x.ID, Seq: i, Data: []byte(fmt.Sprint(i))}, engine.Entry{ID: y.ID, Seq: i, Data: []byte(fmt.Sprint(i))})
	}
	holds(t, j, x, want...)
	o = o.Reopen()
	holds(t, o.Journal, y, want...)
}

func refusesWrongPlace(t *testing.T, o Opened) {
	x := create(t, o.Journal, "m", "a", "0")
	for _, seq := range []int{0, 2, 7} {
		head := engine.Head{Status: engine.Failed, EndedAt: began}
		is(t, o.Journal.Append(t.Context(), engine.Entry{ID: x.ID, Seq: seq, Data: []byte("x"), Head: &head}), engine.ErrConflict)
	}
	holds(t, o.Journal, x, "0")
}

func allOrNothing(t *testing.T, o Opened) {
	x := create(t, o.Journal, "m", "a", "0")
	y := create(t, o.Journal, "m", "b", "0")
	is(t, o.Journal.Append(t.Context(),
		engine.Entry{ID: x.ID, Seq: 1, Data: []byte("x")}, engine.Entry{ID: y.ID, Seq: 3, Data: []byte("y")}), engine.ErrConflict)
	holds(t, o.Journal, x, "0")
	is(t, o.Journal.Append(t.Context(),
		engine.Entry{ID: x.ID, Seq: 1, Data: []byte("x")}, engine.Entry{ID: y.ID + 1000, Seq: 1, Data: []byte("y")}), engine.ErrUnknown)
	holds(t, o.Journal, x, "0")
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("x")}, engine.Entry{ID: y.ID, Seq: 1, Data: []byte("y")})
	holds(t, o.Journal, x, "0", "x")
	holds(t, o.Journal, y, "0", "y")
}

func concurrentAppends(t *testing.T, o Opened) {
	const executions, chunks = 16, 20
	var xs []engine.Execution
	for i := range executions {
		xs = append(xs, create(t, o.Journal, "m", fmt.Sprint("x", i), "0"))
	}
	var group sync.WaitGroup
	for _, x := range xs {
		group.Go(func() {
			for i := 1; i <= chunks; i++ {
				if err := o.Journal.Append(context.Background(), engine.Entry{ID: x.ID, Seq: i, Data: []byte(fmt.Sprint(x.Name, i))}); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	group.Wait()
	o = o.Reopen()
	for _, x := range xs {
		want := []string{"0"}
		for i := 1; i <= chunks; i++ {
			want = append(want, fmt.Sprint(x.Name, i))
		}
		holds(t, o.Journal, x, want...)
	}
}

func conflictAlone(t *testing.T, o Opened) {
	good := create(t, o.Journal, "m", "good", "0")
	bad := create(t, o.Journal, "m", "bad", "0")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				if err := o.Journal.Append(context.Background(), engine.Entry{ID: bad.ID, Seq: 9, Data: []byte("x")}); !errors.Is(err, engine.ErrConflict) {
					t.Errorf("the bad append: %v", err)
				}
			}
		})
	}
	for i := 1; i <= 40; i++ {
		add(t, o.Journal, engine.Entry{ID: good.ID, Seq: i, Data: []byte("y")})
	}
	group.Wait()
	holds(t, o.Journal, bad, "0")
}

func headOnlyWhenGiven(t *testing.T, o Opened) {
	x := create(t, o.Journal, "m", "a", "0")
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("1")})
	holds(t, o.Journal, x, "0", "1")
	x.Head = engine.Head{Status: engine.Running, NextWake: began.Add(time.Hour)}
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 2, Data: []byte("2"), Head: &x.Head})
	holds(t, o.Journal, x, "0", "1", "2")
}

func listsOpen(t *testing.T, o Opened) {
	j := o.Journal
	if list, err := j.Open(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("an empty journal has open executions %v, %v", list, err)
	}
	var want []engine.OpenExecution
	for i := range 30 {
		x := create(t, j, "m", fmt.Sprint("x", i), "0")
		switch i % 3 {
		case 0:
			head := engine.Head{Status: engine.Succeeded, EndedAt: began}
			add(t, j, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("end"), Head: &head})
			continue
		case 1:
			x.Head = engine.Head{Status: engine.Running}
			add(t, j, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("waits"), Head: &x.Head})
		}
		want = append(want, engine.OpenExecution{ID: x.ID, NextWake: x.Head.NextWake, Pending: x.Head.Pending})
	}
	born := sample(t, j, "m", "born finished")
	born.Head = engine.Head{Status: engine.Succeeded, EndedAt: began}
	if _, err := j.Create(t.Context(), born, []byte("all")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := j.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, func(a, b engine.OpenExecution) bool {
			return a.ID == b.ID && a.Pending == b.Pending && a.NextWake.Equal(b.NextWake)
		}) {
			t.Fatalf("open executions are\n%v\nwant\n%v", got, want)
		}
		o = o.Reopen()
		j = o.Journal
	}
}

func list(t *testing.T, j engine.Journal, q engine.Query) []string {
	t.Helper()
	var names []string
	for pages := 0; ; pages++ {
		got, next, err := j.List(t.Context(), q)
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		limit := q.Limit
		if limit == 0 {
			limit = 100
		}
		if len(got) > limit || pages > 1000 {
			t.Fatalf("page %d has %d executions of at most %d", pages, len(got), limit)
		}
		for _, x := range got {
			names = append(names, x.Name)
		}
		if next == "" {
			return names
		}
		q.Page = next
	}
}

func pages(t *testing.T, o Opened) {
	var want []string
	for i := range 25 {
		want = append(want, create(t, o.Journal, "m", fmt.Sprint("x", i), "0").Name)
	}
	slices.Reverse(want)
	for _, limit := range []int{0, 1, 5, 7, 25, 26, 1000} {
		if got := list(t, o.Journal, engine.Query{Limit: limit}); !slices.Equal(got, want) {
			t.Fatalf("by %d: %v, want %v", limit, got, want)
		}
	}
	for _, limit := range []int{-1, 1001} {
		if _, _, err := o.Journal.List(t.Context(), engine.Query{Limit: limit}); err == nil {
			t.Fatalf("a page of %d is not refused", limit)
		}
	}
}

func pagesFiltered(t *testing.T, o Opened) {
	var want []string
	for i := range 20 {
		machine := []string{"m", "n"}[i%2]
		x := create(t, o.Journal, machine, fmt.Sprint("x", i), "0")
		if i%3 == 0 {
			x.Head = engine.Head{Status: engine.Aborted, EndedAt: began}
			add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 1, Data: []byte("1"), Head: &x.Head})
			if machine == "n" {
				want = append(want, x.Name)
			}
		}
	}
	slices.Reverse(want)
	if got := list(t, o.Journal, engine.Query{Machine: "n", Status: engine.Aborted, Limit: 2}); !slices.Equal(got, want) {
		t.Fatalf("aborted of n are %v, want %v", got, want)
	}
	if got := list(t, o.Journal, engine.Query{Machine: "n", Limit: 3}); len(got) != 10 {
		t.Fatalf("n has %v", got)
	}
	if got := list(t, o.Journal, engine.Query{Status: engine.Aborted, Limit: 3}); len(got) != 7 {
		t.Fatalf("aborted are %v", got)
	}
	if got := list(t, o.Journal, engine.Query{Machine: "nobody"}); len(got) != 0 {
		t.Fatalf("nobody has %v", got)
	}
}

func pagesStable(t *testing.T, o Opened) {
	for i := range 4 {
		create(t, o.Journal, "m", fmt.Sprint("x", i), "0")
	}
	first, next, err := o.Journal.List(t.Context(), engine.Query{Limit: 2})
	if err != nil || len(first) != 2 || next == "" {
		t.Fatalf("first page is %v, %q, %v", first, next, err)
	}
	create(t, o.Journal, "m", "late", "0")
	if got := list(t, o.Journal, engine.Query{Limit: 2, Page: next}); !slices.Equal(got, []string{"x1", "x0"}) {
		t.Fatalf("second page is %v", got)
	}
}

func foreignPage(t *testing.T, o Opened) {
	create(t, o.Journal, "m", "a", "0")
	for _, page := range []string{"!", "-", "no such page", strings.Repeat("z", 500)} {
		_, _, err := o.Journal.List(t.Context(), engine.Query{Page: page})
		is(t, err, engine.ErrPage)
	}
}

func unknown(t *testing.T, o Opened) {
	create(t, o.Journal, "m", "a", "0")
	for _, id := range []engine.ID{1 << 40, 0, -1} {
		_, _, err := o.Journal.Load(t.Context(), id)
		is(t, err, engine.ErrUnknown)
		is(t, o.Journal.Append(t.Context(), engine.Entry{ID: id, Seq: 1, Data: []byte("x")}), engine.ErrUnknown)
	}
	for _, name := range []string{"b", "", "A"} {
		_, err := o.Journal.Find(t.Context(), "m", name)
		is(t, err, engine.ErrUnknown)
	}
	_, err := o.Journal.Definition(t.Context(), strings.Repeat("f", 64))
	is(t, err, engine.ErrUnknown)
}

func largeChunks(t *testing.T, o Opened) {
	big := strings.Repeat("联办", 256<<10/6) + "\x00\xff"
	huge := strings.Repeat("x", 3<<20)
	x := create(t, o.Journal, "m", "a", big)
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 1, Data: []byte(huge)})
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 2, Data: []byte(big)})
	o = o.Reopen()
	holds(t, o.Journal, x, big, huge, big)
}

func numbersGrow(t *testing.T, o Opened) {
	last := engine.ID(0)
	for i := range 10 {
		x := create(t, o.Journal, "m", fmt.Sprint("x", i), "0")
		if x.ID <= last {
			t.Fatalf("%d after %d", x.ID, last)
		}
		last = x.ID
		if i%3 == 0 {
			o = o.Reopen()
		}
	}
	var mu sync.Mutex
	seen := map[engine.ID]bool{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				id := o.Journal.NextID()
				mu.Lock()
				if seen[id] || id <= last {
					t.Errorf("%d is not new", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	group.Wait()
}

func definitions(t *testing.T, o Opened) {
	define(t, o.Journal)
	define(t, o.Journal)
	other := engine.Definition{Digest: strings.Repeat("ab", 32), Machine: "m", Source: []byte(strings.Repeat(" ", 1<<20))}
	if err := o.Journal.Define(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	o = o.Reopen()
	for _, want := range []engine.Definition{{Digest: digest, Machine: "m", Source: source}, other} {
		got, err := o.Journal.Definition(t.Context(), want.Digest)
		if err != nil || got.Machine != want.Machine || got.Digest != want.Digest || !bytes.Equal(got.Source, want.Source) {
			t.Fatalf("definition %s: %d bytes of %s, %v", got.Digest, len(got.Source), got.Machine, err)
		}
	}
}

func doesNotAlias(t *testing.T, o Opened) {
	x := sample(t, o.Journal, "m", "a")
	data := []byte("start")
	if _, err := o.Journal.Create(t.Context(), x, data); err != nil {
		t.Fatal(err)
	}
	copy(data, "XXXXX")
	more := []byte("more")
	add(t, o.Journal, engine.Entry{ID: x.ID, Seq: 1, Data: more})
	copy(more, "YYYY")
	holds(t, o.Journal, x, "start", "more")
	_, chunks, err := o.Journal.Load(t.Context(), x.ID)
	if err != nil {
		t.Fatal(err)
	}
	copy(chunks[0], "ZZZZZ")
	holds(t, o.Journal, x, "start", "more")
}

// opensMany checks the order of magnitude only: a scan of all chunks would take
// far longer than the second in which the whole process must be ready.
func opensMany(t *testing.T, o Opened) {
	if testing.Short() {
		t.Skip("ten thousand executions")
	}
	const n = 10000
	define(t, o.Journal)
	var group sync.WaitGroup
	next := make(chan int)
	for range 64 {
		group.Go(func() {
			for i := range next {
				x := engine.Execution{
					ID: o.Journal.NextID(), Machine: "m", Name: fmt.Sprint("x", i), Digest: digest, StartedAt: began,
					Head: engine.Head{Status: engine.Running, NextWake: began.Add(time.Duration(i) * time.Second)},
				}
				if _, err := o.Journal.Create(context.Background(), x, make([]byte, 600)); err != nil {
					t.Errorf("Create: %v", err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	o = o.Reopen()
	open, err := o.Journal.Open(t.Context())
	if err != nil || len(open) != n {
		t.Fatalf("%d open executions, %v", len(open), err)
	}
}
