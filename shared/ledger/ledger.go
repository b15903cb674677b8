package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/invest"
	"lianban/shared/roster"
)

// Ledger is the one way in.
type Ledger struct {
	service *approval.Service
	store   docket.Store
	years   docket.Desk[yearState]
	parts   docket.Desk[part]

	mu   sync.Mutex
	read map[int]*known
}

// New keeps figures in a docket. Who may act and what is red, the service knows.
func New(service *approval.Service, store docket.Store) *Ledger {
	return &Ledger{
		service: service, store: store, read: map[int]*known{},
		years: docket.Desk[yearState]{Kind: yearKind, Store: store, Now: service.Now},
		parts: docket.Desk[part]{Kind: partKind, Store: store, Now: service.Now},
	}
}

const (
	yearKind docket.Kind = "investment"
	partKind docket.Kind = "investment-part"
)

// The kinds of events in a year's trail, and in a part's.
const (
	EvEnter = "enter_figures"
	EvStage = "stage_figures"
)

// yearState is the body of a year's record: its trail says everything else.
type yearState struct {
	Entered int64 `json:"entered"`
}

// part is a piece of a file that is too large for one record.
type part struct {
	Facts []invest.Fact `json:"facts"`
}

// Entry is what was entered at once: a file, or a figure.
type Entry struct {
	N      int64          `json:"-"`
	By     approval.Actor `json:"-"`
	At     time.Time      `json:"-"`
	Reason string         `json:"-"`
	File   string         `json:"file,omitempty"`   // its name, when it was one
	Digest string         `json:"digest,omitempty"` // SHA-256 of the file
	Key    string         `json:"key,omitempty"`    // the person and the idempotency key of the request
	Asked  string         `json:"asked,omitempty"`  // the request's digest
	Rows   int            `json:"rows,omitempty"`   // of the file
	MadeUp bool           `json:"madeUp,omitempty"` // entered by Demonstrate
	Counts Counts         `json:"counts"`
	Facts  []invest.Fact  `json:"facts,omitempty"` // when they are few
	Parts  []string       `json:"parts,omitempty"` // where they are, otherwise
}

// Counts says how many facts of each kind there are.
type Counts struct {
	Listings int `json:"listings,omitempty"`
	Plans    int `json:"plans,omitempty"`
	Reports  int `json:"reports,omitempty"`
}

// Sum is how many there are in all.
func (c Counts) Sum() int { return c.Listings + c.Plans + c.Reports }

func count(facts []invest.Fact) (c Counts) {
	for _, f := range facts {
		switch {
		case f.Listing != nil:
			c.Listings++
		case f.Plan != nil:
			c.Plans++
		default:
			c.Reports++
		}
	}
	return c
}

// known is a year as read so far.
type known struct {
	year    *invest.Year
	entries []Entry
	seen    int64 // the last event of the trail that was read
}

// The years for which figures are kept. Before 2000 nobody has them in this form, and
// a later end than 2100 is a slip of the pen (assumed).
const firstYear, lastYear = 2000, 2100

