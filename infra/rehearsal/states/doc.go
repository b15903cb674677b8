// Package states speaks Step Functions' API over the embedded engine, so that a
// client of the service, with only its endpoint changed, runs state machines on
// this machine.
//
// It must not know what the machines are for, nor how a function is called: it
// is given a function to invoke. It imports the engine, asl and google/uuid; no
// AWS SDK.
//
// Spoken is JSON 1.0, X-Amz-Target AWSStepFunctions.<operation>, for Standard
// workflows: CreateStateMachine, UpdateStateMachine, PublishStateMachineVersion,
// DescribeStateMachine, ListStateMachines, ListStateMachineVersions,
// StartExecution, DescribeExecution, DescribeStateMachineForExecution,
// ListExecutions, StopExecution, GetExecutionHistory, SendTaskSuccess,
// SendTaskFailure and SendTaskHeartbeat. Signatures are not checked; the caller
// listens on loopback only.
//
// Each revision of a state machine has an engine of its own, all on journals in
// memory: an execution ends on the definition with which it began. The number of
// an execution carries its revision in its upper bits, so a token finds its
// engine by itself.
//
// Where executions differ from the service's is written in asl's DIVERGENCES.md.
// Beyond that: an update is in force at once, names are never free again, and
// nothing is deleted.
package states
