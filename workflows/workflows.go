// Package workflows embeds the state machines that both Step Functions and the
// embedded engine run. It knows nothing of either: it hands out the text.
package workflows

import _ "embed"

// IssueSignOff is one round of one issue, in Amazon States Language. Its
// ${Tokens} name functions and the AWS partition; template.yaml and the local
// assembly fill them in.
//
//go:embed issue_signoff.asl.json
var IssueSignOff []byte
