package approval

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"
)

// Link (一次性链接) lets an outside party vote without an account. Its secret is made
// outside, told once, and never comes here: what is kept is the secret's SHA-256,
// until the link opens nothing any more.
//
// It opens one vote of one party, until the vote's last day has passed. The vote
// itself, standing aside, a newer link, a meeting that is arranged anew and the end
// of the vote or the consultation each make it worthless.
type Link struct {
	Hash LinkHash  `json:"hash,omitzero"`
	By   Actor     `json:"by"` // who gave it to the party
	At   time.Time `json:"at"`
}

// LinkHash is the SHA-256 of a link's secret; the zero value is of no link.
type LinkHash [sha256.Size]byte

// HashLink is what is kept of a secret.
func HashLink(secret string) LinkHash { return sha256.Sum256([]byte(secret)) }

// MarshalText implements encoding.TextMarshaler.
func (h LinkHash) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, h[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *LinkHash) UnmarshalText(text []byte) error {
	digest, err := base64.RawURLEncoding.AppendDecode(nil, text)
	if err != nil || len(digest) != len(h) {
		return fmt.Errorf("a link's hash of %d characters", len(text))
	}
	*h = LinkHash(digest)
	return nil
}

// LinkKey is what somebody shows who has a link: whose it says it is, and the hash of
// its secret.
type LinkKey struct {
	Attendee int // number in the list, from 1
	Hash     LinkHash
}

// Outsider is who votes by a link. The event names the party and who gave it the link.
var Outsider = Actor{Role: "outsider"}

// Invite (签发链接) gives an outside party that votes a link, as the tier that holds the
// consultation; another one makes the earlier worthless.
type Invite struct {
	Attendee int
	Hash     LinkHash
}

// CastByLink (凭链接表决) votes for the outside party that the link was given to.
type CastByLink struct {
	Link LinkKey
	Vote Cast
}

// ExcuseByLink (凭链接回避) takes that party out of those eligible.
type ExcuseByLink struct {
	Link LinkKey
	Why  Excuse
}

// NoLink is what everybody is told whose link opens nothing, whatever the reason:
// that a party has voted, or that a link was ever given, is nobody's to find out.
func NoLink() error {
	return refuse(NotFound, "link", "链接无效、已使用、已更换或已过期。如需表决，请联系发给您链接的单位。", "This link is not valid: it is wrong, used, replaced or has expired. To vote, ask whoever sent it to you.")
}

// Opens answers the party whose vote the key opens at a moment, or NoLink.
func (i *Issue) Opens(key LinkKey, at time.Time) (*Attendee, error) {
	var a Attendee
	con := i.Consultation
	if con != nil && con.Meeting != nil && key.Attendee >= 1 && key.Attendee <= len(con.Meeting.Attendees) {
		a = con.Meeting.Attendees[key.Attendee-1]
	}
	var kept LinkHash
	if a.Link != nil {
		kept = a.Link.Hash
	}
	// Always one comparison, of the same length.
	same := subtle.ConstantTimeCompare(kept[:], key.Hash[:]) == 1
	if !same || kept == (LinkHash{}) || !con.open() || !con.ballot().Running() || !at.Before(con.ballot().Until.End()) {
		return nil, NoLink()
	}
	return &a, nil
}

// dropLinks makes every link worthless, and says how many were not before.
func (c *Consultation) dropLinks() (n int) {
	if c.Meeting == nil {
		return 0
	}
	for k := range c.Meeting.Attendees {
		if l := c.Meeting.Attendees[k].Link; l != nil && l.Hash != (LinkHash{}) {
			c.Meeting.Attendees[k].Link = &Link{By: l.By, At: l.At}
			n++
		}
	}
	return n
}

func (c Invite) apply(t *transition) error {
	con, err := t.holds()
	if err != nil {
		return err
	}
	if !con.ballot().Running() {
		return refuse(Conflict, "", "没有正在进行的表决，无须签发链接。", "No vote is going on, so that nobody needs a link.")
	}
	if c.Attendee < 1 || c.Attendee > len(con.Meeting.Attendees) || !con.Meeting.Attendees[c.Attendee-1].Outsider() || !con.Meeting.Attendees[c.Attendee-1].Votes {
		return refuse(Invalid, "attendee", "请从参会方中选择须表决的外部单位；系统内的单位登录后表决，列席的不表决。", "Choose an outside party that votes; units of this system vote when signed in, and who only attends does not vote.")
	}
	a := &con.Meeting.Attendees[c.Attendee-1]
	if a.Vote != nil || a.Aside != nil {
		return refuse(Closed, "attendee", "该单位已经表决或回避，无须再签发链接。", "This party has voted or stands aside; it needs no link any more.")
	}
	said := t.party(c.Attendee)
	if said["until"] = con.ballot().Until; a.Link != nil {
		said["again"] = true
	}
	a.Link = &Link{Hash: c.Hash, By: t.actor, At: t.now}
	t.event(EvInvite, func(e *Event) { e.Before, e.After, e.Detail = string(Consulting), string(Consulting), detail(said) })
	return nil
}

// byLink lets the party act whose link it is; the link is used up with the commit.
func (t *transition) byLink(key LinkKey) error {
	if t.actor != Outsider {
		return refuse(Forbidden, "", "凭链接表决无须登录，请直接打开链接。", "A vote by link needs no sign-in; open the link itself.")
	}
	if _, err := t.issue.Opens(key, t.now); err != nil {
		return err
	}
	a := &t.issue.Consultation.Meeting.Attendees[key.Attendee-1]
	a.Link = &Link{By: a.Link.By, At: a.Link.At}
	return nil
}

func (c CastByLink) apply(t *transition) error {
	if err := t.byLink(c.Link); err != nil {
		return err
	}
	return t.cast(c.Link.Attendee, c.Vote)
}

func (c ExcuseByLink) apply(t *transition) error {
	if err := t.byLink(c.Link); err != nil {
		return err
	}
	return t.excuse(c.Link.Attendee, c.Why)
}
