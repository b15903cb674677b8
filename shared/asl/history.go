package asl

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// HistoryEvent is one entry of an execution's history in Step Functions' own
// terms. MarshalJSON writes it as GetExecutionHistory prints it. Values are
// shared with the execution and must not be changed.
type HistoryEvent struct {
	ID              int64
	PreviousEventID int64
	Timestamp       time.Time
	Type            string // "TaskStateEntered", "ExecutionSucceeded", ...

	// Which of these are set follows from Type.
	Name     string // of the state, or of the iteration's Map
	Data     any    // input, output or parameters
	HasData  bool
	Error    string
	Cause    string
	Resource string // "invoke" or "invoke.waitForTaskToken"
	Index    int    // MapIteration...
	Length   int    // MapStateStarted
	Timeout  int64  // TaskScheduled, seconds
	Beat     int64  // TaskScheduled, seconds
	Role     string // ExecutionStarted
	Assigned map[string]any
}

// Text is the event's input, output or parameters as JSON text, "" when the type
// has none.
func (e HistoryEvent) Text() string {
	if !e.HasData {
		return ""
	}
	return string(AppendJSON(nil, e.Data))
}

// detailsKey is the name of the details object, "" when the type has none.
func (e *HistoryEvent) detailsKey() string {
	t := e.Type
	switch {
	case strings.HasPrefix(t, "MapIteration"):
	case t == "MapStateStarted":
	case strings.HasSuffix(t, "StateEntered"):
		t = "StateEntered"
	case strings.HasSuffix(t, "StateExited"):
		t = "StateExited"
	case strings.HasPrefix(t, "Map"), strings.HasPrefix(t, "Parallel"), strings.HasSuffix(t, "StateAborted"):
		return ""
	}
	return strings.ToLower(t[:1]) + t[1:] + "EventDetails"
}

// MarshalJSON prints the event as GetExecutionHistory does.
func (e HistoryEvent) MarshalJSON() ([]byte, error) { return e.append(nil), nil }

func (e *HistoryEvent) append(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, e.ID, 10)
	b = append(b, `,"previousEventId":`...)
	b = strconv.AppendInt(b, e.PreviousEventID, 10)
	b = append(b, `,"timestamp":`...)
	b = appendString(b, stamp(e.Timestamp))
	b = append(b, `,"type":`...)
	b = appendString(b, e.Type)
	if key := e.detailsKey(); key != "" {
		b = append(b, ',')
		b = appendString(b, key)
		b = append(b, ':')
		b = AppendJSON(b, e.details())
	}
	return append(b, '}')
}

// details is the details object.
func (e *HistoryEvent) details() map[string]any {
	d := map[string]any{}
	set := func(key, value string) {
		if value != "" {
			d[key] = value
		}
	}
	data := func(key string, limited bool) {
		if e.HasData {
			d[key] = e.Text()
			if limited {
				d[key+"Details"] = map[string]any{"truncated": false}
			}
		}
	}
	number := func(key string, n int64) {
		if n != 0 {
			d[key] = numberOf(n)
		}
	}
	switch {
	case strings.HasPrefix(e.Type, "MapIteration"):
		d["name"], d["index"] = e.Name, numberOf(int64(e.Index))
	case e.Type == "MapStateStarted":
		d["length"] = numberOf(int64(e.Length))
	case strings.HasSuffix(e.Type, "Entered"):
		d["name"] = e.Name
		data("input", true)
	case strings.HasSuffix(e.Type, "StateExited"):
		d["name"] = e.Name
		data("output", true)
		if len(e.Assigned) > 0 {
			vars := map[string]any{}
			for k, v := range e.Assigned {
				vars[k] = string(AppendJSON(nil, v))
			}
			d["assignedVariables"] = vars
			d["assignedVariablesDetails"] = map[string]any{"truncated": false}
		}
	case e.Type == "ExecutionStarted":
		data("input", true)
		set("roleArn", e.Role)
	case e.Type == "TaskScheduled":
		data("parameters", false)
		d["region"] = "local"
		number("timeoutInSeconds", e.Timeout)
		number("heartbeatInSeconds", e.Beat)
	default:
		data("output", true)
		set("error", e.Error)
		set("cause", e.Cause)
	}
	if e.Resource != "" {
		d["resource"], d["resourceType"] = e.Resource, "lambda"
	}
	return d
}

// AppendHistory appends events as the "events" array of GetExecutionHistory.
func AppendHistory(dst []byte, events []HistoryEvent) []byte {
	dst = append(dst, '[')
	for i := range events {
		if i > 0 {
			dst = append(dst, ',', '\n')
		}
		dst = events[i].append(dst)
	}
	return append(dst, ']')
}

// stamp writes a time as the context object and the history do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

var _ json.Marshaler = HistoryEvent{}
