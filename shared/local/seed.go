package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// Seed makes a new data file in which the three reported cases have been going
// on until now. A file that exists already is left alone. The new one appears
// whole or not at all.
func Seed(ctx context.Context, c Config) error {
	if _, err := os.Stat(c.Data); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	path := c.Data + ".new"
	if err := remove(path); err != nil {
		return fmt.Errorf("data file %s: %w", c.Data, err)
	}
	target, now, rules := c.Data, c.Now(), c.rules()
	cases := sim.Cases()
	first := now
	raised := func(k *sim.Case) time.Time {
		at := rules.Calendar.After(calendar.Of(now), -k.Ago).Start().Add(9*time.Hour + 10*time.Minute)
		if at.After(now) {
			at = now
		}
		return at
	}
	for k := range cases {
		cases[k].Confirm = nil // the reader's to give
		if at := raised(&cases[k]); at.Before(first) {
			first = at
		}
	}
	clock := sim.NewClock(first)
	c.Data, c.Now = path, clock.Now
	app, err := Open(ctx, c)
	if err != nil {
		return err
	}
	player := sim.Player{Service: app.Service, World: app, Clock: clock}
	if _, err = player.Play(ctx, cases, raised, now); err == nil {
		err = app.demonstrate(ctx)
	}
	if err = errors.Join(err, app.Close()); err != nil {
		return errors.Join(fmt.Errorf("prepare data file %s: %w", target, err), remove(path))
	}
	if err := os.Remove(path + ".lock"); err != nil {
		return err
	}
	if err := os.Rename(path, target); err != nil {
		return fmt.Errorf("data file %s: %w", target, err)
	}
	return nil
}

// remove deletes a data file and what belongs to it.
func remove(path string) error {
	var errs []error
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// demonstrate has each project bureau begin with a ledger of made-up figures.
func (a *App) demonstrate(ctx context.Context) error {
	r := a.Service.Rules().Roster
	for _, person := range r.Everybody() {
		for _, post := range r.Posts(person.ID) {
			if post.Role != roster.Bureau {
				continue
			}
			if err := a.Ledger.Demonstrate(ctx, approval.Actor{Person: person.ID, Role: post.Role, Unit: post.Unit}); err != nil {
				return fmt.Errorf("begin the ledger: %w", err)
			}
		}
	}
	return nil
}
