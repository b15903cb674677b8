// Package personal finds what is kept of one person (个人信息), and replaces it where the law
// lets somebody ask for that, without breaking an audit trail.
//
// Who somebody is, stands in the register: their name, their posts, their interests. What they
// did, stands in trails under their id alone, which is the office's own number. So whoever has
// left is pseudonymised (去标识化) by replacing their name wherever it stands: in records, in
// texts that people typed, and in events. An event of which something is replaced keeps its
// hash, and another event vouches for what it reads now (approval.Event.Redact). People without
// an account — who handed in a request, who came to a meeting — are known by words alone: a
// name, a telephone number.
//
// Access and copies: 个人信息保护法 art. 45. Deletion: art. 47; where the law asks for records
// to be kept (档案法 art. 13), nothing but storing is done with what is replaced by a
// pseudonym (art. 47 para. 2, 51 no. 3, 73 no. 3).
//
// It must not know SQL, AWS or HTTP: it reads items one after the other and writes to a table.
// It does not look into attachments, which are files, nor into backups that were made before.
package personal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// Subject is whose data is looked for.
type Subject struct {
	Person roster.PersonID // empty: who has no account
	Words  []Word          // as they stand in texts
	// Objects are whole pieces of JSON that stand for the person alone, whoever else has the
	// same name: their entry in a roster.
	Objects []Word
}

// Word is what stands in texts, and what shall stand there instead.
type Word struct{ Text, Alias string }

// Gone (已去标识化) stands in place of what is replaced of people without an account.
const Gone = "〔已去标识化〕"

// Of is the subject that a person of the register is. Shared are those of their names that
// others bear too, which cannot be told apart in texts and are left there.
func Of(r *roster.Roster, id roster.PersonID) (s Subject, shared []string, ok bool) {
	p, ok := r.Person(id)
	if !ok {
		return s, nil, false
	}
	s = Subject{Person: id, Objects: []Word{{entry(id, p.NameZH, p.NameEN), entry(id, aliasZH(id), aliasEN(id))}}}
	for _, w := range []Word{{p.NameZH, aliasZH(id)}, {p.NameEN, aliasEN(id)}} {
		others := slices.ContainsFunc(r.Everybody(), func(o roster.Person) bool {
			return o.ID != id && (strings.Contains(o.NameZH, w.Text) || strings.Contains(o.NameEN, w.Text))
		})
		switch {
		case w.Text == "" || w.Text == w.Alias:
		case others:
			shared = append(shared, w.Text)
		default:
			s.Words = append(s.Words, w)
		}
	}
	return s, shared, true
}

func aliasZH(id roster.PersonID) string { return "离任人员（" + string(id) + "）" }

func aliasEN(id roster.PersonID) string { return "former officer (" + string(id) + ")" }

// entry is how a person's entry in a roster begins, wherever one is stored.
func entry(id roster.PersonID, zh, en string) string {
	return `"id":` + quoted(string(id)) + `,"nameZH":` + quoted(zh) + `,"nameEN":` + quoted(en)
}

// quoted is a text as JSON has it.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic("personal: a text cannot be encoded: " + err.Error())
	}
	return string(out)
}

// within is a text as it stands within a string of JSON.
func within(text string) []byte { return []byte(strings.Trim(quoted(text), `"`)) }

// How somebody stands in what was found.
const (
	Acted = "acted" // 本人办理: the event is theirs
	Stood = "stood" // 被代办: somebody did it for them
	Named = "named" // 提及: their id or a word of theirs stands in it
)

// Found is one place where something of the subject stands.
type Found struct {
	Subject string          `json:"subject"`         // issues by their id, records as kind/id, else the kind of item
	Event   int64           `json:"event,omitempty"` // its number in the trail; 0: the record itself
	At      time.Time       `json:"at,omitzero"`
	Kind    string          `json:"kind,omitempty"` // of the event
	How     string          `json:"how"`            // Acted, Stood or Named
	Words   int             `json:"words"`          // how many words stand there
	Stored  json.RawMessage `json:"stored"`
}

