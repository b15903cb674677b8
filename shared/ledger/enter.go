package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/invest"
	"lianban/shared/sheet"
)

// File is a workbook or CSV with projects, plans and reports of a year.
type File struct {
	Name   string
	Data   []byte
	Reason string // of what it changes
	Dry    bool   // only say what is wrong with it, and what it would change
	// Progress, when not nil, is told how many facts are stored of how many; total is 0
	// while the file is read, when done are the rows read.
	Progress func(done, total int)
}

// mostFaults is how many faults an answer lists; More counts the rest (assumed).
const mostFaults = 2000

// Outcome is what became of a file, or would.
type Outcome struct {
	Faults    []sheet.Fault // in the order of sheets and rows; with any, nothing is entered
	More      int           // faults that are not listed
	Rows      int           // facts read
	Changes   Counts        // of these, what says something new
	Unchanged int           // of these, what the ledger has already
	Entry     *Entry        // where it stands in the ledger; nil while it does not
	Repeated  bool          // the same file had been entered before: nothing was changed
}

// State is the outcome in a word: faults, checked (a dry run), unchanged or entered.
func (o *Outcome) State() string {
	switch {
	case len(o.Faults) > 0:
		return "faults"
	case o.Entry != nil:
		return "entered"
	case o.Changes.Sum() == 0:
		return "unchanged"
	}
	return "checked"
}

// attempts is how often a file is checked again because another entry came first.
const attempts = 8

// Import enters a file, all or nothing. The error says that the caller may not, or
// that something is broken; what is wrong with the file is in the outcome.
func (l *Ledger) Import(ctx context.Context, year int, f File, call approval.Call) (Outcome, error) {
	area, err := l.area(call.Actor)
	if err != nil {
		return Outcome{}, err
	}
	for _, t := range []struct{ field, value string }{{"name", f.Name}, {"reason", f.Reason}} {
		if err := approval.CheckText(t.field, t.value, 500, false); err != nil {
			return Outcome{}, err
		}
	}
	sum := sha256.Sum256(f.Data)
	digest := hex.EncodeToString(sum[:])
	told := func(int, int) {}
	if f.Progress != nil {
		told = f.Progress
	}
	var got *reading
	for range attempts {
		y, entries, err := l.Year(ctx, year)
		if err != nil {
			return Outcome{}, err
		}
		before, err := repeated(entries, call)
		if err != nil {
			return Outcome{}, err
		}
		if k := slices.IndexFunc(entries, func(e Entry) bool { return e.Digest == digest }); k >= 0 && before == nil {
			before = &entries[k]
		}
		if before != nil {
			return Outcome{Entry: before, Repeated: true, Rows: before.Rows, Changes: before.Counts, Unchanged: before.Rows - before.Counts.Sum()}, nil
		}
		if got == nil {
			if got, err = read(f.Data, year, l.service.Rules().Roster, told); err != nil {
				return Outcome{}, err
			}
		}
		out, changed := l.weigh(y, got, invest.Entry{Roster: l.service.Rules().Roster, Area: area, Today: l.service.Today(), Reason: f.Reason})
		if len(out.Faults) > 0 || f.Dry || len(changed) == 0 {
			return out, nil
		}
		e := Entry{File: f.Name, Digest: digest, Key: keyed(call), Asked: call.Digest, Rows: out.Rows, Counts: out.Changes}
		if err := l.stage(ctx, year, changed, &e, call.Actor, told); err != nil {
			return Outcome{}, err
		}
		out.Entry, err = l.entered(ctx, year, int64(len(entries)), e, f.Reason, call)
		if errors.Is(err, errMoved) {
			continue
		}
		return out, err
	}
	return Outcome{}, busy()
}

func busy() error {
	return approval.Refuse(approval.Conflict, "", "台账正由他人填报，请稍后重新提交。", "Others are entering figures; please submit it again in a moment.")
}

// entered enters it and answers the entry as it stands in the ledger.
func (l *Ledger) entered(ctx context.Context, year int, before int64, e Entry, reason string, call approval.Call) (*Entry, error) {
	if _, err := l.enter(ctx, year, before, e, reason, call); err != nil {
		return nil, err
	}
	_, entries, err := l.Year(ctx, year)
	if err != nil {
		return nil, err
	}
	if int64(len(entries)) <= before {
		return nil, fmt.Errorf("the ledger of %d has %d entries after entry %d was acknowledged", year, len(entries), before+1)
	}
	return &entries[before], nil
}

// weigh says what a file would change, and all that is wrong with it.
func (l *Ledger) weigh(y *invest.Year, got *reading, e invest.Entry) (out Outcome, changed []invest.Fact) {
	at, wrong := y.Check(got.facts, e)
	faults := slices.Clone(got.faults)
	for _, w := range wrong {
		faults = append(faults, got.fault(w))
	}
	slices.SortStableFunc(faults, func(a, b sheet.Fault) int {
		return cmp.Or(cmp.Compare(got.rank(a.Sheet), got.rank(b.Sheet)), cmp.Compare(a.Row, b.Row))
	})
	out = Outcome{Rows: len(got.facts), Faults: faults}
	if len(faults) > mostFaults {
		out.Faults, out.More = faults[:mostFaults], len(faults)-mostFaults
	}
	if len(faults) > 0 {
		return out, nil
	}
	for _, k := range at {
		changed = append(changed, got.facts[k])
	}
	out.Changes, out.Unchanged = count(changed), len(got.facts)-len(changed)
	return out, changed
}

// Enter enters a few facts that somebody typed; no entry is made of what says nothing
// new. again says that the same request had made the entry before.
func (l *Ledger) Enter(ctx context.Context, year int, facts []invest.Fact, reason string, call approval.Call) (entry *Entry, again bool, err error) {
	area, err := l.area(call.Actor)
	if err != nil {
		return nil, false, err
	}
	if err = approval.CheckText("reason", reason, 500, false); err != nil {
		return nil, false, err
	}
	for range attempts {
		y, entries, err := l.Year(ctx, year)
		if err != nil {
			return nil, false, err
		}
		if before, err := repeated(entries, call); err != nil || before != nil {
			return before, before != nil, err
		}
		at, wrong := y.Check(facts, invest.Entry{Roster: l.service.Rules().Roster, Area: area, Today: l.service.Today(), Reason: reason})
		if len(wrong) > 0 {
			return nil, false, refusal(wrong)
		}
		if len(at) == 0 {
			return nil, false, nil
		}
		var changed []invest.Fact
		for _, k := range at {
			changed = append(changed, facts[k])
		}
		e := Entry{Key: keyed(call), Asked: call.Digest, Counts: count(changed)}
		if err := l.stage(ctx, year, changed, &e, call.Actor, func(int, int) {}); err != nil {
			return nil, false, err
		}
		entry, err = l.entered(ctx, year, int64(len(entries)), e, reason, call)
		if errors.Is(err, errMoved) {
			continue
		}
		return entry, false, err
	}
	return nil, false, busy()
}

// refusal says the first thing that is wrong, with its field, and all others after it.
func refusal(faults []invest.Fault) error {
	e := &approval.Error{Kind: approval.Invalid, Field: faults[0].Field}
	var zh, en []string
	for _, f := range faults {
		zh, en = append(zh, f.Text.ZH), append(en, f.Text.EN)
	}
	e.Text = approval.Text{ZH: strings.Join(zh, ""), EN: strings.Join(en, " ")}
	return e
}
