// Package invitation hands outside parties of a consultation the one-time links
// (一次性链接) by which they vote without an account, and reads them back.
//
// A link is an issue, the number of a party and a secret of 256 bits. The secret is
// made here, told once, and kept nowhere: the rules get its hash, which one issue
// keeps until the link opens nothing any more. Logs, problems and the audit trail
// hold neither.
//
// It must not know any rule, HTTP or a page. What a link opens is the rules' to say
// ([approval.Issue.Opens]); every link that opens nothing has the same answer.
package invitation

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lianban/shared/approval"
)

// secretBytes is how long a secret is: nobody guesses 256 bits.
const secretBytes = 32

// longest is longer than any link; what is longer is not worth looking up.
const longest = 128

// Desk gives links out and takes them in.
type Desk struct {
	Service *approval.Service
	Random  io.Reader // of secrets; crypto/rand's
}

// Given is a link just given out.
type Given struct {
	Issue    approval.Issue
	Link     string // "" for a repetition under the same key: it was told before, and is kept nowhere
	Repeated bool
}

// Give gives a party of the issue's consultation a link, as the consultation's
// holder; the party's earlier link is worthless from then on. An attempt that is
// repeated under its idempotency key gives no other link and cannot tell the first
// one again: whoever lost it gives another under a new key.
func (d *Desk) Give(ctx context.Context, id approval.IssueID, attendee int, call approval.Call) (Given, error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(d.Random, raw); err != nil {
		return Given{}, fmt.Errorf("make a secret: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(raw)
	issue, repeated, err := d.Service.Do(ctx, id, approval.Invite{Attendee: attendee, Hash: approval.HashLink(secret)}, call)
	if err != nil || repeated {
		return Given{Issue: issue, Repeated: repeated}, err
	}
	return Given{Issue: issue, Link: string(id) + "." + strconv.Itoa(attendee) + "." + secret}, nil
}

// Opened is what a link opens: a party's vote.
type Opened struct {
	Issue approval.Issue
	Party approval.Attendee
	N     int // the party's number
}

// read takes a link apart. What is no link is one of an issue that there is not, so
// that it goes the same way.
func read(link string) (approval.IssueID, approval.LinkKey) {
	parts := strings.Split(link, ".")
	if len(link) > longest || len(parts) != 3 || parts[0] == "" {
		return "none", approval.LinkKey{}
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		n = 0
	}
	return approval.IssueID(parts[0]), approval.LinkKey{Attendee: n, Hash: approval.HashLink(parts[2])}
}

// worthless turns the absence of an issue into the answer of every link that opens
// nothing.
func worthless(err error) error {
	if approval.IsKind(err, approval.NotFound) {
		return approval.NoLink()
	}
	return err
}

// Open looks at what the link opens, as often as one likes, and changes nothing: those
// who check mail for dangerous links open them too.
func (d *Desk) Open(ctx context.Context, link string) (Opened, error) {
	id, key := read(link)
	issue, err := d.Service.Store().Issue(ctx, id)
	if err != nil {
		return Opened{}, worthless(err)
	}
	party, err := issue.Opens(key, d.Service.Now())
	if err != nil {
		return Opened{}, err
	}
	return Opened{Issue: issue, Party: *party, N: key.Attendee}, nil
}

// Try looks at what the link opens and says what a vote would be refused for, together
// with it; it changes nothing.
func (d *Desk) Try(ctx context.Context, link string, vote approval.Cast) (Opened, error) {
	o, err := d.Open(ctx, link)
	if err != nil {
		return o, err
	}
	_, key := read(link)
	_, err = d.Service.Rules().Apply(o.Issue, approval.Outsider, approval.CastByLink{Link: key, Vote: vote}, d.Service.Now())
	return o, err
}

// Cast votes by the link, once.
func (d *Desk) Cast(ctx context.Context, link string, vote approval.Cast) (Opened, error) {
	id, key := read(link)
	return d.act(ctx, id, key, approval.CastByLink{Link: key, Vote: vote})
}

// StandAside takes the link's party out of those eligible.
func (d *Desk) StandAside(ctx context.Context, link, reason string) (Opened, error) {
	id, key := read(link)
	return d.act(ctx, id, key, approval.ExcuseByLink{Link: key, Why: approval.Excuse{Reason: reason}})
}

// act carries out what the link's party does. It has no idempotency key: the link is
// one.
func (d *Desk) act(ctx context.Context, id approval.IssueID, key approval.LinkKey, cmd approval.Command) (Opened, error) {
	issue, _, err := d.Service.Do(ctx, id, cmd, approval.Call{Actor: approval.Outsider})
	if err != nil {
		return Opened{}, worthless(err)
	}
	return Opened{Issue: issue, Party: issue.Consultation.Meeting.Attendees[key.Attendee-1], N: key.Attendee}, nil
}