// Find goes through items for what there is of the subject.
func (s *Subject) Find(items iter.Seq2[store.Item, error]) iter.Seq2[Found, error] {
	id := []byte(quoted(string(s.Person)))
	return func(yield func(Found, error) bool) {
		for item, err := range items {
			if err != nil {
				yield(Found{}, err)
				return
			}
			f := Found{How: Named, Stored: item.Body}
			_, f.Words = s.replace(item.Body)
			if f.Words == 0 && (s.Person == "" || !bytes.Contains(item.Body, id)) {
				continue
			}
			f.Subject = describe(item.Key)
			if isEvent(item.Key) {
				var e approval.Event
				if err := json.Unmarshal(item.Body, &e); err != nil {
					yield(Found{}, fmt.Errorf("read an event of %s: %w", f.Subject, err))
					return
				}
				f.Event, f.At, f.Kind = e.Seq, e.At, e.Kind
				switch s.Person {
				case "":
				case e.By.Person:
					f.How = Acted
				case e.By.For:
					f.How = Stood
				}
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

func isEvent(k store.Key) bool {
	_, trail := store.TrailOf(k)
	return trail && k.SK != "A"
}

// describe names what an item is of.
func describe(k store.Key) string {
	if subject, ok := store.TrailOf(k); ok {
		return subject
	}
	kind, rest, _ := strings.Cut(k.PK, "#")
	if kind == "I" {
		return rest + " " + k.SK
	}
	return k.PK
}

// replace puts aliases in place of words, and says how many there were.
func (s *Subject) replace(body []byte) (_ []byte, n int) {
	for _, o := range s.Objects {
		if k := bytes.Count(body, []byte(o.Text)); k > 0 && o.Text != o.Alias {
			body, n = bytes.ReplaceAll(body, []byte(o.Text), []byte(o.Alias)), n+k
		}
	}
	if !slices.ContainsFunc(s.Words, func(w Word) bool { return bytes.Contains(body, within(w.Text)) }) {
		return body, n
	}
	var out []byte
	kept := 0 // what of body is in out already
	for from, to := range literals(body) {
		var text string
		if json.Unmarshal(body[from:to], &text) != nil {
			continue
		}
		was := text
		for _, w := range s.Words {
			if typed(text) || text == w.Text && reaches(w.Text) {
				n += strings.Count(text, w.Text)
				text = strings.ReplaceAll(text, w.Text, w.Alias)
			}
		}
		if text != was {
			out, kept = append(append(out, body[kept:from]...), quoted(text)...), to
		}
	}
	return append(out, body[kept:]...), n
}

// typed reports whether a text may be one that people wrote. Ids, codes, dates and hashes, in
// which a word stands by chance at most, have neither spaces nor other letters than ASCII's.
func typed(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || r >= utf8.RuneSelf })
}

// reaches reports whether a word by itself is how to reach somebody: a telephone number, an
// address of mail. Any other word that is all of a text without spaces may be a code.
func reaches(word string) bool {
	_, err := time.Parse(time.DateOnly, word)
	return strings.Contains(word, "@") || err != nil && strings.Trim(word, "+-()0123456789") == ""
}

// literals are where the strings of a JSON text stand that are values and not names, quotes
// included.
func literals(text []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for k := 0; k < len(text); k++ {
			if text[k] != '"' {
				continue
			}
			from := k
			for k++; k < len(text) && text[k] != '"'; k++ {
				if text[k] == '\\' {
					k++
				}
			}
			if k >= len(text) || k+1 < len(text) && text[k+1] == ':' {
				continue
			}
			if !yield(from, k+1) {
				return
			}
		}
	}
}

// Text is Find's and Replace's for a text that is kept apart from the table.
func (s *Subject) Text(body []byte) ([]byte, int) { return s.replace(body) }

// Act is who has it done, when, why, and by which digest trails go on.
type Act struct {
	By     approval.Actor
	At     time.Time
	Reason string
	Digest approval.Digest
}

// Done is what was replaced.
type Done struct {
	Items  int `json:"items"`
	Events int `json:"events"` // of them
	Words  int `json:"words"`
	Trails int `json:"trails"` // that got an event which says so
}

// batch is how many items of a trail are replaced in one commit, beside its record and the
// event that vouches for them.
const batch = store.MaxOps - 2

// Replace puts aliases in place of the subject's words in every item. Other processes may go on
// writing: each partition is read and written anew where items had something, and once more
// when somebody wrote to its record meanwhile. A trail is written whole or, if it is very
// long, batch by batch, each with an event that vouches for it; after a crash, or when somebody
// has typed a word again meanwhile, it is called once more for what is left. Where the person's
// own entry stands goes last, and the register last of all: from there a call knows the words.
func (s *Subject) Replace(ctx context.Context, table store.Table, items iter.Seq2[store.Item, error], act Act) (done Done, err error) {
	holding, entries := map[string]bool{}, map[string]bool{}
	for item, err := range items {
		if err != nil {
			return done, err
		}
		if _, n := s.replace(item.Body); n == 0 {
			continue
		}
		if slices.ContainsFunc(s.Objects, func(o Word) bool { return bytes.Contains(item.Body, []byte(o.Text)) }) {
			entries[item.PK] = true
		} else {
			holding[item.PK] = true
		}
	}
	maps.DeleteFunc(holding, func(pk string, _ bool) bool { return entries[pk] })
	// Of records the register's comes after the change sets'.
	for _, pk := range append(slices.Sorted(maps.Keys(holding)), slices.Sorted(maps.Keys(entries))...) {
		for try := 1; ; try++ {
			p, err := s.read(ctx, table, pk)
			if err == nil {
				err = p.write(ctx, table, act, s.alias())
			}
			if _, raced := errors.AsType[*store.FailedCondition](err); raced && try < tries {
				continue
			}
			if err != nil {
				return done, err
			}
			done.add(p.done)
			break
		}
	}
	return done, nil
}

// tries is how often a partition is begun anew to whose record others write meanwhile.
const tries = 8

func (d *Done) add(o Done) {
	d.Items, d.Events, d.Words, d.Trails = d.Items+o.Items, d.Events+o.Events, d.Words+o.Words, d.Trails+o.Trails
}

// partition is what changes of the items under one key: of a trail its record, its events, and
// what else stands there.
type partition struct {
	subject string      // of the trail; empty: there is none
	record  *store.Item // of the trail, as it shall be
	before  map[int64]string
	events  []*store.Item
	others  []*store.Item
	done    Done
}

// pageItems is how many items are read at once.
const pageItems = 200

func (s *Subject) read(ctx context.Context, table store.Table, pk string) (*partition, error) {
	p := &partition{before: map[int64]string{}}
	last := ""
	for r := (store.Range{PK: pk, Limit: pageItems}); ; {
		page, next, err := table.Query(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", pk, err)
		}
		for k := range page {
			item := &page[k]
			body, n := s.replace(item.Body)
			item.Body = body
			if p.done.Words += n; n > 0 {
				p.done.Items++
			}
			subject, trail := store.TrailOf(item.Key)
			switch {
			case trail && item.SK == "A":
				p.subject, p.record = subject, item
			case trail:
				var e approval.Event
				if err := json.Unmarshal(item.Body, &e); err != nil {
					return nil, fmt.Errorf("read an event of %s: %w", subject, err)
				}
				if n > 0 {
					p.events, p.before[e.Seq] = append(p.events, item), last
					p.done.Events++
				}
				last = e.Hash
			case n > 0:
				p.others = append(p.others, item)
			}
		}
		if r.After = next; next == nil {
			break
		}
	}
	if p.record == nil && len(p.events) > 0 {
		return nil, fmt.Errorf("the record of %s is gone; verify the trails first", pk)
	}
	return p, nil
}

// write commits what changed, at most so much at a time as one commit takes.
func (p *partition) write(ctx context.Context, table store.Table, act Act, alias string) error {
	if p.done.Items == 0 {
		return nil
	}
	if p.record == nil { // what is written once and stands alone
		for part := range slices.Chunk(p.others, store.MaxOps) {
			ops := make([]store.Op, len(part))
			for k := range part {
				ops[k].Put = part[k]
			}
			if err := table.Write(ctx, ops); err != nil {
				return fmt.Errorf("replace what stands beside the trails: %w", err)
			}
		}
		return nil
	}
	p.done.Trails = 1
	// What is redacted vouches for the event before it as that is stored, hash and all, so that
	// their order does not matter.
	all := append(slices.Clone(p.events), p.others...)
	for first := true; first || len(all) > 0; first = false {
		part := all[:fitting(all)]
		all = all[len(part):]
		detail := approval.Redacting{Alias: alias}
		ops := make([]store.Op, 1, len(part)+2)
		for _, item := range part {
			if isEvent(item.Key) {
				redaction, err := p.redact(item, act.Digest)
				if err != nil {
					return err
				}
				detail.Events = append(detail.Events, redaction)
			}
			ops = append(ops, store.Op{Put: item})
		}
		event, err := p.vouch(act, detail)
		if err != nil {
			return err
		}
		record := *p.record
		ops[0] = store.Op{Put: &record, If: store.IfVersion, Version: record.Version - 1}
		ops = append(ops, store.Op{Put: event})
		if err := table.Write(ctx, ops); err != nil {
			return fmt.Errorf("replace what stands in %s: %w", p.subject, err)
		}
	}
	return nil
}

// fitting is how many items go into one commit, by number and by size.
func fitting(all []*store.Item) int {
	size := 0
	for k, item := range all {
		if size += item.Size(); k == batch || k > 0 && size > store.MaxBytes/2 {
			return k
		}
	}
	return len(all)
}

// redact marks an event in which something was replaced.
func (p *partition) redact(item *store.Item, by approval.Digest) (approval.Redaction, error) {
	var e approval.Event
	if err := json.Unmarshal(item.Body, &e); err != nil {
		return approval.Redaction{}, fmt.Errorf("read an event of %s: %w", p.subject, err)
	}
	if err := e.Redact(p.before[e.Seq], by); err != nil {
		return approval.Redaction{}, err
	}
	text, err := json.Marshal(&e)
	if err != nil {
		return approval.Redaction{}, fmt.Errorf("encode event %d of %s: %w", e.Seq, p.subject, err)
	}
	item.Body = text
	return approval.Redaction{Seq: e.Seq, Digest: e.Redacted}, nil
}

// alias is what an event says was put in place.
func (s *Subject) alias() string {
	if s.Person != "" {
		return aliasZH(s.Person)
	}
	return Gone
}

// vouch chains the event that says what was redacted, and moves the record on to it.
func (p *partition) vouch(act Act, detail approval.Redacting) (*store.Item, error) {
	text, err := json.Marshal(detail)
	if err != nil {
		return nil, fmt.Errorf("encode a redaction of %s: %w", p.subject, err)
	}
	e := approval.Event{Issue: approval.IssueID(p.subject), At: act.At, Kind: approval.EvRedact, By: act.By, Reason: act.Reason, Detail: text}
	chain := func(events *int64, head *string, version *int64) error {
		*events++
		*version++
		e.Seq = *events
		if err := e.Chain(*head, act.Digest); err != nil {
			return err
		}
		*head = e.Hash
		return nil
	}
	if strings.HasPrefix(p.record.PK, "I#") {
		var i approval.Issue
		if err = json.Unmarshal(p.record.Body, &i); err == nil {
			e.Round = i.Round()
			if err = chain(&i.Events, &i.Head, &i.Version); err == nil {
				p.record.Version = i.Version
				p.record.Body, err = json.Marshal(&i)
			}
		}
	} else {
		var r docket.Record
		if err = json.Unmarshal(p.record.Body, &r); err == nil {
			if err = chain(&r.Events, &r.Head, &r.Version); err == nil {
				p.record.Version = r.Version
				p.record.Body, err = json.Marshal(&r)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("move the record of %s on: %w", p.subject, err)
	}
	item := &store.Item{Key: store.EventKey(p.record.Key, e.Seq)}
	item.Body, err = json.Marshal(&e)
	return item, err
}
