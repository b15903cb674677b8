package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"lianban/shared/approval"
)

// cursors signs where a list goes on: base64url(mac || cursor), with the mac over
// the list's query too, so that a cursor is good for no other list and cannot be
// made up.
type cursors struct{ key []byte }

// macSize is how much of the mac is kept: 128 bits.
const macSize = 16

func (c cursors) mac(query, cursor string) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(query))
	h.Write([]byte{0})
	h.Write([]byte(cursor))
	return h.Sum(nil)[:macSize]
}

// seal makes the caller's cursor; the end of a list has none.
func (c cursors) seal(query string, cursor approval.Cursor) string {
	if cursor == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(c.mac(query, string(cursor)), cursor...))
}

// open reads what seal made for the same query.
func (c cursors) open(query, sealed string) (approval.Cursor, error) {
	if sealed == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) <= macSize || !hmac.Equal(raw[:macSize], c.mac(query, string(raw[macSize:]))) {
		return "", &fault{kind: kindInvalid, field: "cursor", text: text("翻页标记无效或不属于此列表，请从第一页重新查询。", "This cursor is not valid, or belongs to another list; start again at the first page.")}
	}
	return approval.Cursor(raw[macSize:]), nil
}

// PageIn asks for one page of a list.
type PageIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many entries at most."`
	Cursor string `query:"cursor" doc:"Where to go on: next of the page before. Empty for the first page."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Send it as cursor for the next page; absent at the end."`
}

// PageOut carries a page.
type PageOut[T any] struct {
	Link string `header:"Link" doc:"The next page (rel=next), when there is one."`
	Body Page[T]
}

// page completes a list's answer.
func page[T any](c *call, items []T, next string) *PageOut[T] {
	if items == nil {
		items = []T{}
	}
	out := &PageOut[T]{Body: Page[T]{Items: items, Next: next}}
	if next != "" {
		q := c.url.Query()
		q.Set("cursor", next)
		link := url.URL{Path: c.url.Path, RawQuery: q.Encode()}
		out.Link = "<" + link.String() + `>; rel="next"`
	}
	return out
}

// stored is a page of a stored list, which read reads and show shows entry by entry.
// The query names the list, so that a cursor of another one is refused.
func stored[D, V any](s *server, c *call, query string, in PageIn, read func(approval.Page) ([]D, approval.Cursor, error), show func(D) V) (*PageOut[V], error) {
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	all, next, err := read(approval.Page{Limit: in.Limit, Cursor: cursor})
	if err != nil {
		what, _, _ := strings.Cut(query, "?")
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return page(c, list(all, show), s.cursors.seal(query, next)), nil
}

// slice pages through a list that is in memory.
func slice[D, V any](s *server, c *call, query string, in PageIn, all []D, view func(D) V) (*PageOut[V], error) {
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	from := 0
	if cursor != "" {
		// Only this function seals cursors for this query, so that it is a number.
		from, _ = strconv.Atoi(string(cursor))
	}
	from = min(max(from, 0), len(all))
	to := min(from+in.Limit, len(all))
	views := make([]V, 0, to-from)
	for _, d := range all[from:to] {
		views = append(views, view(d))
	}
	next := ""
	if to < len(all) {
		next = s.cursors.seal(query, approval.Cursor(strconv.Itoa(to)))
	}
	return page(c, views, next), nil
}
