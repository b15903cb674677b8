package briefing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/ledger"
	"lianban/shared/measure"
	"lianban/shared/roster"
)

// Keeper is the one way in.
type Keeper struct {
	service *approval.Service
	figures *measure.Keeper
	ledger  *ledger.Ledger
	heads   docket.Desk[Briefing]
	parts   docket.Desk[part]
}

// New keeps briefings in a docket. Figures and the ledger of investment are what
// bulletins and half-year reports are drawn up from besides issues.
func New(service *approval.Service, store docket.Store, figures *measure.Keeper, investment *ledger.Ledger) *Keeper {
	return &Keeper{
		service: service, figures: figures, ledger: investment,
		heads: docket.Desk[Briefing]{Kind: headKind, Store: store, Now: service.Now, Places: places},
		parts: docket.Desk[part]{Kind: partKind, Store: store, Now: service.Now},
	}
}

const (
	headKind docket.Kind = "briefing"
	partKind docket.Kind = "briefing-part"
)

// The kinds of events in a briefing's trail, and in a part's.
const (
	EvDrawUp = "draw_up_briefing"
	EvSign   = "sign_briefing"
	EvStage  = "stage_briefing"
)

// Briefing is a briefing with all its versions, without their content.
type Briefing struct {
	Kind     Kind                `json:"kind"`
	About    string              `json:"about"`
	District roster.DistrictCode `json:"district"`
	Period   string              `json:"period"`
	From     calendar.Date       `json:"from"`
	Versions []Version           `json:"versions"` // the oldest first
}

// Version says how a version came about, and where its content is.
type Version struct {
	N         int            `json:"n"`
	By        approval.Actor `json:"by"`
	At        time.Time      `json:"at"`               // when the facts were read
	Query     string         `json:"query"`            // what was asked for
	Read      Read           `json:"read"`             // the version of the data
	Rules     int            `json:"rules"`            // of this package: RulesVersion
	Register  int64          `json:"register"`         // change sets of the register in force
	Catalogue string         `json:"catalogue"`        // digest of items, prerequisites, matters and competences
	Remark    string         `json:"remark,omitempty"` // what who drew it up adds in the own name
	Digest    string         `json:"digest"`           // SHA-256 of the content
	Parts     []string       `json:"parts"`            // where the content is
	Signed    *approval.Word `json:"signed,omitempty"`
}

// part is a piece of a version's content, which is JSON.
type part struct {
	Piece []byte `json:"piece"`
}

// RulesVersion rises whenever documents are drawn up otherwise from the same facts.
const RulesVersion = 3

const (
	pieceBytes   = 192 << 10 // of content in a part: 256 KB in base64, within a record's 400 KB
	mostVersions = 100       // of one briefing: a record is limited (assumed)
	mostRemark   = 2000      // characters (assumed)
)

// Current is the last version.
func (b *Briefing) Current() *Version { return &b.Versions[len(b.Versions)-1] }

// Published is the last version that was signed off, or nil.
func (b *Briefing) Published() *Version {
	for k := len(b.Versions) - 1; k >= 0; k-- {
		if b.Versions[k].Signed != nil {
			return &b.Versions[k]
		}
	}
	return nil
}

// Got is a briefing as kept.
type Got = docket.Got[Briefing]

// ID names a briefing.
func ID(k Kind, about, period string) string {
	return strings.Join([]string{string(k), about, period}, ".")
}

func places(_ string, b Briefing) docket.Places {
	order := b.From.String() + "#" + string(b.Kind)
	return docket.Places{{List: "briefings/of/" + b.About, Order: order}, {List: "briefings/in/" + string(b.District), Order: order}}
}

// subject is what a briefing is to be about.
type subject struct {
	Period
	kind     Kind
	about    string
	district roster.DistrictCode
	name     roster.Name
	today    calendar.Date
}

func (s *subject) query() string {
	return fmt.Sprintf("kind=%s about=%s from=%s to=%s asOf=%s", s.kind, s.about, s.From, s.To, s.today)
}

func (s *subject) document() *Document {
	period, kind := s.words(s.kind), s.kind.Name()
	return &Document{
		Kind: s.kind, About: s.about, District: s.district, Period: s.Code, From: s.From, To: s.To, AsOf: s.today,
		Title: approval.Text{ZH: fmt.Sprintf("%s%s（%s）", s.name.ZH, kind.ZH, period.ZH), EN: fmt.Sprintf("%s of %s, %s", kind.EN, s.name.EN, period.EN)},
	}
}

// Order asks for a briefing.
type Order struct {
	Kind   Kind
	About  string // a unit's id, or a district's code
	Period string
	Remark string // what who draws it up adds in the own name; may be empty
}

