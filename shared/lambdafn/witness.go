package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
)

// Notes keeps what a witness saw where nobody can change it, by days.
type Notes interface {
	// Note keeps a text under a name, which is the same when it is noted once more.
	Note(ctx context.Context, day, name string, text []byte) error
	// Noted hands over every text of a day.
	Noted(ctx context.Context, day string, each func(text []byte) error) error
}

// Day asks a witness to check what was seen on a day, as "2026-03-09" in UTC; empty: the day
// before this one.
type Day struct {
	Day string `json:"day"`
}

// Attested is what a witness answers of a day.
type Attested struct {
	Day    string        `json:"day"`
	Events int           `json:"events"` // seen on it
	Trails int           `json:"trails"` // of which they are, each checked whole
	Faults []audit.Fault `json:"faults"`
}

// Witness (见证) notes the hash of every event as the table's stream tells of it, and of any
// that is changed or removed; and, asked for a day, checks every trail that had an event on it
// against what was noted. A day on which a trail departs from it is an error, for the alarm.
func Witness(notes Notes, chains audit.Reader, now func() time.Time) lambda.Handler {
	return witness{notes, chains, now}
}

type witness struct {
	notes  Notes
	chains audit.Reader
	now    func() time.Time
}

// Invoke implements lambda.Handler.
func (w witness) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if len(batch.Records) > 0 {
		return nil, w.note(ctx, batch.Records)
	}
	var day Day
	if err := json.Unmarshal(payload, &day); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	out, err := w.attest(ctx, day.Day)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(out)
	if err == nil && len(out.Faults) > 0 {
		err = fmt.Errorf("%d trails are not what was seen on %s; the log names them", len(out.Faults), out.Day)
	}
	return text, err
}

// happened is what a stream's words mean for an event of a trail.
var happened = map[string]string{
	string(events.DynamoDBOperationTypeInsert): "",
	string(events.DynamoDBOperationTypeModify): audit.Changed,
	string(events.DynamoDBOperationTypeRemove): audit.Removed,
}

// note writes what a batch tells into one text, whose name and day follow from the batch: a
// batch that is handed over again is noted again and is the same.
func (w witness) note(ctx context.Context, records []events.DynamoDBEventRecord) error {
	var seen []audit.Seen
	for k := range records {
		change := &records[k].Change
		item := dynamo.Image(func(name string) string {
			for _, from := range []map[string]events.DynamoDBAttributeValue{change.NewImage, change.Keys} {
				if v, ok := from[name]; ok && v.DataType() == events.DataTypeString {
					return v.String()
				}
			}
			return ""
		})
		subject, seq, ok := store.EventOf(item.Key)
		what, known := happened[records[k].EventName]
		if !ok || !known {
			continue
		}
		s := audit.Seen{Subject: subject, Event: seq, What: what}
		if what != audit.Removed {
			var e approval.Event
			if err := json.Unmarshal(item.Body, &e); err != nil {
				return fmt.Errorf("event %d of %s cannot be read: %w", seq, subject, err)
			}
			s.Hash = e.Hash
		}
		if what != "" {
			slog.WarnContext(ctx, "an event of an audit trail was changed or removed", "subject", subject, "event", seq, "what", what)
		}
		seen = append(seen, s)
	}
	if len(seen) == 0 {
		return nil
	}
	var text bytes.Buffer
	if err := audit.WriteSeen(&text, seen); err != nil {
		return err
	}
	first, last := &records[0].Change, &records[len(records)-1].Change
	day := first.ApproximateCreationDateTime.UTC().Format(time.DateOnly)
	return w.notes.Note(ctx, day, first.SequenceNumber+"-"+last.SequenceNumber, text.Bytes())
}

func (w witness) attest(ctx context.Context, day string) (out Attested, err error) {
	if day == "" {
		day = w.now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return out, fmt.Errorf(`day %q is none; give one like "2026-03-09"`, day)
	}
	out = Attested{Day: day, Faults: []audit.Fault{}}
	seen := map[string][]audit.Seen{}
	err = w.notes.Noted(ctx, day, func(text []byte) error {
		list, err := audit.ReadSeen(text)
		for _, s := range list {
			seen[s.Subject] = append(seen[s.Subject], s)
			out.Events++
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read what was seen on %s: %w", day, err)
	}
	for subject, of := range seen {
		trail, err := w.chains.Chain(ctx, subject)
		if err != nil {
			return out, fmt.Errorf("read the trail of %s: %w", subject, err)
		}
		out.Trails++
		fault, wrong := trail.Against(of)
		if !wrong {
			fault, wrong = trail.Check()
		}
		if wrong {
			slog.ErrorContext(ctx, "an audit trail is not what was seen", "subject", subject, "event", fault.Event, "fault", fault.Text.EN)
			out.Faults = append(out.Faults, fault)
		}
	}
	slog.InfoContext(ctx, "audit trails attested", "day", day, "events", out.Events, "trails", out.Trails, "faults", len(out.Faults))
	return out, nil
}
