package catalog

import "lianban/shared/roster"

// Edge says that an item requires another to be granted first (前置).
type Edge struct {
	Item     ItemNo `json:"item"`
	Requires ItemNo `json:"requires"`
	// Waivable: a commitment for Item, or its acceptance with gaps, removes the
	// edge. That it does is assumed unless the note says otherwise.
	Waivable bool   `json:"waivable,omitempty"`
	NoteZH   string `json:"noteZH"`
	NoteEN   string `json:"noteEN"`
	// Via are the items, not asked for, through which a derived requirement runs;
	// the catalogue's own edges have none.
	Via []ItemNo `json:"via,omitempty"`
	roster.Origin
}

// Need is what an item waits for among the items asked for.
type Need struct {
	Item     ItemNo
	Requires []ItemNo // ascending
}
