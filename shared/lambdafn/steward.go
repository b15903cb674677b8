package lambdafn

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/approval"
	"lianban/shared/personal"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// Whole is a table that can be read from end to end.
type Whole interface {
	store.Table
	Items(ctx context.Context) iter.Seq2[store.Item, error]
}

// Errand is what a steward of personal data (个人信息) is asked, in a call that only the
// account's own people may make: to list what is kept of somebody, to hand out a copy of it,
// or to have it pseudonymised.
type Errand struct {
	Person roster.PersonID `json:"person"`
	Words  []string        `json:"words"`
	Copy   bool            `json:"copy"`
	After  int             `json:"after"` // how many places were handed out before
	Away   *personal.Away  `json:"pseudonymise"`
}

// Kept is what a steward answers.
type Kept struct {
	Person *roster.Person `json:"person,omitempty"`
	Shared []string       `json:"shared,omitempty"` // names that others bear too
	personal.Summary
	Copy []personal.Found `json:"copy,omitempty"`
	Next int              `json:"next,omitempty"` // what After has to be for the rest of the copy
	Done *personal.Done   `json:"done,omitempty"`
}

// copyBytes is how much of a copy goes into one answer; Lambda takes six megabytes.
const copyBytes = 4 << 20

// Steward looks after personal data on the table.
func Steward(table Whole, rules func() approval.Rules, now func() time.Time) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context, e Errand) (out Kept, err error) {
		r := rules()
		subject, shared, err := personal.Ask(r.Roster, e.Person, e.Words)
		if err != nil {
			return out, err
		}
		out.Shared = shared
		if p, ok := r.Roster.Person(e.Person); ok {
			out.Person = &p
		}
		if e.Away != nil {
			done, err := away(ctx, table, r, &subject, e, now())
			if err != nil {
				return out, err
			}
			out.Done = &done
		}
		seen, size := 0, 0
		out.Summary, err = subject.Summarise(table.Items(ctx), func(f personal.Found) {
			if seen++; !e.Copy || seen <= e.After || out.Next > 0 {
				return
			}
			if size += len(f.Stored) + 200; size > copyBytes && len(out.Copy) > 0 {
				out.Next = seen - 1
				return
			}
			out.Copy = append(out.Copy, f)
		})
		return out, err
	})
}

func away(ctx context.Context, table Whole, r approval.Rules, s *personal.Subject, e Errand, at time.Time) (done personal.Done, err error) {
	by, err := e.Away.Permit(r.Roster, e.Person)
	if err != nil {
		return done, err
	}
	done, err = s.Replace(ctx, table, table.Items(ctx), personal.Act{By: by, At: at.UTC().Truncate(time.Millisecond), Reason: e.Away.Reason, Digest: r.Digest})
	if err != nil {
		return done, fmt.Errorf("replace: %w", err)
	}
	text, err := json.Marshal(done)
	slog.InfoContext(ctx, "personal data was replaced", "by", by.Person, "done", string(text))
	return done, err
}
