package city

import (
	"math"
	"math/rand/v2"
)

// dice gives random numbers by name instead of in order: the same keys roll the
// same numbers, whatever was rolled before.
type dice uint64

// roll is the source for one decision.
func (d dice) roll(keys ...int) *rand.Rand {
	h := mix(uint64(d))
	for _, k := range keys {
		h = mix(h ^ uint64(k))
	}
	return rand.New(rand.NewPCG(h, mix(h)))
}

// mix is the finisher of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// What is rolled for, each with its own numbers.
const (
	forStaff = iota + 1
	forProjects
	forArrivals
	forIssue
	forPart
	forStudy
	forAnswer
	forAfter
	forTier
	forDuty
)

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// lognormal has the median and the spread of its logarithm.
func lognormal(r *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*r.NormFloat64())
}

// days is a number of working days, least and on, of which the mean beyond the
// least is given; its tail is exponential.
func days(r *rand.Rand, least int, mean float64) int { return least + int(r.ExpFloat64()*mean) }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
