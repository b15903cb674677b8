// Package dynamodb starts a DynamoDB-compatible server on this machine, calls it
// in its own JSON, and stands between it and its clients: to count what they are
// charged, and to inject the faults that DynamoDB has and a local server has not.
//
// It must not know what is stored. It imports the standard library only: the
// stream's records pass through as the text they arrive in, which is the text
// that a Lambda event carries. Requests bear a signature that nobody checks, so
// only loopback addresses are called.
//
// # The server
//
// dynoxide (crate dynoxide-rs, one binary with SQLite inside) is started when no
// address is given; [Install] says how it is had. Any other server that speaks
// the API, such as DynamoDB Local, is used by its address.
package dynamodb
