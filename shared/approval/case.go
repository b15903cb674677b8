package approval

import (
	"strconv"

	"lianban/shared/calendar"
	"lianban/shared/saving"
)

// decided are the sign-offs that were, each with those that it required. What
// became void was never needed and is not among them.
func (i *Issue) decided() (pieces []saving.Piece) {
	was := map[int]bool{}
	for k := range i.SignOffs {
		was[i.SignOffs[k].N] = !i.SignOffs[k].DecidedAt.IsZero()
	}
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		if !was[s.N] {
			continue
		}
		piece := i.Piece(s)
		for _, n := range s.Requires {
			if was[n] {
				piece.Requires = append(piece.Requires, itoa(n))
			}
		}
		pieces = append(pieces, piece)
	}
	return pieces
}

// TakenUp is the day on which somebody took the sign-off up (认领), and zero where that
// is not known. Whoever answers without claiming it first takes it up by answering: when
// the work began nobody recorded, and it is not said to have taken no time. A claim from
// before it came last is none of this round.
func (s *SignOff) TakenUp() calendar.Date {
	claimed := calendar.Of(s.ClaimedAt)
	if s.ClaimedAt.IsZero() || claimed < calendar.Of(s.OpenedAt) || !s.DecidedAt.IsZero() && !s.ClaimedAt.Before(s.DecidedAt) {
		return calendar.Date(0)
	}
	return claimed
}

// Case is an ended issue as package saving replays it, and false for one that has
// not been concluded. An item goes by its number, a matter by its code.
func (i *Issue) Case() (saving.Case, bool) {
	if i.Status != Concluded && i.Status != Confirmed {
		return saving.Case{}, false
	}
	out := saving.Case{ID: string(i.ID), Pieces: i.decided()}
	for k := range out.Pieces {
		p := &out.Pieces[k]
		s := i.SignOff(number(p.ID))
		p.Item, p.Department, p.Officer = string(s.Matter), string(s.Department), string(s.Assignee)
		if s.Item != 0 {
			p.Item = strconv.Itoa(int(s.Item))
		}
		p.Received, p.Due = calendar.Of(s.OpenedAt), s.Due.On
		p.Claimed = s.TakenUp()
		if p.Ending = saving.Decided; s.State == Denied || s.State == Objection {
			p.Ending = saving.Refused
		}
		p.Returns = len(s.Earlier)
		if s.Request != nil {
			p.Supplements++
		}
		for _, e := range s.Earlier {
			if e.Request != nil {
				p.Supplements++
			}
		}
	}
	return out, len(out.Pieces) > 0
}
