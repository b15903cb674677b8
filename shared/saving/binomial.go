package saving

import (
	"math"
	"math/rand/v2"
)

// binomial draws how many of n succeed, each with chance p: by adding up chances when few are expected, else by transformed
// rejection with squeeze (algorithm BTRS: W. Hörmann, The generation of binomial random variates, J. Statist. Comput. Simul.
// 46, 1993, whose constants these are). Both are exact; the time does not grow with n.
func binomial(random *rand.Rand, n int, p float64) int {
	switch {
	case n == 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case p > 0.5:
		return n - binomial(random, n, 1-p)
	}
	size := float64(n)
	if size*p < 10 {
		u := random.Float64()
		chance := math.Exp(size * math.Log1p(-p))
		k := 0
		for ; u > chance && k < n; k++ {
			u -= chance
			chance *= (size - float64(k)) / float64(k+1) * p / (1 - p)
		}
		return k
	}
	spread := math.Sqrt(size * p * (1 - p))
	b := 1.15 + 2.53*spread
	a := -0.0873 + 0.0248*b + 0.01*p
	center := size*p + 0.5
	alpha := (2.83 + 5.1/b) * spread
	squeeze := 0.92 - 4.2/b
	odds := math.Log(p / (1 - p))
	mode := math.Floor((size + 1) * p)
	base := logFactorial(mode) + logFactorial(size-mode)
	for {
		u, v := random.Float64()-0.5, random.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + center)
		if us >= 0.07 && v <= squeeze {
			return int(k)
		}
		if k < 0 || k > size {
			continue
		}
		if math.Log(v*alpha/(a/(us*us)+b)) <= base-logFactorial(k)-logFactorial(size-k)+(k-mode)*odds {
			return int(k)
		}
	}
}

func logFactorial(k float64) float64 {
	l, _ := math.Lgamma(k + 1)
	return l
}