// subjectOf says what an order is about, and who may draw it up.
func (k *Keeper) subjectOf(r *roster.Roster, o Order, actor approval.Actor) (s subject, err error) {
	if o.Kind.Name() == (approval.Text{}) {
		return s, approval.Refuse(approval.Invalid, "kind", "没有这种材料，请选择周例会议程、支部月度联席清单、督查通报或支部半年述职材料。", "There is no such briefing; choose agenda, list, bulletin or pack.")
	}
	s = subject{kind: o.Kind, about: o.About, today: k.service.Today()}
	var fits bool
	s.name, s.district, fits = place(r, o.Kind, o.About)
	if !draws(r, s.kind, s.about, s.district, actor) {
		return s, mayNotDraw(o.Kind)
	}
	if !fits {
		return s, approval.Refuse(approval.Invalid, "about", "议程请选择临时党总支或总指挥部，清单和述职材料请选择有项目的临时党支部，通报请选择有项目的区域。", "An agenda is of a general branch or headquarters, a list and a half-year report of a branch with a project, a bulletin of an area with projects.")
	}
	var ok bool
	if s.Period, ok = ParsePeriod(o.Kind, o.Period); !ok {
		return s, approval.Refuse(approval.Invalid, "period", "期次不正确：周写作 2026-W10，月写作 2026-03，季度写作 2026-Q1，半年写作 2026-H1。", "This is no period: write a week as 2026-W10, a month as 2026-03, a quarter as 2026-Q1, a half-year as 2026-H1.")
	}
	if s.From > s.today {
		return s, approval.Refuse(approval.Invalid, "period", "该期次还没有开始，请选择本期或以往的期次。", "That period has not begun; choose the current one or an earlier one.")
	}
	return s, approval.CheckText("remark", o.Remark, mostRemark, false)
}

// DrawUp (编制) reads the facts and keeps what they come to as a new version, a draft.
// The bool says that the same request had made it before.
func (k *Keeper) DrawUp(ctx context.Context, o Order, call approval.Call) (Got, bool, error) {
	o.Remark = strings.TrimSpace(o.Remark)
	rules := k.service.Rules()
	s, err := k.subjectOf(rules.Roster, o, call.Actor)
	if err != nil {
		return Got{}, false, err
	}
	id := ID(s.kind, s.about, s.Code)
	at := k.service.Now().Truncate(time.Millisecond)
	d, err := k.compose(ctx, rules, s, call.Actor)
	if err != nil {
		return Got{}, false, fmt.Errorf("draw up %s: %w", id, err)
	}
	if err := d.check(); err != nil {
		return Got{}, false, fmt.Errorf("draw up %s: %w", id, err)
	}
	v := Version{By: call.Actor, At: at, Query: s.query(), Read: d.Read, Rules: RulesVersion, Register: rules.Register, Catalogue: catalogue(rules), Remark: o.Remark}
	if v.Digest, v.Parts, err = k.stage(ctx, id, d, call.Actor); err != nil {
		return Got{}, false, err
	}
	got, err := k.heads.Put(ctx, id, call, func(b Briefing, act *docket.Act) (Briefing, error) {
		if len(b.Versions) >= mostVersions {
			return b, approval.Refuse(approval.Closed, "", "该材料已有 %d 版，不能再重新编制。", "It has %d versions already and cannot be drawn up again.", mostVersions)
		}
		v := v
		v.N = len(b.Versions) + 1
		act.Event(EvDrawUp, func(e *approval.Event) { e.After, e.Reason = v.Digest, v.Remark })
		return Briefing{s.kind, s.about, s.district, s.Code, s.From, append(b.Versions[:len(b.Versions):len(b.Versions)], v)}, nil
	})
	return got, got.Repeated, err
}

func (k *Keeper) compose(ctx context.Context, rules approval.Rules, s subject, actor approval.Actor) (*Document, error) {
	switch s.kind {
	case List:
		return k.list(ctx, rules, s)
	case Bulletin:
		return k.bulletin(ctx, rules, s, actor)
	case Pack:
		return k.pack(ctx, rules, s, actor)
	}
	last, err := k.latest(ctx, ID(s.kind, s.about, s.before(s.kind).Code))
	if err != nil {
		return nil, err
	}
	return k.agenda(ctx, rules, s, last)
}

