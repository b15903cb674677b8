// Package calendar counts days as Chinese administrative law counts them: working days of the
// People's Republic of China, limits in working or calendar days, clocks that stop and go on.
//
// It must not know what the days are for: no issues, no sign-offs, no lights, no storage, no clock of
// its own. It imports the standard library only and never asks what time it is; whoever calls it
// says which day it is.
//
// # The rules, and where they stand
//
//   - A day is a civil date in Asia/Shanghai (UTC+8, no summer time after 1991).
//   - The day on which a limit begins to run does not count; counting starts the day after
//     (民法典 art. 201).
//   - A limit ends at 24:00 of its last day (民法典 art. 203): see [Date.End]. Offices that close
//     earlier may say so to people; the clock here does not.
//   - A limit whose last day is a legal day off ends on the day after the day off (民法典 art. 203).
//     Day off here means any day that is not worked: weekends and holidays alike, minus the weekends
//     a notice makes working days. For working-day limits the rule is empty, their last day is a working day.
//   - The limits of 行政许可法 are working days, holidays excluded (art. 82). "日" in another law is a
//     calendar day unless that law says otherwise, so every [Limit] carries its unit.
//   - Time that law excludes (hearing, tender, testing, expert review: 行政许可法 art. 45) or that a rule lets the office wait
//     for the applicant (supplement) is a [Span]: its days do not count. Spans may overlap and come in any order; a day is
//     excluded once. Which stops are lawful, and how long they may last, is not decided here.
//
// # What is known, and what is assumed
//
// The embedded table cn_days.csv holds the days that the State Council's yearly notices took out of
// the plain week, 2018 to 2026, each with the number of its notice; its head names the sources. A year
// without a notice is counted Monday to Friday and every answer that rests on it is marked provisional:
// from 2027-01-01 on until [Calendar.With] is given that year's notice (which [Calendar.ReadNotice]
// reads as it is pasted), and likewise before 2018-01-01, whose
// notices are not in the table. A notice may reach back into December of the year before (2022-12-31 is
// in the notice for 2023), so the last days of the last known year can still change although they are not
// marked: the table speaks for the notice that governs them now.
//
// # Guarantees
//
// A [Calendar] is a value that never changes and may be shared. Counting is by prefix sums: no answer
// walks day by day, however long the limit or the stop. Counts are right for any dates, inside the table or not.
//
// # Choices
//
// Spans exclude whole days, (From, To]: the day on which a clock stops still counts and the day on which it
// resumes does not, which is art. 201 applied to the stop's two ends. Counting hours was not taken: no limit
// in the catalogue is in hours. Counts are signed rather than clamped, so that they add up.
package calendar
