package saving

import "math"

// Share is how many of how many (占比), with what chance alone could have made of it.
type Share struct {
	Count int `json:"count"`
	Of    int `json:"of"`
	// Share is Count / Of, absent when Of is 0: then there is nothing of which it could be a share.
	Share *float64 `json:"share,omitempty"`
	// Interval is Wilson's score interval (1927), absent with Share.
	Interval *Interval `json:"interval,omitempty"`
	// Insufficient means that Of is below [EnoughN]: the share may be shown beside its two counts, and ranks nobody.
	Insufficient bool `json:"insufficient"`
}

// ShareOf is count of a number of cases, 0 <= count <= of.
func ShareOf(count, of int) Share {
	s := Share{Count: count, Of: of, Insufficient: of < EnoughN}
	if of <= 0 {
		return s
	}
	n := float64(of)
	p := float64(count) / n
	middle := (p + z95*z95/(2*n)) / (1 + z95*z95/n)
	reach := z95 / (1 + z95*z95/n) * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	s.Share = &p
	s.Interval = &Interval{Low: max(0, middle-reach), High: min(1, middle+reach)}
	return s
}
