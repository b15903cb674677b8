// Package invest says how far the investment of a year's key projects has come:
// annual plans (年度投资计划) and their adjustments, figures reported half-month by
// half-month, completion against the time that has passed (时序进度), and how much
// investment the blockers hold back.
//
// It must not know HTTP, SQL, where figures are kept or how they came in. It imports
// the standard library, calendar and roster; it reads no clock.
//
// # Measures
//
//   - Money is in whole 万元; every sum is a sum of integers.
//   - Completion (完成率) = cumulative investment of the year ÷ annual plan in the
//     version in force. It is never capped at 100%.
//   - Time progress (时序进度) = half-months elapsed ÷ 24, which for whole months is
//     months ÷ 12. Mid-July is 6.5/12 = 54.17%.
//   - Lead (超时序) = completion − time progress, in percentage points. It is the
//     difference of the two figures as they are printed, to two places, so that a
//     reader who subtracts gets the same. So Foshan's report of mid-July 2022 does:
//     71.4 − 54.17 = 17.23 (Southern Daily, 2022-08-04).
//   - Investment held back (受阻投资) = plan in force − cumulative, at least 0, of
//     projects with a red issue.
//   - Early or late completion (提前、延期) = planned minus actual day, in calendar
//     days. It is no part of the time saved in approvals, which package saving measures.
//
// # What is not known
//
// A project that has not reported for the period counts with its last figure of the
// year, which a cumulative figure can only exceed, and the line says how many do.
// One that has reported nothing, or has no plan in force, is left out above and below
// the line of the fraction, and the line says how many and with how much plan. Nothing
// missing is read as zero.
//
// # History
//
// A year is the fold of its batches in order. A figure is never overwritten: a
// correction (更正) stands beside what it corrects, with who, when and why, and the
// plan's earlier versions stay. Which version is in force, its day says.
package invest
