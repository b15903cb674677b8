// Package archive keeps registers of past approvals (历史审批台账), from which the historical
// baseline of the time saved is taken: how long each item took before. A register comes as a
// table, is checked row by row, and stands as a version that is never changed; a correction is
// another version, and each figure says on which it rests.
//
// It must not know HTTP, pages, SQL or AWS, and decides nothing about rows: what is wrong or
// odd is package saving's to say. It imports saving, sheet, through which tables come and go,
// docket, which keeps its records, and approval, for who acts and what all records share.
//
// A register is entered whole or not at all: its rows are staged first, in parts named by
// their content that nobody reads; then one commit makes the version that names them.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Version is one register as entered (历史基线版本).
type Version struct {
	N      int            `json:"n"` // 1..
	Source string         `json:"source"`
	AsOf   calendar.Date  `json:"asOf"` // the day on which it was drawn
	File   string         `json:"file"`
	Digest string         `json:"digest"` // SHA-256 of the file
	Rows   int            `json:"rows"`
	Odd    int            `json:"odd,omitempty"` // rows and gaps that somebody confirmed to be right though unusual
	By     approval.Actor `json:"by"`
	At     time.Time      `json:"at"`
	Key    string         `json:"key,omitempty"` // the person and the idempotency key of the request
	// Items are how long each item took, in working days without the stops.
	Items []saving.PastItem `json:"items"`
	Parts []string          `json:"parts"` // where the rows are
}

type part struct {
	Rows []saving.Past `json:"rows"`
}

// Archive is the one way in.
type Archive struct {
	service  *approval.Service
	versions docket.Desk[Version]
	parts    docket.Desk[part]
}

const (
	versionKind docket.Kind = "archive"
	partKind    docket.Kind = "archive-part"
	all                     = "archives"
)

// The kinds of events in the trail of a version and of a part.
const (
	EvEnter = "enter_archive"
	EvStage = "stage_archive"
)

// New keeps registers in a docket.
func New(service *approval.Service, store docket.Store) *Archive {
	return &Archive{
		service: service,
		versions: docket.Desk[Version]{
			Kind: versionKind, Store: store, Now: service.Now,
			Places: func(id string, _ Version) docket.Places { return docket.Places{{List: all, Order: id}} },
		},
		parts: docket.Desk[part]{Kind: partKind, Store: store, Now: service.Now},
	}
}

// id sorts as the numbers do.
func id(n int) string { return fmt.Sprintf("%06d", n) }

// File is a register as a workbook or CSV; see [Template].
type File struct {
	Name   string
	Data   []byte
	Source string // whose register
	AsOf   calendar.Date
	Dry    bool // only say what is wrong with it
	Sure   bool // what is odd has been looked at and is right
}

// Outcome is what became of a file, or would.
type Outcome struct {
	Faults   []Fault // what cannot be right and what is odd, in the order of the rows
	More     int     // faults that are not listed
	Refused  int     // how many in all cannot be right; with any, nothing is entered
	Odd      int     // how many in all are odd; entered only when File.Sure
	Rows     int
	Items    []saving.PastItem // what the file says of each item
	Version  *Version          // nil while it does not stand
	Same     bool              // the register stood before: nothing was changed
	Repeated bool              // the same request had entered it before: nothing was done again
}

// State is the outcome in a word: faults, odd, checked (a dry run), unchanged or entered.
func (o *Outcome) State() string {
	switch {
	case o.Refused > 0:
		return "faults"
	case o.Same:
		return "unchanged"
	case o.Version != nil:
		return "entered"
	case o.Odd > 0:
		return "odd"
	}
	return "checked"
}

const (
	mostFaults = 2000      // that an answer lists (assumed)
	partBytes  = 256 << 10 // of a part, within a record's 400 KB
	attempts   = 8
)

var errTaken = errors.New("another version was entered first")