// latest is the content of a briefing's last version, nil when there is none.
func (k *Keeper) latest(ctx context.Context, id string) (*Document, error) {
	got, err := k.heads.Get(ctx, id)
	if approval.IsKind(err, approval.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return k.content(ctx, got.State.Current())
}

// stage writes the content where the version will name it. What no version names is
// never read; writing it again is harmless.
func (k *Keeper) stage(ctx context.Context, id string, d *Document, actor approval.Actor) (digest string, parts []string, err error) {
	body, err := json.Marshal(d)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", id, err)
	}
	sum := sha256.Sum256(body)
	digest = hex.EncodeToString(sum[:])
	for n := 1; len(body) > 0; n++ {
		piece := body[:min(len(body), pieceBytes)]
		body = body[len(piece):]
		name := fmt.Sprintf("%s-%d", base64.RawURLEncoding.EncodeToString(sum[:]), n)
		if _, err := k.parts.Put(ctx, name, approval.Call{Actor: actor}, func(p part, act *docket.Act) (part, error) {
			if act.Version == 0 {
				act.Event(EvStage, nil)
			}
			return part{piece}, nil
		}); err != nil {
			return "", nil, fmt.Errorf("keep %s: %w", id, err)
		}
		parts = append(parts, name)
	}
	return digest, parts, nil
}

// errDamaged says that a version's content is not what its digest says.
var errDamaged = errors.New("the content is not what its digest says")

