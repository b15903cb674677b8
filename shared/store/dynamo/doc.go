// Package dynamo is store.Table on DynamoDB: one table, two indexes.
//
// It must not know what is stored: not what an issue is, which rules hold or
// what a sort key means beyond the order that package store documents. It makes
// no client and reads no environment; both come in. It imports store, and
// approval for the one error that it has to name.
//
// # The table
//
//	pk, sk        primary key                 v     version of a header, number
//	g1pk, g1sk    index1                      ttl   seconds after which it may vanish
//	g2pk, g2sk    index2                      body  the record as JSON, a string
//	w, with, gone                             see "Torn reads"
//
// A body is a string and not binary: it is JSON and therefore UTF-8, takes the
// same bytes at rest, travels without base64, and can be read in a console or a
// stream by whoever has to find out what went wrong. Compressed bodies would
// keep an issue's header below one kilobyte and save about a fifth of the write
// units; being readable is worth more than that.
//
// Both indexes project ALL, because every list shows what is in the body: with
// keys only, a page of fifty tasks would be a query and fifty reads. An item is
// in an index only while somebody looks for it there: ended issues leave the
// district's index, decided sign-offs the inbox.
//
// # Writing
//
// A commit is one TransactWriteItems, always: nothing that package store commits
// is a single item, and a conditional PutItem whose answer is lost cannot be told
// from a lost race.
//
// The request token is new for every Write and the same for all tries of one. A
// token made from the content would be wrong here: two callers who commit the
// same thing would both be told that they were first.
//
// A cancelled transaction answers a *store.FailedCondition for the condition
// that failed; for the last, if several did, so that a repeated request is told
// so although its header has moved on. A conflict with another transaction is
// tried again a few times within a tenth of a second and is then a lost race on
// the first operation, which it is almost surely going to be. Throttling is
// tried for some seconds and then an ordinary error: nothing was written.
//
// # Torn reads
//
// A query is not isolated from a transaction: it may see some of its items before
// the others. Deciding on that would be wrong: the header of version 3 with a
// sign-off of version 2 allows a second decision, and a commit on version 3 would
// succeed. Therefore every commit leaves on the header the sort keys that it put
// and deleted, and on each of those items the header's version. A query that has
// read a header and finds an item older or newer than it has to be, reads again.
// What is visible of a version was read whole by whoever committed the next one,
// so that the last commit is the only one that can be half visible.
//
// TransactGetItems would say the same, at four times the read units and with
// every key named in advance.
//
// # Streams
//
// The stream shows new images. DynamoDB keeps the order of one item's changes,
// not of different items'; outbox records of one issue may arrive in another
// order than they were written. That is harmless: a start precedes its tokens
// because tokens come from what was started, and tokens do not depend on each
// other.
//
// # What it costs
//
// Units for an issue with five sign-offs that nobody objects to, as the test
// TestUnitsOfAnIssueWithFiveSignOffs measures them. A transaction is charged
// twice a plain write; index writes are not.
//
//	              read  write
//	raise            1     25  header 8, receipt 2, five waiting sign-offs 10, event 2, outbox 3
//	route            1     42  header 8, five sign-offs with inbox 15, five watches 15, events 4 or less
//	ask, each        2     14  header 8, watch moved in its index 4, event 2
//	grant, each      3     22  header 8, sign-off from inbox to month 4, watch 3, receipt 2, event 2, outbox 3
//	relay, each      -      2  the outbox record deleted from table and index
//	tally            2      -
//	close            2     12  header 8 with the district's index left, two events 4
//	confirm          3     10  header 6, receipt 2, event 2
//	whole life      34    283
//
// The header's eight are two kilobytes, twice for the transaction and once for
// each index. Asking costs a commit each, because a token has to be durable
// before the function answers. The asks run side by side and meet on the same
// header: five take some thirteen transactions, eight some twenty-five. DynamoDB
// charges for the lost ones, too.
//
// An issue takes one partition, and a partition serves 1,000 write units a
// second: some sixty commits a second on one issue, far beyond what people do.
// Watches and the outbox are spread over eight partitions of index1.
package dynamo