// Import enters a register, all or nothing. The error says that the caller may not, or that
// something is broken; what is wrong with the file is in the outcome.
func (a *Archive) Import(ctx context.Context, f File, call approval.Call) (Outcome, error) {
	if call.Actor.Role != roster.Bureau {
		return Outcome{}, approval.Refuse(approval.Forbidden, "", "历史审批台账由重点项目局录入。", "Registers of past approvals are entered by the project bureau.")
	}
	for _, t := range []struct {
		field, value string
		needed       bool
	}{{"source", f.Source, true}, {"name", f.Name, false}} {
		if err := approval.CheckText(t.field, t.value, 500, t.needed); err != nil {
			return Outcome{}, err
		}
	}
	if f.AsOf.IsZero() || f.AsOf > a.service.Today() {
		return Outcome{}, approval.Refuse(approval.Invalid, "asOf", "请填写台账的数据截止日期，不晚于今天。", "Say up to which day the register is complete; not later than today.")
	}
	rules := a.service.Rules()
	rows, faults, err := read(f.Data, rules.Catalog)
	if err != nil {
		return Outcome{}, err
	}
	archive, odd := saving.ReadArchive(rules.Calendar, 0, f.Source, f.AsOf, rows)
	out := outcome(faults, odd, len(rows))
	if out.Refused > 0 {
		return out, nil
	}
	out.Items = archive.Items(rules.Calendar)
	if f.Dry || out.Odd > 0 && !f.Sure {
		return out, nil
	}
	sum := sha256.Sum256(f.Data)
	v := Version{Source: f.Source, AsOf: f.AsOf, File: f.Name, Digest: hex.EncodeToString(sum[:]), Rows: len(rows), Odd: out.Odd, By: call.Actor, Items: out.Items}
	if call.Key != "" {
		v.Key = string(call.Actor.Person) + "/" + call.Key
	}
	if v.Parts, err = a.stage(ctx, archive.Rows, call.Actor); err != nil {
		return Outcome{}, err
	}
	for range attempts {
		last := 0
		versions, err := a.Versions(ctx)
		if err != nil {
			return Outcome{}, err
		}
		if len(versions) > 0 {
			last = versions[0].N
		}
		// The same rows up to the same day make the same parts, whatever the file was.
		if last > 0 && versions[0].AsOf == v.AsOf && versions[0].Source == v.Source && slices.Equal(versions[0].Parts, v.Parts) {
			out.Version, out.Repeated = &versions[0], v.Key != "" && versions[0].Key == v.Key
			out.Same = !out.Repeated
			return out, nil
		}
		v.N = last + 1
		got, err := a.versions.Put(ctx, id(v.N), call, func(_ Version, act *docket.Act) (Version, error) {
			if act.Version != 0 {
				return Version{}, errTaken
			}
			v.At = act.Now
			act.Event(EvEnter, func(e *approval.Event) { e.Reason, e.After = v.Source, strconv.Itoa(v.Rows) })
			return v, nil
		})
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			return Outcome{}, err
		}
		out.Version, out.Repeated = &got.State, got.Repeated
		return out, nil
	}
	return Outcome{}, approval.Refuse(approval.Conflict, "", "台账正由他人录入，请稍后重新提交。", "Others are entering registers; please submit it again in a moment.")
}

// stage writes the rows where the version will name them.
func (a *Archive) stage(ctx context.Context, rows []saving.Past, actor approval.Actor) (names []string, err error) {
	for from := 0; from < len(rows); {
		to, size := from, 0
		for ; to < len(rows); to++ {
			text, err := json.Marshal(rows[to])
			if err != nil {
				return nil, fmt.Errorf("encode a past approval: %w", err)
			}
			if size += len(text) + 1; size > partBytes {
				break
			}
		}
		piece := part{rows[from:to]}
		text, err := json.Marshal(piece)
		if err != nil {
			return nil, fmt.Errorf("encode past approvals: %w", err)
		}
		digest := sha256.Sum256(text)
		name := base64.RawURLEncoding.EncodeToString(digest[:])
		if _, err := a.parts.Put(ctx, name, approval.Call{Actor: actor}, func(p part, act *docket.Act) (part, error) {
			if act.Version == 0 {
				act.Event(EvStage, nil)
			}
			return piece, nil
		}); err != nil {
			return nil, fmt.Errorf("stage past approvals: %w", err)
		}
		names, from = append(names, name), to
	}
	return names, nil
}

// Reads refuses whoever has nothing to do with registers.
func Reads(actor approval.Actor) error {
	if actor.Role == roster.Bureau || actor.Role == roster.Overseer {
		return nil
	}
	return approval.Refuse(approval.Forbidden, "", "历史审批台账由重点项目局和监督员查看。", "Registers of past approvals are read by the bureau and overseers.")
}

// Versions are those entered, the latest first. They may lag behind the last commits.
func (a *Archive) Versions(ctx context.Context) (out []Version, err error) {
	for page := (approval.Page{Limit: 20}); ; {
		list, next, err := a.versions.List(ctx, docket.Query{List: all, Backwards: true}, page)
		if err != nil {
			return nil, fmt.Errorf("list registers of past approvals: %w", err)
		}
		for _, g := range list {
			out = append(out, g.State)
		}
		if page.Cursor = next; next == "" {
			return out, nil
		}
	}
}

// Latest is the version in force, and false when there is none.
func (a *Archive) Latest(ctx context.Context) (Version, bool, error) {
	list, _, err := a.versions.List(ctx, docket.Query{List: all, Backwards: true}, approval.Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return Version{}, false, err
	}
	return list[0].State, true, nil
}

// Past is the version in force as the figures take it: its number and its items; 0: there is
// none.
func (a *Archive) Past(ctx context.Context) (int, []saving.PastItem, error) {
	v, _, err := a.Latest(ctx)
	return v.N, v.Items, err
}

// Version is one version, or a NotFound error.
func (a *Archive) Version(ctx context.Context, n int) (Version, error) {
	got, err := a.versions.Get(ctx, id(n))
	return got.State, err
}

// Rows are the past approvals of a version, in the order of its table.
func (a *Archive) Rows(ctx context.Context, v *Version) (rows []saving.Past, err error) {
	for _, name := range v.Parts {
		p, err := a.parts.Get(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read register %d: %w", v.N, err)
		}
		rows = append(rows, p.State.Rows...)
	}
	return rows, nil
}
