package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"lianban/shared/approval"
)

// Noted is how far a trail had come.
type Noted struct {
	Subject string `json:"subject"`
	Events  int64  `json:"events"`
	Hash    string `json:"hash"` // of the last of them
	at      string
}

// Line is one day's heads (日链首): the trails that had moved on since the line before.
type Line struct {
	At       time.Time `json:"at"`
	Trails   []Noted   `json:"trails"`
	Previous string    `json:"previous"` // hash of the line before
	Hash     string    `json:"hash"`
}

// seal computes the line's hash.
func (l *Line) seal(by approval.Digest) error {
	l.Hash = ""
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode heads: %w", err)
	}
	l.Hash, err = by.Sum(text)
	return err
}

// Heads are the lines noted so far.
type Heads struct {
	known map[string]Noted
	last  string    // hash of the last line
	At    time.Time // of the last line; zero: there is none
	Lines int
	// Whole is how many bytes the whole lines take. What comes after them was cut off while
	// it was written, and is no line.
	Whole int64
}

// ReadHeads reads the lines of a file, or says which line is not what was written.
func ReadHeads(r io.Reader) (*Heads, error) {
	h := &Heads{known: map[string]Noted{}}
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read heads: %w", err)
		}
		var l Line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("line %d of the heads cannot be read: %w", h.Lines+1, err)
		}
		want := l.Hash
		if err := l.seal(approval.DigestOf(want)); err != nil {
			return nil, err
		}
		if l.Hash != want || l.Previous != h.last {
			return nil, fmt.Errorf("line %d of the heads is not what was written, or a line before it is missing", h.Lines+1)
		}
		h.take(&l, int64(len(text)))
	}
}

func (h *Heads) take(l *Line, size int64) {
	for _, n := range l.Trails {
		n.at = l.At.Format(time.RFC3339)
		h.known[n.Subject] = n
	}
	h.last, h.At, h.Lines, h.Whole = l.Hash, l.At, h.Lines+1, h.Whole+size
}

// Next is the line that notes how far the trails have come by now, as it is to be appended; nil
// when none has moved on. It takes what records say of themselves and checks nothing.
func (h *Heads) Next(trails iter.Seq2[Trail, error], now time.Time, by approval.Digest) ([]byte, error) {
	l := Line{At: now.UTC().Truncate(time.Millisecond), Previous: h.last}
	for t, err := range trails {
		if err != nil {
			return nil, err
		}
		if n := h.known[t.Subject]; t.Record && t.Events > n.Events {
			l.Trails = append(l.Trails, Noted{Subject: t.Subject, Events: t.Events, Hash: t.Head})
		}
	}
	if len(l.Trails) == 0 {
		return nil, nil
	}
	if err := l.seal(by); err != nil {
		return nil, err
	}
	text, err := json.Marshal(&l)
	if err != nil {
		return nil, fmt.Errorf("encode heads: %w", err)
	}
	text = append(text, '\n')
	h.take(&l, int64(len(text)))
	return text, nil
}
