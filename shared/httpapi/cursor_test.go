package httpapi_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
)

func TestRefusesCursorsThatWereNotGiven(t *testing.T) {
	t.Parallel()
	w := open(t)
	for range 3 {
		w.raised(diversion)
	}
	list := "/issues?project=fenjiang-west-bank&limit=1"
	next := w.get(fenjiang, list).is(200).text("next")
	w.get(uValley, list+"&cursor="+next).is(200)
	flipped := []byte(next)
	flipped[len(flipped)/2] ^= 1
	for name, path := range map[string]string{
		"forged":            list + "&cursor=" + string(flipped),
		"nonsense":          list + "&cursor=" + url.QueryEscape("x y%"),
		"short":             list + "&cursor=AAAA",
		"of another list":   "/issues?district=440604&cursor=" + next,
		"of another kind":   "/claimed?cursor=" + next,
		"of other drafts":   "/issues?project=fenjiang-west-bank&drafts=true&cursor=" + next,
		"of a list at hand": "/projects?cursor=" + next,
		"of another key":    list + "&cursor=" + httpapi.Seal([]byte("another key of the house"), `issues?project="fenjiang-west-bank"&drafts=false&district=""`, "x"),
	} {
		a := w.get(fenjiang, path)
		if a.status != http.StatusUnprocessableEntity || a.text("field") != "cursor" || !strings.Contains(a.text("detail"), "start again") {
			t.Errorf("a cursor %s answers %d %s", name, a.status, a.body)
		}
	}
}

func FuzzOpenCursor(f *testing.F) {
	key := []byte("0123456789abcdef")
	f.Add("inbox", "")
	f.Add("inbox", "AAAA")
	f.Add("inbox", httpapi.Seal(key, "inbox", "there"))
	f.Add("other", httpapi.Seal(key, "inbox", "there"))
	f.Fuzz(func(t *testing.T, query, sealed string) {
		cursor, err := httpapi.Open(key, query, sealed)
		if err != nil {
			if _, ok := errors.AsType[*approval.Error](err); ok || cursor != "" {
				t.Errorf("refused with %v, cursor %q", err, cursor)
			}
			return
		}
		if httpapi.Seal(key, query, cursor) != sealed {
			t.Errorf("%q opens as %q, which is sealed otherwise", sealed, cursor)
		}
	})
}
