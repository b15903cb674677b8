package saving

import "fmt"

// Ending is how a case ended, or that it has not (办理结果). Endings compete: a case has one.
type Ending string

const (
	// Open has not ended when it was last looked at (在办). It is known to have lasted as long as it was seen, no more: it is
	// censored, neither left out nor counted as ended.
	Open Ending = "open"
	// Decided was answered with consent of any kind (办结).
	Decided Ending = "decided"
	// Refused was answered with a refusal (不予同意).
	Refused Ending = "refused"
	// Withdrawn was taken back by the branch before an answer (撤回).
	Withdrawn Ending = "withdrawn"
)

// Validate returns an error that names the ending when it is none of the four.
func (e Ending) Validate() error {
	switch e {
	case Open, Decided, Refused, Withdrawn:
		return nil
	}
	return fmt.Errorf("ending %q is not open, decided, refused or withdrawn", string(e))
}
