// Package httpapi is the HTTP interface of Lianban: what other systems, scripts
// and phones speak. Its contract is openapi.yaml, generated from this code.
//
// It must not know any rule. Who may do what, what follows from it and how it is
// worded is said by approval; this package turns requests into commands and
// queries, and answers into JSON. It must not know how anything is stored
// either, nor whether it runs in one process or behind API Gateway. It imports
// approval, access and the reference data (roster, catalog, calendar).
//
// # Where it answers
//
// Everything lies under /api/v1, the document (openapi.json, openapi.yaml)
// included, and /healthz beside it: mount the handler on both. Unknown routes and
// methods below them are answered as problems, too.
//
// # Promises
//
//   - What is said of an issue is a type of this package with its fields spelled
//     out: tokens, watches and hashes cannot slip out with a new domain field.
//   - No operation is carried out that no policy permits to the caller's role; that is
//     asked before anything of the request but its token is looked at (package policy).
//   - A change needs an Idempotency-Key. The same key with the same request does
//     nothing twice and answers with Idempotency-Replayed: true and the issue as
//     it stands by then; with another request it is refused.
//   - An issue's ETag is its version. If-Match makes a change depend on it. What is
//     counted in days from today (remainingWorkingDays) is as of the answer's asOf
//     and not part of the version.
//   - Another branch's draft does not exist: not in reads, not in lists, not in the
//     refusal of a change.
//   - Every error is a problem (RFC 9457) in the caller's language, Chinese unless
//     English is preferred, and names the field at fault. What went wrong inside
//     is logged under a request id, which is all the caller is given.
//   - Fields and query parameters that are not known are refused, in this spelling.
//   - A list's cursor is signed and good only for the list that gave it.
//
// # Signing in
//
// A bearer token, or the cookie that the pages share. A change that rests on the
// cookie must come from the same origin. The post in the token must still be held:
// who lost a post is signed out of it.
//
// # The road not taken
//
// The libraries' own error bodies and documentation pages are switched off: they
// speak one language, echo what was sent, or load scripts from elsewhere. An
// idempotent answer is not stored as bytes: a client that repeats a request wants
// to know where the issue stands, and receipts stay small.
package httpapi
