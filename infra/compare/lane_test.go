package compare_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// lanes are the events of a history, branch by branch: "main", and below it one
// for each iteration of a Map and each branch of a Parallel.
func lanes(history []types.HistoryEvent) map[string][]string {
	const outermost = "main"
	at := map[int64]string{} // the lane of an event
	kinds := map[int64]types.HistoryEventType{}
	around := map[string]string{} // the lane in which a branch's Map or Parallel stands
	state := map[string]string{}  // the state in which a lane is
	kindOf := map[string]string{} // and its type, such as Map
	out := map[string][]string{}
	for k := range history {
		e := &history[k]
		lane := at[e.PreviousEventId]
		if lane == "" {
			lane = outermost
		}
		// up is the lane in which a state of a type is, seen from one of its branches.
		up := func(kind string) string {
			for l := lane; l != ""; l = around[l] {
				if kindOf[l] == kind {
					return l
				}
			}
			return lane
		}
		kind := string(e.Type)
		of, phase, _ := strings.Cut(kind, "State")
		switch {
		case strings.HasPrefix(kind, "Execution"):
			lane = outermost
		case e.Type == types.HistoryEventTypeMapIterationStarted:
			outer := up("Map")
			lane = fmt.Sprintf("%s/%s[%d]", outer, state[outer], e.MapIterationStartedEventDetails.Index)
			around[lane] = outer
		case phase == "Entered" && kinds[e.PreviousEventId] == types.HistoryEventTypeParallelStateStarted:
			outer := lane
			lane = fmt.Sprintf("%s/%s/%s", outer, state[outer], aws.ToString(e.StateEnteredEventDetails.Name))
			around[lane] = outer
		case (of == "Map" || of == "Parallel") && phase != "Entered":
			// It follows the branch that came last, and belongs to all of them.
			lane = up(of)
		}
		at[e.Id], kinds[e.Id] = lane, e.Type
		switch phase {
		case "Entered":
			state[lane], kindOf[lane] = aws.ToString(e.StateEnteredEventDetails.Name), of
		case "Exited":
			kindOf[lane] = ""
		}
		out[lane] = append(out[lane], strings.TrimSpace(kind+" "+says(e)))
	}
	return out
}

// says is the state or the error that an event names.
func says(e *types.HistoryEvent) string {
	switch {
	case e.StateEnteredEventDetails != nil:
		return aws.ToString(e.StateEnteredEventDetails.Name)
	case e.StateExitedEventDetails != nil:
		return aws.ToString(e.StateExitedEventDetails.Name)
	case e.TaskFailedEventDetails != nil:
		return aws.ToString(e.TaskFailedEventDetails.Error)
	case e.TaskTimedOutEventDetails != nil:
		return aws.ToString(e.TaskTimedOutEventDetails.Error)
	case e.ExecutionFailedEventDetails != nil:
		return aws.ToString(e.ExecutionFailedEventDetails.Error)
	case e.ExecutionTimedOutEventDetails != nil:
		return aws.ToString(e.ExecutionTimedOutEventDetails.Error)
	case e.MapStateStartedEventDetails != nil:
		return fmt.Sprint(e.MapStateStartedEventDetails.Length)
	}
	return ""
}
