package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Keeper keeps the register and puts its facts before the rules.
type Keeper struct {
	store   docket.Store
	changes docket.Desk[ChangeSet]
	book    docket.Desk[bookState]
	service *approval.Service
	base    Facts
	now     func() time.Time
	newID   func() string

	// Also bring other open records that rest on the facts into line with them, in
	// each pass over the issues, and say how many moved. Set it before the first one.
	Also []func(ctx context.Context, ground string) (moved int, err error)

	mu      sync.Mutex
	entries []Entry
	seen    int64 // the last event of the trail that was read
	day     calendar.Date
	state   State
	read    time.Time // when the trail was read last
}

// bookState is the body of the register's record: its trail says everything else.
type bookState struct {
	Entered int64 `json:"entered"`
}

// New makes a keeper on the base facts, which are the service's rules as they
// stand. The ids of change sets (UUIDv7) and the clock come from outside.
func New(store docket.Store, service *approval.Service, now func() time.Time, newID func() string) *Keeper {
	rules := service.Rules()
	return &Keeper{
		store: store, service: service, now: now, newID: newID,
		base:    Facts{rules.Calendar, rules.Catalog, rules.Roster},
		changes: docket.Desk[ChangeSet]{Kind: changeKind, Store: store, Now: now, Places: places},
		book:    docket.Desk[bookState]{Kind: registerKind, Store: store, Now: now},
	}
}

// Refresh reads what has been entered since and, when there is something or the
// date has changed, puts the facts of today before the rules.
func (k *Keeper) Refresh(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.refresh(ctx)
}

// RefreshAfter is Refresh unless the trail was read within the time given: for
// processes that look at every call and need not see a change at once.
func (k *Keeper) RefreshAfter(ctx context.Context, age time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Sub(k.read) < age && k.day == calendar.Of(now) {
		return nil
	}
	return k.refresh(ctx)
}

// errRedacted says that personal data was replaced in the register: entries read before that
// hold it still.
var errRedacted = errors.New("something in the register was redacted")

// readOn reads what was entered after the events seen so far.
func (k *Keeper) readOn(ctx context.Context, entries []Entry, seen int64) (_ []Entry, _ int64, redacted error) {
	last := seen
	for page := (approval.Page{Limit: 200}); ; {
		events, next, err := k.store.Trail(ctx, registerKind, theRegister, seen, page)
		if err != nil {
			return nil, 0, fmt.Errorf("read the register: %w", err)
		}
		for _, e := range events {
			last = e.Seq
			if e.Kind == approval.EvRedact {
				redacted = errRedacted
				continue
			}
			var entry Entry
			if err := json.Unmarshal(e.Detail, &entry); err != nil {
				return nil, 0, fmt.Errorf("read entry %d of the register: %w", e.Seq, err)
			}
			entry.N = int64(len(entries)) + 1
			entries = append(slices.Clip(entries), entry)
		}
		if page.Cursor = next; next == "" {
			return entries, last, redacted
		}
	}
}

func (k *Keeper) refresh(ctx context.Context) error {
	now := k.now()
	entries, seen, err := k.readOn(ctx, k.entries, k.seen)
	if errors.Is(err, errRedacted) && k.seen > 0 {
		entries, seen, err = k.readOn(ctx, nil, 0)
	}
	if err != nil && !errors.Is(err, errRedacted) {
		return err
	}
	today := calendar.Of(now)
	if seen == k.seen && today == k.day {
		k.read = now
		return nil
	}
	state, err := fold(k.base, entries, today)
	if err != nil {
		return fmt.Errorf("compute the register: %w", err)
	}
	k.entries, k.seen, k.day, k.state, k.read = entries, seen, today, state, now
	rules := k.service.Rules()
	rules.Calendar, rules.Catalog, rules.Roster = state.Calendar, state.Catalog, state.Roster
	rules.Register = state.InForce
	k.service.SetRules(rules)
	return nil
}

// State is the register as it was refreshed last.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Entries are the change sets in the register, in the order in which they were
// entered.
func (k *Keeper) Entries() []Entry {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.entries)
}

// Propose records a change set that would fit, and by which nobody leaves open work behind
// ([NotHandedOver]). It says everything that is wrong with one that would not fit.
func (k *Keeper) Propose(ctx context.Context, call approval.Call, d Draft) (docket.Got[ChangeSet], error) {
	return k.changes.Put(ctx, k.newID(), call, k.fitting(ctx, d, propose(d)))
}

// fitting has a rule for a new change set refuse one that would not fit, or by which somebody
// would leave open work behind. It is
// asked after the idempotency key: what was proposed before need not fit again.
func (k *Keeper) fitting(ctx context.Context, d Draft, rule docket.Rule[ChangeSet]) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		c, err := rule(c, act)
		if err != nil {
			return c, err
		}
		e := d.entry(act.Actor, act.Now)
		if err := k.fits(ctx, e); err != nil {
			return c, err
		}
		return c, k.handedOver(ctx, e)
	}
}

func (d Draft) entry(by approval.Actor, now time.Time) Entry {
	e := Entry{Title: d.Title, Ground: d.Ground, On: d.On, Order: d.Order, ProposedBy: by, At: now}
	if today := calendar.Of(now); e.On < today {
		e.On = today
	}
	return e
}

func (c ChangeSet) entry(id string) Entry {
	return Entry{ChangeSet: id, Title: c.Title, Ground: c.Ground, On: c.On, Order: c.Order, ProposedBy: c.ProposedBy, ApprovedBy: c.DecidedBy, At: c.DecidedAt}
}

