package invest

import "fmt"

// Money is an amount in 万元 (10,000 yuan).
type Money int64

// MaxMoney is how much one figure may be: a trillion yuan, ten thousand times a
// large project (assumed). Sums of a million such figures stay exact.
const MaxMoney Money = 100_000_000

// Points are hundredths of a percent, or of a percentage point (百分点): 7140 is 71.40.
type Points int64

// share is part ÷ whole, rounded half up to two places of a percent. whole is positive.
func share(part, whole Money) Points {
	return Points((2*10_000*int64(part) + int64(whole)) / (2 * int64(whole)))
}

// String writes it with two places: 71.40, -0.05.
func (p Points) String() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	return fmt.Sprintf("%s%d.%02d", sign, p/100, p%100)
}
