package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// signals tells the callers of the measured application what has been committed
// about their issue, as a page that follows it would be told.
type signals struct {
	mu    sync.Mutex
	flows map[string]*signal
}

type signal struct{ routed, concluded chan struct{} }

func (s *signals) of(id string) *signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flows[id] == nil {
		s.flows[id] = &signal{make(chan struct{}), make(chan struct{})}
	}
	return s.flows[id]
}

var routed, concluded = []byte(`"kind":"route"`), []byte(`"kind":"conclude"`)

func (s *signals) committed(items []store.Item) {
	for k := range items {
		i := &items[k]
		if !strings.HasPrefix(i.SK, "E#") {
			continue
		}
		switch {
		case bytes.Contains(i.Body, routed):
			close(s.of(i.PK[2:]).routed)
		case bytes.Contains(i.Body, concluded):
			f := s.of(i.PK[2:])
			s.mu.Lock()
			delete(s.flows, i.PK[2:])
			s.mu.Unlock()
			close(f.concluded)
		}
	}
}

// petition asks five departments about one matter.
var petition = approval.Petition{Project: "tod-nanzhuang", Title: "河涌提升与周边地块调整", Body: "请各部门同步会签。", Parties: []approval.Party{
	{Matter: "plot_adjustment", Department: "cc-natural-resources"},
	{Matter: "river_works", Department: "cc-water"},
	{Matter: "river_works", Department: "cc-transport"},
	{Matter: "river_works", Department: "cc-ecology"},
	{Matter: "plot_adjustment", Department: "nanzhuang-village-1"},
}}

var secretary = approval.Actor{Person: "tod-secretary", Role: roster.Secretary, Unit: "branch-tod"}

func officer(d roster.DepartmentID) approval.Actor {
	return approval.Actor{Person: roster.PersonID(d) + "-officer-1", Role: roster.Officer, Unit: string(d)}
}

// app measures the whole application without HTTP.
func (c *Command) app(ctx context.Context, out io.Writer, dir string) error {
	for _, n := range c.Callers {
		if err := c.appAt(ctx, out, filepath.Join(dir, fmt.Sprintf("%d.db", n)), n); err != nil {
			return err
		}
	}
	return nil
}

func (c *Command) appAt(ctx context.Context, out io.Writer, path string, n int) (err error) {
	s := &signals{flows: map[string]*signal{}}
	app, err := local.Open(ctx, local.Config{Data: path, Committed: s.committed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- app.Run(running) }()

	var answers, whole latencies
	amount := c.amount(n)
	took, err := callers(ctx, n, amount, func(ctx context.Context, k int) error {
		begin := time.Now()
		issue, _, err := app.Service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: secretary, Key: fmt.Sprint("raise-", k), Digest: "d"})
		if err != nil {
			return err
		}
		f := s.of(string(issue.ID))
		<-f.routed
		party := make(chan int, parties)
		for p := range parties {
			party <- p + 1
		}
		if err := eachParty(func() error {
			p := <-party
			answer := time.Now()
			defer func() { answers.add(time.Since(answer)) }()
			_, _, err := app.Service.Do(ctx, issue.ID, approval.Grant{SignOff: p, Reason: "同意。"},
				approval.Call{Actor: officer(petition.Parties[p-1].Department), Key: fmt.Sprint("answer-", k), Digest: "d"})
			return err
		}); err != nil {
			return err
		}
		<-f.concluded
		whole.add(time.Since(begin))
		return nil
	})
	stop()
	if err = errors.Join(err, <-ended); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintf(out, "application (rules, audit, outbox, relay; no HTTP), %d callers: %.0f workflows a second (%d); workflow %s; answer %s\n",
		n, float64(amount)/took.Seconds(), amount, &whole, &answers)
	items, journal, err := app.Sizes(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "application, %d callers: %.2f KiB a finished workflow in the store, %.2f KiB in the journal\n", n, float64(items)/1024/float64(amount), float64(journal)/1024/float64(amount))
	return nil
}