// fits answers an Invalid error that says what is wrong with an entry.
func (k *Keeper) fits(ctx context.Context, e Entry) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return err
	}
	_, err := k.would(e)
	return err
}

// would is the state on the entry's day if it were entered now.
func (k *Keeper) would(e Entry) (State, error) {
	e.N = int64(len(k.entries)) + 1
	s, err := fold(k.base, append(slices.Clip(k.entries), e), max(e.On, k.day))
	if err != nil {
		zh, en := sentences(err)
		return s, &approval.Error{Kind: approval.Invalid, Field: "order", Text: approval.Text{
			ZH: "该变更与现有登记不符：" + zh, EN: "The change does not fit the register: " + en,
		}}
	}
	return s, nil
}

// sentences says what is wrong in both languages.
func sentences(err error) (zh, en string) {
	faults := roster.Faults(err)
	if len(faults) == 0 {
		return err.Error(), err.Error()
	}
	for k, f := range faults {
		if k > 0 {
			zh, en = zh+"；", en+"; "
		}
		zh, en = zh+f.Text.ZH, en+f.Text.EN
	}
	return zh, en
}

// Approve enters a change set, as the second administrator.
func (k *Keeper) Approve(ctx context.Context, id string, call approval.Call) (docket.Got[ChangeSet], error) {
	got, err := k.changes.Get(ctx, id)
	if err != nil {
		return got, err
	}
	if got.State.Status == Proposed {
		e := Draft{Title: got.State.Title, Ground: got.State.Ground, On: got.State.On, Order: got.State.Order}.entry(got.State.ProposedBy, k.now())
		if err := k.fits(ctx, e); err != nil {
			return got, err
		}
		if err := k.handedOver(ctx, e); err != nil {
			return got, err
		}
	}
	got, err = k.changes.Do(ctx, id, call, approve(k.service.Rules().Roster))
	if err != nil || got.State.Status != Approved {
		return got, err
	}
	return k.enter(ctx, got)
}

// Refuse ends a change set, as the second administrator, with the reason.
func (k *Keeper) Refuse(ctx context.Context, id, reason string, call approval.Call) (docket.Got[ChangeSet], error) {
	return k.changes.Do(ctx, id, call, refuse(k.service.Rules().Roster, reason))
}

// Withdraw ends a change set, for who proposed it, with the reason.
func (k *Keeper) Withdraw(ctx context.Context, id, reason string, call approval.Call) (docket.Got[ChangeSet], error) {
	return k.changes.Do(ctx, id, call, withdraw(reason))
}

// Appoint enters a substitute, for the lead of the department.
func (k *Keeper) Appoint(ctx context.Context, call approval.Call, d Draft) (docket.Got[ChangeSet], error) {
	if len(d.Order.Roster) != 1 || d.Order.Roster[0].Substitute == nil {
		return docket.Got[ChangeSet]{}, errors.New("register: an appointment names one substitute")
	}
	got, err := k.changes.Put(ctx, k.newID(), call, k.fitting(ctx, d, appoint(d)))
	if err != nil || got.State.Status != Approved {
		return got, err
	}
	return k.enter(ctx, got)
}

// keeper acts where the register goes on by itself.
var keeper = approval.Call{Actor: approval.Machine}

// errMoved says that another change set was entered first.
var errMoved = errors.New("another change set was entered first")

// enter puts an approved change set into the register, once.
func (k *Keeper) enter(ctx context.Context, c docket.Got[ChangeSet]) (docket.Got[ChangeSet], error) {
	n, err := k.enterOnce(ctx, c.State.entry(c.ID))
	for errors.Is(err, errMoved) {
		n, err = k.enterOnce(ctx, c.State.entry(c.ID))
	}
	if approval.IsKind(err, approval.Invalid) {
		if _, err2 := k.changes.Do(ctx, c.ID, keeper, undone(err.Error())); err2 != nil {
			return c, err2
		}
		return c, err
	}
	if err != nil {
		return c, err
	}
	return k.changes.Do(ctx, c.ID, keeper, entered(n))
}

func (k *Keeper) enterOnce(ctx context.Context, e Entry) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return 0, err
	}
	if at := slices.IndexFunc(k.entries, func(o Entry) bool { return o.ChangeSet == e.ChangeSet }); at >= 0 {
		return k.entries[at].N, nil
	}
	if _, err := k.would(e); err != nil {
		return 0, err
	}
	known := int64(len(k.entries))
	_, err := k.book.Put(ctx, theRegister, approval.Call{Actor: e.ApprovedBy}, func(s bookState, act *docket.Act) (bookState, error) {
		if s.Entered != known {
			return s, errMoved
		}
		act.Event(EvEnter, func(ev *approval.Event) { ev.Ground, ev.Reason, ev.Detail = e.Ground, e.Title, detail(e) })
		return bookState{known + 1}, nil
	})
	if err != nil {
		return 0, err
	}
	return known + 1, k.refresh(ctx)
}

// Get returns a change set, or a NotFound error.
func (k *Keeper) Get(ctx context.Context, id string) (docket.Got[ChangeSet], error) {
	return k.changes.Get(ctx, id)
}

// List returns change sets, the latest first; those that still wait for
// somebody, when open.
func (k *Keeper) List(ctx context.Context, open bool, page approval.Page) ([]docket.Got[ChangeSet], approval.Cursor, error) {
	q := docket.Query{List: listAll, Backwards: true}
	if open {
		q = docket.Query{List: listOpen, Rank: 1, Backwards: true}
	}
	return k.changes.List(ctx, q, page)
}

// Trail lists what was done to a change set.
func (k *Keeper) Trail(ctx context.Context, id string, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	return k.store.Trail(ctx, changeKind, id, after, page)
}
