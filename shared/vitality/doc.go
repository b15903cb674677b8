// Package vitality rates how a branch takes part in the work on its issues: the vitality
// index (活力指数), from one to five stars.
//
// Everything counts facts that the workflow recorded; nobody gives a score. The indicators,
// their weights and the levels of the stars are published in indicators.tsv and stars.tsv.
// Shunde's index of 2022 is published as 33 items, with the aim of 30 branches of five stars
// and half of all of four or more. Which items, and what they weigh, is not published: the
// indicators here and all numbers are this product's own (拟定) and say so wherever they are
// shown. What ran over and is tolerated (容错认定) is not held against anybody.
//
// It must not know HTTP, pages or stores. It imports approval, whose facts it counts,
// calendar, and saving for how many cases are enough.
//
// # How points come about
//
// An indicator counts cases, of which some were met; each names its issue, and its
// sign-off where it is about one. Indicators without a case do not count: their weight
// goes to the others in proportion, in hundredths of a point, so that the weights in
// force always sum to 100. An indicator's points are its weight times the share met,
// rounded down to a hundredth; the index is their sum. So more met is never fewer points,
// and all met is 100.
//
// With fewer than [Least] cases, or where the indicators that count weigh less than
// [LeastWeight] together, there is no rating: it would say more about chance than about
// the branch.
package vitality