// Year returns a year with what was entered up to now, and the entries in order.
func (l *Ledger) Year(ctx context.Context, n int) (*invest.Year, []Entry, error) {
	if n < firstYear || n > lastYear {
		return nil, nil, approval.Refuse(approval.NotFound, "year", "没有 %d 年的台账，请核对年份。", "There is no ledger of %d; please check the year.", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k, err := l.refresh(ctx, n)
	if err != nil {
		return nil, nil, err
	}
	return k.year, slices.Clone(k.entries), nil
}

// refresh reads what has been entered since the year was read last.
func (l *Ledger) refresh(ctx context.Context, n int) (*known, error) {
	k := known{year: invest.NewYear(n)}
	if before := l.read[n]; before != nil {
		k = *before
	}
	before := k.seen
	for page := (approval.Page{Limit: 200}); ; {
		events, next, err := l.store.Trail(ctx, yearKind, strconv.Itoa(n), before, page)
		if err != nil {
			return nil, fmt.Errorf("read the ledger of %d: %w", n, err)
		}
		for _, e := range events {
			k.seen = e.Seq
			if e.Kind == approval.EvRedact {
				if before > 0 { // what was read before holds what was replaced still
					delete(l.read, n)
					return l.refresh(ctx, n)
				}
				continue
			}
			number := int64(len(k.entries)) + 1
			entry := Entry{N: number, By: e.By, At: e.At, Reason: e.Reason}
			if err := json.Unmarshal(e.Detail, &entry); err != nil {
				return nil, fmt.Errorf("read entry %d of %d: %w", e.Seq, n, err)
			}
			facts, err := l.facts(ctx, &entry)
			if err != nil {
				return nil, fmt.Errorf("read entry %d of %d: %w", e.Seq, n, err)
			}
			k.year = k.year.With(invest.Batch{Stamp: invest.Stamp{Batch: number, By: e.By.Person, Unit: e.By.Unit, At: e.At, Reason: e.Reason}, Facts: facts})
			entry.Facts = nil
			k.entries = append(slices.Clip(k.entries), entry)
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	l.read[n] = &k
	return &k, nil
}

func (l *Ledger) facts(ctx context.Context, e *Entry) ([]invest.Fact, error) {
	facts := e.Facts
	for _, id := range e.Parts {
		p, err := l.parts.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		facts = append(facts, p.State.Facts...)
	}
	return facts, nil
}

const (
	fewBytes  = 16 << 10  // facts that stand in the entry itself
	partBytes = 256 << 10 // of a part, within a record's 400 KB
)

// stage writes the facts where the entry will name them, and tells it after each part.
func (l *Ledger) stage(ctx context.Context, year int, facts []invest.Fact, e *Entry, actor approval.Actor, told func(done, total int)) error {
	var sizes []int
	total := 0
	for _, f := range facts {
		text, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encode a figure: %w", err)
		}
		sizes = append(sizes, len(text)+1)
		total += len(text) + 1
	}
	if total <= fewBytes {
		e.Facts = facts
		told(len(facts), len(facts))
		return nil
	}
	for from := 0; from < len(facts); {
		to, size := from, 0
		for ; to < len(facts) && size+sizes[to] <= partBytes; to++ {
			size += sizes[to]
		}
		piece := part{facts[from:to]}
		text, err := json.Marshal(piece)
		if err != nil {
			return fmt.Errorf("encode figures: %w", err)
		}
		digest := sha256.Sum256(text)
		id := strconv.Itoa(year) + "-" + base64.RawURLEncoding.EncodeToString(digest[:])
		if _, err := l.parts.Put(ctx, id, approval.Call{Actor: actor}, func(p part, act *docket.Act) (part, error) {
			if act.Version == 0 {
				act.Event(EvStage, nil)
			}
			return piece, nil
		}); err != nil {
			return fmt.Errorf("stage figures: %w", err)
		}
		e.Parts = append(e.Parts, id)
		from = to
		told(from, len(facts))
	}
	return nil
}

// errMoved says that something else was entered first.
var errMoved = errors.New("something else was entered first")

// enter adds the entry to the year that was seen with so many entries before.
func (l *Ledger) enter(ctx context.Context, year int, before int64, e Entry, reason string, call approval.Call) (docket.Got[yearState], error) {
	detail, err := json.Marshal(e)
	if err != nil {
		return docket.Got[yearState]{}, fmt.Errorf("encode an entry: %w", err)
	}
	return l.years.Put(ctx, strconv.Itoa(year), call, func(s yearState, act *docket.Act) (yearState, error) {
		if s.Entered != before {
			return s, errMoved
		}
		act.Event(EvEnter, func(ev *approval.Event) { ev.Reason, ev.Detail = reason, detail })
		return yearState{before + 1}, nil
	})
}

// keyed is who asked under which key.
func keyed(call approval.Call) string {
	if call.Key == "" {
		return ""
	}
	return string(call.Actor.Person) + "/" + call.Key
}

// repeated finds the entry that the request made when it came before, under its key.
func repeated(entries []Entry, call approval.Call) (*Entry, error) {
	key := keyed(call)
	k := slices.IndexFunc(entries, func(e Entry) bool { return key != "" && e.Key == key })
	if k < 0 {
		return nil, nil
	}
	if entries[k].Asked != call.Digest {
		return nil, approval.KeyReused()
	}
	return &entries[k], nil
}

// area is where the actor enters figures.
func (l *Ledger) area(actor approval.Actor) (roster.DistrictCode, error) {
	if actor.Role == roster.Bureau {
		if d, ok := l.service.Rules().Roster.Department(roster.DepartmentID(actor.Unit)); ok {
			return d.District, nil
		}
	}
	return "", approval.Refuse(approval.Forbidden, "", "投资计划和进度由重点项目局填报。", "Plans and figures are entered by the project bureau.")
}

// Reads says which projects' figures the actor may read.
func (l *Ledger) Reads(actor approval.Actor) (func(invest.Listing) bool, error) {
	r := l.service.Rules().Roster
	switch actor.Role {
	case roster.Bureau, roster.Overseer:
		if d, ok := r.Department(roster.DepartmentID(actor.Unit)); ok {
			return func(p invest.Listing) bool { return r.Within(p.District, d.District) }, nil
		}
	case roster.GeneralBranch, roster.Headquarters, roster.Secretary:
		tier := map[roster.Role]roster.Tier{roster.GeneralBranch: roster.TierGeneralBranch, roster.Headquarters: roster.TierHeadquarters, roster.Secretary: roster.TierBranch}[actor.Role]
		return func(p invest.Listing) bool {
			branch, ok := r.BranchOf(p.Project)
			if !ok {
				return false
			}
			unit, ok := r.Up(branch.ID, tier)
			return ok && string(unit) == actor.Unit
		}, nil
	}
	return nil, approval.Refuse(approval.Forbidden, "", "投资进度由重点项目局、监督员、总指挥部、临时党总支和项目支部书记查看。", "Investment is read by the bureau, overseers, headquarters, general branches and the project's secretary.")
}
