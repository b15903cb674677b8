package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lianban/shared/httpapi"
)

// FuzzNoRequestFailsInside sends any body, query and headers to any route, as somebody who
// has nothing to do with what is there.
func FuzzNoRequestFailsInside(f *testing.F) {
	h := furnished(f)
	h.t = f
	for k, r := range h.routes {
		f.Add(uint16(k), "", h.sample(r), "")
	}
	f.Add(uint16(3), "limit=-1&cursor=AAAA", `{"title":1e400}`, `W/"1"`)
	f.Add(uint16(40), "at=%00&month=2026-13", `{"a":{"a":[[]]}}`, `"9223372036854775808"`)
	f.Add(uint16(77), "../x", "\xff", "*")
	tokens := []string{h.token(uValley), h.token(overseer), h.token(admin), h.token(resources)}
	f.Fuzz(func(t *testing.T, n uint16, query, body, match string) {
		r := h.routes[int(n)%len(h.routes)]
		q, err := http.NewRequestWithContext(t.Context(), r.method, "http://h"+h.fill(r, nil), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.URL.RawQuery = query
		q.RequestURI = q.URL.RequestURI()
		q.Header.Set("Authorization", "Bearer "+tokens[int(n/uint16(len(h.routes)))%len(tokens)])
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Idempotency-Key", fmt.Sprint(n))
		q.Header.Set("If-Match", match)
		q.Header.Set("Accept-Language", match)
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, q)
		if w.Code >= 500 {
			t.Errorf("%s?%s with %q answers %d: %s", r, query, body, w.Code, w.Body)
		}
	})
}

// FuzzBodiesAreReadAsOthersReadThem compares with the standard library, which takes more.
func FuzzBodiesAreReadAsOthersReadThem(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1,"a":2}`, `{"a":[{"b":null},1e400,-0]}`, `[[[[`, `"\ud800"`, `{"\u0061":1,"a":2}`, `1 2`, "\ufeff{}", `{"a":{},"a":[]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := httpapi.Decode(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is taken and is no JSON", text)
		}
		canonical, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := httpapi.Decode(canonical)
		if err != nil {
			t.Fatalf("%q is taken, and %q, which is the same, is not: %v", text, canonical, err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(canonical, twice) {
			t.Errorf("%q is %q and then %q", text, canonical, twice)
		}
	})
}

func FuzzIfMatchNamesOneVersionOrNone(f *testing.F) {
	for _, header := range []string{"", "*", `"5"`, `W/"5"`, `"05"`, `"-1"`, `"9223372036854775808"`, `"5","6"`, `"`, "5"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		version, err := httpapi.Expected(header)
		trimmed := strings.TrimSpace(header)
		if err == nil && version > 0 && trimmed != fmt.Sprintf("%q", fmt.Sprint(version)) {
			t.Errorf("%q names version %d", header, version)
		}
		if err == nil && version == 0 && trimmed != "" && trimmed != "*" {
			t.Errorf("%q lets every version pass", header)
		}
	})
}

// FuzzTablesOfIssuesAreReadOrRefused tries tables without entering anything.
func FuzzTablesOfIssuesAreReadOrRefused(f *testing.F) {
	h := furnished(f)
	for _, table := range []string{"项目,标题\nfenjiang-west-bank,规划许可\n", "标题,项目,事项编号\n\"=1+1\",x,25;26\n", "\ufeff项目,项目\n", "\"", "项目,标题,协调事项,参与部门\n,,,\n"} {
		f.Add(table)
	}
	token := h.token(fenjiang)
	f.Fuzz(func(t *testing.T, table string) {
		body, err := json.Marshal(map[string]string{"table": table})
		if err != nil {
			t.Fatal(err)
		}
		before := h.table.writes()
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, httpapi.Base+"/imports/issues?"+url.Values{"dry": {"true"}}.Encode(), bytes.NewReader(body))
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Idempotency-Key", "table")
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, q)
		if w.Code >= 500 || h.table.writes() != before {
			t.Errorf("%q answers %d and wrote: %v", table, w.Code, h.table.writes() != before)
		}
	})
}
