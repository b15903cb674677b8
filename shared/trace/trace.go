// Package trace carries the id by which one request is found again: in the log, in the answer
// to whoever made it, and in the systems that it came through. The id comes in by W3C Trace
// Context's header traceparent, or is made where there is none.
//
// It must not know what is asked for, and nothing may be decided by an id: whoever calls
// chooses it. It imports the standard library only.
package trace

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Header is where an id comes in (https://www.w3.org/TR/trace-context/).
const Header = "Traceparent"

type key struct{}

// With puts an id into a context.
func With(ctx context.Context, id string) context.Context { return context.WithValue(ctx, key{}, id) }

// ID is a context's, or "".
func ID(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

// Parse is the trace id of a header, 32 hexadecimal digits, and whether the header is one:
// as the recommendation says, what is none is left aside, and of a version to come what this
// one knows is read.
func Parse(header string) (id string, ok bool) {
	part := strings.Split(header, "-")
	if len(part) < 4 || part[0] == "ff" || part[0] == "00" && len(part) != 4 {
		return "", false
	}
	for k, size := range []int{2, 32, 16, 2} {
		if len(part[k]) != size || strings.Trim(part[k], "0123456789abcdef") != "" {
			return "", false
		}
	}
	if strings.Trim(part[1], "0") == "" || strings.Trim(part[2], "0") == "" {
		return "", false
	}
	return part[1], true
}

// New makes an id.
func New(random io.Reader) (string, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(random, id); err != nil {
		return "", fmt.Errorf("make a trace id: %w", err)
	}
	return hex.EncodeToString(id), nil
}

// Logged has every record that is made within a request say its id.
func Logged(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := ID(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("trace", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
