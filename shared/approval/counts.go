package approval

import (
	"slices"
	"time"
)

// counts reports whether the commit changes anything that figures rest on: how an
// issue or a sign-off stands, whose it is, and the days by which it is measured.
// Claims, lights, tokens and words are none of it.
func (t *transition) counts() bool {
	if t.issue.RaisedAt.IsZero() {
		return false // a draft is nobody's figure
	}
	if t.ended != t.issue.Status.Ended() {
		return true
	}
	for n := range t.touched {
		if !t.touched[n] {
			continue
		}
		if n > len(t.was) || !t.was[n-1].sameFigures(t.issue.SignOff(n)) {
			return true
		}
	}
	return false
}

// sameFigures compares what of a sign-off is counted. A sign-off that nobody has
// been asked yet is not.
func (s *SignOff) sameFigures(u *SignOff) bool {
	if s.OpenedAt.IsZero() && u.OpenedAt.IsZero() {
		return true
	}
	return s.State == u.State && s.Department == u.Department && s.Due == u.Due &&
		s.OpenedAt.Equal(u.OpenedAt) && s.AcceptedAt.Equal(u.AcceptedAt) && s.DecidedAt.Equal(u.DecidedAt) && s.took() == u.took() &&
		slices.EqualFunc(s.Stops, u.Stops, func(a, b Stop) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }) &&
		len(s.Duties) == len(u.Duties) && len(s.Earlier) == len(u.Earlier) && (s.Request == nil) == (u.Request == nil) && s.Extension.granted() == u.Extension.granted() && s.Tolerated() == u.Tolerated()
}

// took is when it was claimed by who decided it; while nobody has, a claim may
// change and is not counted.
func (s *SignOff) took() time.Time {
	if s.DecidedAt.IsZero() {
		return time.Time{}
	}
	return s.ClaimedAt
}
