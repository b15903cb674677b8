package oversight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/docket"
)

// Readings keeps who was handed which sensitive attachment: one record an issue, whose chained
// trail holds them all. It is approval's Readings.
type Readings struct {
	store docket.Store
	desk  docket.Desk[readings]
}

// readings is what the record itself holds; the rest is its trail.
type readings struct {
	N int64 `json:"n"` // how many there are
}

const readingKind docket.Kind = "reading"

// NewReadings keeps them in a docket.
func NewReadings(store docket.Store, now func() time.Time) *Readings {
	return &Readings{store, docket.Desk[readings]{Kind: readingKind, Store: store, Now: now}}
}

// Note implements approval.Readings.
func (r *Readings) Note(ctx context.Context, id approval.IssueID, a approval.Attachment, actor approval.Actor) error {
	said, err := json.Marshal(struct {
		Hash string `json:"hash"`
		Name string `json:"name"`
	}{a.ID, a.Name})
	if err != nil {
		return fmt.Errorf("encode a reading: %w", err)
	}
	_, err = r.desk.Put(ctx, string(id), approval.Call{Actor: actor}, func(state readings, act *docket.Act) (readings, error) {
		act.Event(approval.EvRead, func(e *approval.Event) { e.SignOff, e.Detail = a.SignOff, said })
		state.N++
		return state, nil
	})
	return err
}

// Of implements approval.Readings.
func (r *Readings) Of(ctx context.Context, id approval.IssueID, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	events, next, err := r.store.Trail(ctx, readingKind, string(id), after, page)
	return slices.DeleteFunc(events, func(e approval.Event) bool { return e.Kind != approval.EvRead }), next, err
}
