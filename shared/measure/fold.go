package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Store keeps the figures. Implementations pass measuretest.Store.
type Store interface {
	// Sheet returns what was folded of an issue last; one with Version 0 when nothing
	// was. It is as of the last acknowledged write.
	Sheet(ctx context.Context, id approval.IssueID) (Sheet, error)

	// Figure returns a record as of the last acknowledged write; one with Version 0
	// when there is none.
	Figure(ctx context.Context, p Place) (Record, error)

	// Figures lists the records of a partition whose names begin with a prefix, by
	// name, as of the last acknowledged writes.
	Figures(ctx context.Context, m Month, d roster.DistrictCode, prefix string, page approval.Page) ([]Record, approval.Cursor, error)

	// CommitFold writes all of it or nothing. It answers an error that is
	// approval.ErrLostRace when a sheet kept is not of the version From (0: there
	// must be none), or when a record is not of the version before its own.
	CommitFold(ctx context.Context, f Fold) error
}

// Fold is one commit of figures.
type Fold struct {
	Sheets  []Folded
	Figures []Record // Version is the one that it becomes
}

// Folded is the sheet of an issue and the version of the one that it takes the place
// of; 0: there is none.
type Folded struct {
	Sheet
	From int64
}

// Keeper folds issues into the figures, and proves them.
type Keeper struct {
	Store  Store
	Issues approval.Store
	Rules  func() approval.Rules
	Now    func() time.Time
	// Pause, when set, is called between two tries of a fold that lost a race, with the
	// number of the try that lost: for processes that share a store.
	Pause func(ctx context.Context, try int) error

	// Seen, when set, is told of each issue that a comparison or a rebuild comes past.
	Seen func()
	// Past, when set, answers the register of past approvals in force, by its number, from
	// which the historical baseline is taken; 0: there is none.
	Past func(ctx context.Context) (n int, items []saving.PastItem, err error)

	// turn lets folds of this process pass one at a time: they meet in the same cells,
	// and one that folds many issues at once writes each cell once.
	turn sync.Mutex

	// Behind, when set, runs what nobody waits for, and ends before the store is closed.
	Behind func(func())

	past    past // what a forecast rests on, as last read
	answers answers
}

const (
	// tries is how often a fold is tried when another process writes the same figures.
	tries = 16
	// together is how many records one commit of several issues takes; one issue with
	// forty sign-offs alone may take 83 of the hundred that a transaction has.
	together = 90
)

// Fold folds issues as they stand. Doing it again, late or twice at once is harmless.
// When it fails, some of them may have been folded.
func (k *Keeper) Fold(ctx context.Context, ids []approval.IssueID) error {
	_, err := k.fold(ctx, ids, false)
	return err
}

// fold answers in how many issues there was something to do. With again an issue is
// folded anew although its version has been folded: what a day is may have changed.
func (k *Keeper) fold(ctx context.Context, ids []approval.IssueID, again bool) (done int, err error) {
	k.turn.Lock()
	defer k.turn.Unlock()
	for try := 1; len(ids) > 0; {
		n, folded, err := k.some(ctx, ids, again)
		switch {
		case err == nil:
			ids, done, try = ids[n:], done+folded, 1
			continue
		case !errors.Is(err, approval.ErrLostRace) || try == tries:
			return done, err
		}
		if k.Pause != nil {
			if err := k.Pause(ctx, try); err != nil {
				return done, err
			}
		}
		try++
	}
	return done, nil
}

// some folds the first of the issues, as many as one commit takes: it answers how
// many it took, and in how many of them there was something to do.
func (k *Keeper) some(ctx context.Context, ids []approval.IssueID, again bool) (taken, done int, err error) {
	sums, versions := NewSums(), map[Place]int64{}
	fold := Fold{}
	for taken < len(ids) {
		// The sheet is read first: an issue that moves on between the two reads is folded
		// as it is then, on a sheet that still has to stand.
		old, err := k.Store.Sheet(ctx, ids[taken])
		if err != nil {
			return 0, 0, err
		}
		issue, err := k.Issues.Issue(ctx, ids[taken])
		if err != nil {
			return 0, 0, err
		}
		next := Of(k.Rules(), &issue)
		places := touched(&old, &next)
		switch known := old.Version >= issue.Version; {
		case old.Version > issue.Version, known && !again, known && len(places) == 0,
			slices.ContainsFunc(fold.Sheets, func(f Folded) bool { return f.Issue == issue.ID }):
			taken++
			continue
		}
		fresh := slices.DeleteFunc(places, func(p Place) bool { _, loaded := versions[p]; return loaded })
		if len(fold.Sheets) > 0 && len(fold.Sheets)+len(versions)+1+len(fresh) > together {
			break
		}
		for _, p := range fresh {
			r, err := k.Store.Figure(ctx, p)
			if err != nil {
				return 0, 0, err
			}
			if err := sums.Load(&r); err != nil {
				return 0, 0, err
			}
			versions[p] = r.Version
		}
		sums.change(&old, -1, &next)
		sums.change(&next, 1, &old)
		fold.Sheets = append(fold.Sheets, Folded{next, old.Version})
		taken++
	}
	if len(fold.Sheets) == 0 {
		return taken, 0, nil
	}
	if fold.Figures, err = sums.Records(); err != nil {
		return 0, 0, err
	}
	for k := range fold.Figures {
		fold.Figures[k].Version = versions[fold.Figures[k].Place] + 1
	}
	if err := k.Store.CommitFold(ctx, fold); err != nil {
		return 0, 0, fmt.Errorf("fold %d issues: %w", len(fold.Sheets), err)
	}
	return taken, len(fold.Sheets), nil
}
