// Package eventlog writes what happened to issues as an event log (事件日志) for process mining: XES (IEEE 1849-2016), which PM4Py,
// ProM and Disco read, and CSV for everything else.
//
// It must not know where events come from, nor what any of them means: no issues, no store, no clock. It imports the
// standard library only. Whoever gives it people's names publishes them; ids are enough for process mining.
//
// # Guarantees
//
//   - A log is written case by case; memory does not grow with their number.
//   - Events of a case are written by time, those of the same instant in the order given. Times are in Beijing time (UTC+8) to the
//     millisecond, which is what XES's readers keep.
//   - A case or event that a reader could not tell from another (no id, no activity, no time, an unknown transition) is an
//     error that names it. What was written by then is no whole log: whoever serves it must say so.
//   - XES has characters that XML cannot hold replaced by U+FFFD. CSV has no cell that a spreadsheet takes for a formula.
package eventlog
