package eventlog

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"
)

// columns are the headings of a CSV log. The first three are what process mining needs.
var columns = []string{
	"case_id", "activity", "timestamp", "transition", "instance", "resource", "role", "department", "item", "outcome",
	"project", "district", "kind",
}

// WriteCSV writes one row an event, with a row of headings, in UTF-8 without a mark, as RFC 4180 says with a line feed for an end. It
// returns how many events it wrote. Its errors are those of [WriteXES].
//
// A cell that a spreadsheet might take for a formula begins with an apostrophe (OWASP, CSV Injection). Times are
// left alone: they begin with a digit.
func WriteCSV(w io.Writer, cases iter.Seq2[Case, error]) (n int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return 0, fmt.Errorf("write event log: %w", err)
	}
	for c, err := range cases {
		if err != nil {
			return n, fmt.Errorf("write event log: %w", err)
		}
		events, err := c.checked()
		if err != nil {
			return n, err
		}
		for _, e := range events {
			row := []string{
				c.ID, e.Activity, e.time(), string(e.transition()), e.Instance, e.Resource, e.Role, e.Department, e.Item, e.Outcome,
				c.Project, c.District, c.Kind,
			}
			for i, cell := range row {
				row[i] = harmless(cell)
			}
			if err := out.Write(row); err != nil {
				return n, fmt.Errorf("write event log: %w", err)
			}
			n++
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return n, fmt.Errorf("write event log: %w", err)
	}
	return n, nil
}

// harmless keeps a spreadsheet from computing a cell, also one that has blanks before the sign, or its full-width form.
func harmless(cell string) string {
	if cell != "" && strings.ContainsAny(cell[:1], "\t\r\n") {
		return "'" + cell
	}
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(strings.TrimLeft(cell, "' \t\r\n\u00a0\u3000"), sign) {
			return "'" + cell
		}
	}
	return cell
}
