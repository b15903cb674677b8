package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lianban/shared/approval"
	"lianban/shared/asl"
	"lianban/shared/engine"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// History is the command that prints an issue's history; the data file may be in
// use by another process.
type History struct {
	Issue string `arg:"" help:"The issue's id, as the pages show it."`
	Data  string `help:"Data file; may be in use." default:"lianban.db" placeholder:"FILE"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// record is what the command prints.
type record struct {
	Issue      approval.IssueID   `json:"issue"`
	Title      string             `json:"title"`
	Status     approval.Status    `json:"status"`
	Executions []executionHistory `json:"executions"`
	Events     []approval.Event   `json:"events"`
	Chain      string             `json:"chain"` // "intact", or what is wrong
}

type executionHistory struct {
	Name        string          `json:"name"`
	Status      engine.Status   `json:"status"`
	Transitions int64           `json:"transitions"`
	Events      json.RawMessage `json:"events"`
	events      []asl.HistoryEvent
}

// Run prints the history.
func (c *History) Run(ctx context.Context, s *Streams) (err error) {
	file, err := sqlite.View(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	h, err := readHistory(ctx, file, approval.IssueID(c.Issue))
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(h)
	}
	h.print(s)
	return nil
}

func readHistory(ctx context.Context, file *sqlite.File, id approval.IssueID) (record, error) {
	st := store.New(file.Table())
	issue, err := st.Issue(ctx, id)
	if err != nil {
		return record{}, err
	}
	h := record{Issue: id, Title: issue.Title, Status: issue.Status, Executions: []executionHistory{}, Events: []approval.Event{}, Chain: "intact"}
	for page := (approval.Page{Limit: 200}); ; {
		events, next, err := st.Events(ctx, id, 0, page)
		if err != nil {
			return h, err
		}
		h.Events = append(h.Events, events...)
		if page.Cursor = next; next == "" {
			break
		}
	}
	if err := approval.VerifyChain(h.Events, issue.Head); err != nil {
		h.Chain = err.Error()
	}
	journal, err := file.Journal(ctx)
	if err != nil {
		return h, err
	}
	// An engine that is given no machine and never run only reads.
	reader, err := engine.New(ctx, engine.Config{Journal: journal, Now: time.Now, Invoke: func(context.Context, string, []byte) ([]byte, error) {
		return nil, errors.New("a reader calls nothing")
	}})
	if err != nil {
		return h, err
	}
	for _, round := range issue.Rounds {
		x := executionHistory{Name: round.Execution}
		name := ExecutionOf(id, round.N)
		d, err := reader.Describe(ctx, name)
		if _, missing := errors.AsType[*engine.NotFoundError](err); missing {
			continue // raised a moment ago; the relay has not started it yet
		}
		if err != nil {
			return h, fmt.Errorf("execution %s: %w", name, err)
		}
		if x.events, err = reader.History(ctx, name); err != nil {
			return h, fmt.Errorf("history of %s: %w", name, err)
		}
		x.Status, x.Transitions = d.Status, d.Transitions
		x.Events = asl.AppendHistory(nil, x.events)
		h.Executions = append(h.Executions, x)
	}
	return h, nil
}

func (h record) print(s *Streams) {
	fmt.Fprintf(s.Out, "%s  %s  (%s)\n", h.Issue, h.Title, h.Status)
	for _, x := range h.Executions {
		fmt.Fprintf(s.Out, "\n%s  %s, %d state transitions\n", x.Name, x.Status, x.Transitions)
		for _, e := range x.events {
			fmt.Fprintf(s.Out, "%5d <- %-4d %s  %-24s %s\n", e.ID, e.PreviousEventID, e.Timestamp.Format(stampFormat), e.Type, details(e))
		}
	}
	fmt.Fprintf(s.Out, "\naudit events (chain %s)\n", h.Chain)
	for _, e := range h.Events {
		who := string(e.By.Person)
		if who == "" {
			who = string(e.By.Role)
		} else {
			who += " as " + string(e.By.Role) + " of " + e.By.Unit
		}
		line := fmt.Sprintf("%5d  %s  %-22s", e.Seq, e.At.Format(stampFormat), e.Kind)
		if e.SignOff != 0 {
			line += fmt.Sprintf(" #%d", e.SignOff)
		}
		if e.Before != e.After {
			line += fmt.Sprintf("  %s -> %s", e.Before, e.After)
		}
		line += "  by " + who
		for _, text := range []string{e.Ground, e.Reason, string(e.Detail)} {
			if text != "" {
				line += "  " + text
			}
		}
		fmt.Fprintln(s.Out, line)
	}
}

const stampFormat = "2006-01-02T15:04:05.000Z"

// details is what an event's type gives, on one line.
func details(e asl.HistoryEvent) string {
	line := e.Name
	for _, text := range []string{e.Error, e.Cause, e.Resource} {
		if text != "" {
			line += " " + text
		}
	}
	if e.HasData {
		line += " " + string(asl.AppendJSON(nil, e.Data))
	}
	return line
}