// content reads what a version says.
func (k *Keeper) content(ctx context.Context, v *Version) (*Document, error) {
	var body []byte
	for _, id := range v.Parts {
		p, err := k.parts.Get(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read a part: %w", err)
		}
		body = append(body, p.State.Piece...)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != v.Digest {
		return nil, errDamaged
	}
	d := &Document{}
	if err := json.Unmarshal(body, d); err != nil {
		return nil, fmt.Errorf("read a version: %w", err)
	}
	return d, nil
}

// catalogue is the version of the catalogue: what it holds, in twelve hexadecimal digits.
func catalogue(r approval.Rules) string {
	body, err := json.Marshal([]any{r.Catalog.Items(), r.Catalog.Edges(), r.Catalog.Matters(), r.Catalog.Competences()})
	if err != nil {
		panic("briefing: a catalogue cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}

// Signing (签发) publishes the last version of a briefing.
type Signing struct {
	Version int
	Note    string
}

// Sign signs a version off: from then on everybody who is signed in sees it.
func (k *Keeper) Sign(ctx context.Context, id string, s Signing, call approval.Call) (Got, error) {
	s.Note = strings.TrimSpace(s.Note)
	return k.heads.Do(ctx, id, call, func(b Briefing, act *docket.Act) (Briefing, error) {
		if err := k.signs(&b, act.Actor); err != nil {
			return b, err
		}
		v := b.Current()
		switch {
		case s.Version != v.N:
			return b, approval.Refuse(approval.Stale, "version", "请签发最新的第 %d 版；如需更正，请重新编制。", "Sign version %d, the latest; to correct it, have it drawn up again.", v.N)
		case v.Signed != nil:
			return b, approval.Refuse(approval.Closed, "version", "第 %d 版已经签发；如需更正，请重新编制后再签发。", "Version %d is signed already; to correct it, have it drawn up again and sign that.", v.N)
		}
		if err := approval.CheckText("note", s.Note, mostRemark, false); err != nil {
			return b, err
		}
		versions := append([]Version(nil), b.Versions...)
		versions[v.N-1].Signed = &approval.Word{Reason: s.Note, By: act.Actor, At: act.Now}
		act.Event(EvSign, func(e *approval.Event) { e.After, e.Reason = v.Digest, s.Note })
		b.Versions = versions
		return b, nil
	})
}

// View is a version as somebody may read it.
type View struct {
	ID       string
	Briefing Briefing
	Version  Version
	Document Document
	Changed  []Difference // from the version before; none for the first
	Works    bool         // the reader works on it, and sees drafts
	Record   int64        // the record's version
}

// Read reads a version; n 0 is the last one that the reader may see.
func (k *Keeper) Read(ctx context.Context, id string, n int, actor approval.Actor) (View, error) {
	got, err := k.heads.Get(ctx, id)
	if err != nil {
		return View{}, err
	}
	b := got.State
	works := worksOn(k.service.Rules().Roster, &b, actor)
	v := b.Published()
	switch {
	case n == 0 && works:
		v = b.Current()
	case n > 0 && n <= len(b.Versions):
		v = &b.Versions[n-1]
	case n != 0:
		v = nil
	}
	if v == nil || !works && v.Signed == nil {
		return View{}, docket.Missing(headKind, id)
	}
	d, err := k.content(ctx, v)
	if err != nil {
		return View{}, fmt.Errorf("read %s, version %d: %w", id, v.N, err)
	}
	view := View{ID: id, Briefing: b, Version: *v, Document: *d, Works: works, Record: got.Version}
	if !works {
		view.Briefing.Versions = published(b.Versions)
		return view, nil
	}
	if v.N > 1 && b.Versions[v.N-2].Digest != v.Digest {
		before, err := k.content(ctx, &b.Versions[v.N-2])
		if err != nil {
			return View{}, fmt.Errorf("read %s, version %d: %w", id, v.N-1, err)
		}
		view.Changed = Differences(before, d)
	}
	return view, nil
}

func published(all []Version) (some []Version) {
	for _, v := range all {
		if v.Signed != nil {
			some = append(some, v)
		}
	}
	return some
}

// Query asks for the briefings of a unit or of a district: exactly one of them.
type Query struct {
	About    string
	District roster.DistrictCode
}

// List lists briefings, the latest first, as far as the reader may see them. It may lag
// behind the last commits; a page may hold fewer than were asked for.
func (k *Keeper) List(ctx context.Context, q Query, actor approval.Actor, page approval.Page) ([]Got, approval.Cursor, error) {
	at := docket.Query{List: "briefings/in/" + string(q.District), Rank: 1, Backwards: true}
	if q.About != "" {
		at = docket.Query{List: "briefings/of/" + q.About, Backwards: true}
	}
	all, next, err := k.heads.List(ctx, at, page)
	if err != nil {
		return nil, "", fmt.Errorf("list briefings: %w", err)
	}
	r := k.service.Rules().Roster
	var seen []Got
	for _, g := range all {
		if !worksOn(r, &g.State, actor) {
			if g.State.Versions = published(g.State.Versions); len(g.State.Versions) == 0 {
				continue
			}
		}
		seen = append(seen, g)
	}
	return seen, next, nil
}

// Trail lists what happened to a briefing, for those who work on it.
func (k *Keeper) Trail(ctx context.Context, id string, actor approval.Actor, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	got, err := k.heads.Get(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if !worksOn(k.service.Rules().Roster, &got.State, actor) {
		return nil, "", approval.Refuse(approval.Forbidden, "", "编制和签发记录由编制单位、上级党组织、重点项目局和监督员查看。", "How it was drawn up and signed is for the unit, the tiers above it, the bureau and overseers.")
	}
	return k.heads.Store.Trail(ctx, headKind, id, after, page)
}

// Offers says what an actor may have drawn up now, the nearest first.
func (k *Keeper) Offers(actor approval.Actor) (orders []Order) {
	r := k.service.Rules().Roster
	today := k.service.Today()
	for _, kind := range Kinds() {
		offer := func(about string) {
			if _, in, ok := place(r, kind, about); ok && draws(r, kind, about, in, actor) {
				orders = append(orders, Order{Kind: kind, About: about, Period: PeriodOf(kind, today).Code})
			}
		}
		if kind == Bulletin {
			for _, d := range r.Districts() {
				offer(string(d.Code))
			}
			continue
		}
		for _, b := range r.Branches() {
			if b.Standing(today) {
				offer(string(b.ID))
			}
		}
	}
	return orders
}

// SignsNow reports whether the actor may sign the last version off.
func (k *Keeper) SignsNow(b *Briefing, actor approval.Actor) bool {
	return b.Current().Signed == nil && k.signs(b, actor) == nil
}

// DrawsAgain reports whether the actor may draw it up.
func (k *Keeper) DrawsAgain(b *Briefing, actor approval.Actor) bool {
	return draws(k.service.Rules().Roster, b.Kind, b.About, b.District, actor)
}

// Default is the list that a reader begins with: of the smallest area that has all the
// projects in the reader's, where what concerns several districts is listed. While the
// reader sees nothing there, it is the first area of the reader's that has something.
func (k *Keeper) Default(ctx context.Context, actor approval.Actor) (Query, error) {
	r := k.service.Rules().Roster
	in := ofUnit(r, roster.BranchID(actor.Unit))
	own := in
	if d, ok := r.Department(roster.DepartmentID(actor.Unit)); ok {
		own = d.District
		in = cmp.Or(common(r, func(p *roster.Project) bool { return r.Within(p.District, own) }), own)
	}
	if in == "" {
		return Query{About: actor.Unit}, nil
	}
	for _, code := range append([]roster.DistrictCode{in}, k.Areas()...) {
		if !r.Within(code, own) {
			continue
		}
		q := Query{District: code}
		if some, _, err := k.List(ctx, q, actor, approval.Page{Limit: 50}); err != nil || len(some) > 0 {
			return q, err
		}
	}
	return Query{District: in}, nil
}

// Areas are those that have a list: each in which a project lies, the widest first as the
// roster has them. A bulletin is listed in its own area, another briefing in the smallest
// that has all the projects it is about.
func (k *Keeper) Areas() (all []roster.DistrictCode) {
	r := k.service.Rules().Roster
	for _, d := range r.Districts() {
		if common(r, func(p *roster.Project) bool { return r.Within(p.District, d.Code) }) != "" {
			all = append(all, d.Code)
		}
	}
	return all
}
