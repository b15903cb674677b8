// Package compare runs the same state machines on the embedded engine and on an
// independent implementation of Step Functions, and tells what differs.
//
// It holds tests only. Both servers are driven through Step Functions' API by
// the plain SDK, with the same definition, the same scripted functions and the
// same answers to their tokens. Compared are whether the machine is accepted, the
// status, output and error of the execution, and its history: for each branch
// the sequence of event types with the state or error they name. Numbers, times,
// tokens, the wording of causes and the order between branches are masked.
//
// A difference fails the test unless the table in known_test.go lists it with who
// is right by the Amazon States Language specification; a row that no longer
// differs fails it as well. The rows are in DIVERGENCES.md of package asl too.
//
// run.sh starts the other server, moto's, and runs the tests against it. Without
// LIANBAN_STEPFUNCTIONS, its address, they are skipped.
package compare
