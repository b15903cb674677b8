// Package lambdahost runs Lambda functions as processes on this machine: it
// speaks the Lambda Runtime API to them and the Invoke API to whoever calls.
//
// It must not know what a function does, nor who calls it. It imports the
// standard library and google/uuid.
//
// Each process is one execution environment and serves one request at a time.
// A request takes an idle process, else a new one is started up to the
// function's cap, else it waits in line. A process that dies fails the request
// it was serving and is replaced when the next request needs one:
//
//	start -> init -> idle <-> busy
//	           |       |       |
//	           +-------+-------+--> dead (exit, kill, deadline)
//
// AWS_LAMBDA_RUNTIME_API may carry a path, so one listener serves every
// process under /env/<id>.
//
// # As Lambda does
//
//   - The deadline is absolute, told in Lambda-Runtime-Deadline-Ms; past it the
//     process is killed and the error is Sandbox.Timedout.
//   - A process that exits gives Runtime.ExitError; an error it reported keeps
//     its own type. All of them set X-Amz-Function-Error.
//   - A process is ready again when it asks for the next request, not when it has
//     answered the last.
//
// # Unlike Lambda
//
//   - A request beyond the cap waits for [Config.WaitFor] before it is refused
//     with TooManyRequestsException.
//   - Processes are not frozen between requests, and no idle one is retired.
//   - Invocation type Event is delivered once; Lambda tries twice more.
package lambdahost
