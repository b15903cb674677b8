package eventlog

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
)

// The head of a log: version and elements as IEEE 1849-2016 (XES) has them. What every trace and event has is declared global;
// the lifecycle model is the standard one. Own keys have no prefix, since they belong to no extension.
const xesHead = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace">
<string key="concept:name" value=""/>
</global>
<global scope="event">
<string key="concept:name" value=""/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
<string key="lifecycle:transition" value="complete"/>
</global>
<classifier name="Activity" scope="event" keys="concept:name"/>
<classifier name="Activity and transition" scope="event" keys="concept:name lifecycle:transition"/>
`

// WriteXES writes the cases as a log of the given name, and returns how many cases it wrote. It stops at the first error, which
// is one of the cases' or of w, or says what is wrong with a case.
func WriteXES(w io.Writer, name string, cases iter.Seq2[Case, error]) (n int, err error) {
	x := xes{w: bufio.NewWriter(w)}
	x.raw(xesHead)
	x.text("concept:name", name)
	x.text("lifecycle:model", "standard")
	for c, err := range cases {
		if err != nil {
			return n, fmt.Errorf("write event log: %w", err)
		}
		events, err := c.checked()
		if err != nil {
			return n, err
		}
		x.raw("<trace>\n")
		x.text("concept:name", c.ID)
		x.text("project", c.Project)
		x.text("district", c.District)
		x.text("kind", c.Kind)
		for _, e := range events {
			x.raw("<event>\n")
			x.text("concept:name", e.Activity)
			x.text("concept:instance", e.Instance)
			x.raw(`<date key="time:timestamp" value="` + e.time() + "\"/>\n")
			x.text("lifecycle:transition", string(e.transition()))
			x.text("org:resource", e.Resource)
			x.text("org:role", e.Role)
			x.text("org:group", e.Department)
			x.text("item", e.Item)
			x.text("outcome", e.Outcome)
			x.raw("</event>\n")
		}
		x.raw("</trace>\n")
		if x.err != nil {
			return n, fmt.Errorf("write event log: %w", x.err)
		}
		n++
	}
	x.raw("</log>\n")
	if x.err == nil {
		x.err = x.w.Flush()
	}
	if x.err != nil {
		return n, fmt.Errorf("write event log: %w", x.err)
	}
	return n, nil
}

// xes writes until the first error and keeps it.
type xes struct {
	w   *bufio.Writer
	err error
}

func (x *xes) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

func (x *xes) text(key, value string) {
	if value == "" {
		return
	}
	x.raw(`<string key="` + key + `" value="`)
	if x.err == nil {
		x.err = xml.EscapeText(x.w, []byte(value))
	}
	x.raw("\"/>\n")
}
