// Package fault plays whole histories of the house under faults, in virtual time
// and on one goroutine: the real service, relay, figures, workflow file and engine,
// with scripted chance deciding who acts, what fails, what is delivered twice, late
// or out of order, which process dies and whose clock is wrong. Everything follows
// from one seed, so that a history that breaks a promise is played again exactly.
//
// It must not know a rule of the domain: people try what they like, and what is
// checked are promises that hold whatever the rules are.
//
// # The houses
//
//   - Cloud: processes that share nothing but a table whose indexes lag and a state
//     machine service that never dies. A stream hands outbox records over; a process
//     dies in the middle of a command, and another commits between its read and its
//     write.
//   - Machine: one process with table, engine, journal and feed. When it dies, all
//     that is not on the disk is gone with it.
//   - File: the same on a real SQLite file, opened anew after each death.
//
// # What is checked
//
// After every step:
//
//   - The audit chain is whole, and only grows.
//   - A sign-off has at most one decision in a round.
//   - An issue that is under way has an execution that runs, or a record in the
//     outbox that will start one.
//
// When the faults have stopped and everything is delivered:
//
//   - What was acknowledged is part of the trail; what was refused left nothing; what
//     was asked for once, or again under one idempotency key, happened at most once.
//   - An issue that is under way has an execution with a timer, and each task that is
//     owed has a watch.
//   - Inboxes show what the issues say, and the figures are those that a
//     recomputation gives.
//
// Then everybody does what is theirs, and every issue comes to its end: no execution,
// no undelivered record and no task is left.
package fault
