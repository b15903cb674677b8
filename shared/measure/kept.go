package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"lianban/shared/calendar"
)

// What took long to read is given again for a while, so that reading figures never takes more
// than a fiftieth of the time, and figures of a few thousand cases are always as of now (all
// assumed). Every page that shows figures says up to when they go.
const (
	keptFor  = 50
	keptMost = 5 * time.Minute
	// keptRecords bounds the memory: about half a gigabyte when every record is full.
	keptRecords = 200_000
)

// answers are the data that were read last.
type answers struct {
	lock sync.Mutex
	of   map[string]*answer
}

// answer is the data of one query.
type answer struct {
	turn sync.Mutex // who reads; the others wait for it
	lock sync.Mutex
	data *Data
	at   time.Time
	took time.Duration
	busy bool // somebody reads it anew behind
}

// age says how long ago the data was read, against how long it is kept.
func (a *answer) age(now time.Time) (age, kept time.Duration) {
	return now.Sub(a.at), min(keptMost, keptFor*a.took)
}

// Recent reads what a query rests on, or answers what was read a short while ago, as
// Version.FoldedTo says. Where there is a Behind, what has just become too old is answered once
// more and read anew behind the page.
func (k *Keeper) Recent(ctx context.Context, q Query) (*Data, error) {
	key, err := k.named(ctx, q)
	if err != nil {
		return nil, err
	}
	a := k.answerTo(key)
	if d := a.still(k, q); d != nil {
		return d, nil
	}
	a.turn.Lock()
	defer a.turn.Unlock()
	if d := a.still(k, q); d != nil { // somebody else has read it meanwhile
		return d, nil
	}
	return k.again(ctx, a, q)
}

// named tells questions apart, and what they rest on besides figures: the day, the register of
// past approvals, the roster.
func (k *Keeper) named(ctx context.Context, q Query) (string, error) {
	on := struct {
		Query
		On      calendar.Date
		Archive int
		Roster  string
	}{Query: q, On: calendar.Of(k.Now()), Roster: fmt.Sprintf("%p", k.Rules().Roster)}
	if k.Past != nil {
		var err error
		if on.Archive, _, err = k.Past(ctx); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(on)
	return string(text), err
}

func (k *Keeper) answerTo(key string) *answer {
	k.answers.lock.Lock()
	defer k.answers.lock.Unlock()
	if k.answers.of == nil {
		k.answers.of = map[string]*answer{}
	}
	a := k.answers.of[key]
	if a == nil {
		a = &answer{}
		k.answers.of[key] = a
	}
	return a
}

// still answers the data while it is kept, or nil.
func (a *answer) still(k *Keeper, q Query) *Data {
	a.lock.Lock()
	defer a.lock.Unlock()
	age, kept := a.age(k.Now())
	switch {
	case a.data == nil || age < 0:
		return nil
	case age < kept:
		return a.data
	case k.Behind == nil || age >= 2*kept:
		return nil
	}
	if !a.busy {
		a.busy = true
		k.Behind(func() {
			a.turn.Lock()
			defer a.turn.Unlock()
			if d, err := k.again(context.Background(), a, q); err == nil { // else who asks next is told
				d.warm()
			}
			a.lock.Lock()
			defer a.lock.Unlock()
			a.busy = false
		})
	}
	return a.data
}

// again reads the data, and keeps it when that took a while. The caller has the turn.
func (k *Keeper) again(ctx context.Context, a *answer, q Query) (*Data, error) {
	begun := k.Now()
	d, err := k.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	a.lock.Lock()
	a.data, a.at = d, k.Now()
	a.took = a.at.Sub(begun)
	a.lock.Unlock()
	k.forget()
	return d, nil
}

// forget lets go of what is kept no longer, and of the oldest while there is too much.
func (k *Keeper) forget() {
	k.answers.lock.Lock()
	defer k.answers.lock.Unlock()
	now := k.Now()
	for {
		records, oldest, at := 0, "", time.Time{}
		for key, a := range k.answers.of {
			a.lock.Lock()
			age, kept := a.age(now)
			switch {
			case a.data == nil: // being read for the first time
			case age < 0 || age >= 2*kept:
				delete(k.answers.of, key)
			default:
				records += a.data.Version.Records
				if oldest == "" || a.at.Before(at) {
					oldest, at = key, a.at
				}
			}
			a.lock.Unlock()
		}
		if records <= keptRecords || oldest == "" {
			return
		}
		delete(k.answers.of, oldest)
	}
}

// made are the statistics that were asked of data before: they are the same every time, and who
// receives them must not change them.
type made struct {
	lock sync.Mutex
	of   map[string]any
}

func once[T any](d *Data, what string, compute func() T) T {
	d.made.lock.Lock()
	defer d.made.lock.Unlock()
	if d.made.of == nil {
		d.made.of = map[string]any{}
	}
	if _, ok := d.made.of[what]; !ok {
		d.made.of[what] = compute()
	}
	return d.made.of[what].(T)
}

// warm computes what the pages show, so that nobody waits for it.
func (d *Data) warm() {
	for _, by := range []By{ByAll, ByDepartment, BySubject, ByDistrict, ByRaised} {
		d.Rows(by)
	}
	_, _ = d.Saved() // whoever asks is told what is wrong
	d.Bottlenecks()
	d.Variants()
	d.Chart()
	d.Requirements()
}
