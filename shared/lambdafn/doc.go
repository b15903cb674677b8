// Package lambdafn puts the house's handlers behind Lambda: workflow tasks, HTTP
// behind API Gateway, the table's stream, the schedule. Each function's main is a
// few lines on top of it.
//
// It must not hold a rule, and not know Step Functions: which functions reach it
// is decided by their mains, so that no other function links and starts its
// client. It imports the handlers, the table and aws-lambda-go.
//
// # Errors have a name
//
// A state machine's Retry and Catch match the name of an error. aws-lambda-go
// names an error after its outermost Go type, which for a wrapped error says
// nothing. [Task] therefore converts each error once, as the last step, with
// handler.ErrorName, as the embedded engine does. A panic is Internal too, and
// ends the process: Lambda starts a clean one for the next call.
//
// # Cold starts
//
// Nothing is fetched before it is needed; clients open their connections with
// the first call. Credentials and region are taken from the environment that
// Lambda sets, without the SDK's search through profiles, single sign-on and
// instance metadata, which a function never uses.
package lambdafn
