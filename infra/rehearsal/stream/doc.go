// Package stream hands a table's stream to a function as Lambda's event source
// mapping for DynamoDB does.
//
// It must not know what the records mean. It imports the rehearsal's dynamodb
// client; records pass through as the text they arrive in.
//
// # As the mapping does
//
//   - Delivery is at least once, and in order for each partition key: a shard's
//     records are spread by partition key over [Config.Lanes] lanes, and a lane
//     hands over one batch at a time. A child shard waits for its parent.
//   - A function that answers batchItemFailures has done what comes before the
//     first failed record; the rest is tried again from there. An answer that
//     names an unknown record, or none, counts as a failure of the whole batch.
//   - A failed batch is halved when [Config.Bisect] is set, which is no try; a
//     batch that cannot be halved is tried [Config.Retries] more times and then
//     goes to the dead letters, and the stream goes on behind it.
//   - Records that the filter does not take are never handed over.
//
// # Unlike the mapping
//
//   - All lanes of one read end before the next read, so one lane that is tried
//     again holds up the others.
//   - Progress at the front of a batch begins its tries anew. The documents do not
//     say whether the mapping does so.
//   - Nothing is remembered beyond the process: a new Poller begins at the oldest
//     record.
package stream
