package webui

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// FuzzNoFormFailsInside sends any form to any address, as any of several people.
func FuzzNoFormFailsInside(f *testing.F) {
	w := newWorld(f)
	ids := w.busy()
	open := string(ids["open"])
	people := []*browser{w.secretary(), w.officer("cc-water"), w.general(), w.administrator("1"), w.as("cc-bureau-1", roster.Bureau, "cc-bureau")}
	for k, path := range []string{"/issues/new", "/issues/" + open, "/issues/" + open + "/signoffs/4", "/inbox/bulk", "/register/new?kind=holidays", "/investment/2026/import", "/requests/new", "/pool/new", "/warnings?district=440604", "/inbox/filters", "/substitutes", "/archives", "/mentions", "/status", "/ballot", "/sign-in", "/briefings"} {
		f.Add(uint8(k), true, path, "act=raise&title=x&item=9999999999999999999&by=2026-02-30&version=-1&k=1e9")
		f.Add(uint8(k), false, path, "")
	}
	f.Add(uint8(0), false, "/issues?project=%00&cursor=%ff&district=x", "")
	f.Add(uint8(1), false, "/static/..%2f..%2fgo.mod", "")
	f.Add(uint8(2), true, "/issues/"+open+"/signoffs/99999999999999999999", "act=approve&reason=%ff%fe&party=/&task=/")
	f.Fuzz(func(t *testing.T, who uint8, post bool, path, form string) {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/sign-out") {
			return
		}
		method, body := http.MethodGet, ""
		b := people[int(who)%len(people)]
		if post {
			method, body = http.MethodPost, boundField+"="+b.token()+"&"+form
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://h"+path, strings.NewReader(body))
		if err != nil {
			return // no client can send that
		}
		r.RequestURI = r.URL.RequestURI()
		if post {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if answer.Code >= 500 {
			t.Errorf("%s %s with %q answers %d", method, path, form, answer.Code)
		}
		if to := answer.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\")) {
			t.Errorf("%s %s leads out of the house: %q", method, path, to)
		}
	})
}

// FuzzEveryEventIsASentence tells whatever may lie in a trail.
func FuzzEveryEventIsASentence(f *testing.F) {
	w := newWorld(f)
	id := w.raise("箱涵占道", road)
	issue, err := w.service.Store().Issue(f.Context(), id)
	if err != nil {
		f.Fatal(err)
	}
	for _, kind := range eventKinds(f) {
		f.Add(kind, 1, "general_branch", "headquarters", []byte(`{"outcome":"upheld","tier":"general_branch","void":[1,99],"opened":[0,-1],"stars":9,"days":-3}`))
	}
	f.Add("nothing known", -1, "", "\x00", []byte(`[`))
	f.Fuzz(func(t *testing.T, kind string, n int, before, after string, detail []byte) {
		if len(detail) > 0 && !json.Valid(detail) {
			detail = nil // which no record holds
		}
		e := approval.Event{Issue: id, Kind: kind, SignOff: n, Before: before, After: after, At: monday, Detail: detail}
		for _, lang := range languages {
			s := w.handler.(*server)
			v := &visit{server: s, speaker: s.speakers[lang], r: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)}
			if got := v.event(&issue, &e); utf8.ValidString(kind) && utf8.ValidString(before) && utf8.ValidString(after) && !utf8.ValidString(got.Text) {
				t.Errorf("%q says %q", kind, got.Text)
			}
		}
	})
}

func FuzzSeekingIsQuickAndFindsWholeNames(f *testing.F) {
	for _, typed := range []string{"施工许可", "sgxk", "SHIGXK", "shshshshsh", strings.Repeat("s", 300), "\xff", " "} {
		f.Add(typed, "建筑工程施工许可证")
	}
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaa!", strings.Repeat("安", 60))
	f.Fuzz(func(t *testing.T, typed, name string) {
		reading := syllables(name)
		_ = sought(typed, name, reading)
		if !sought(name, name, reading) || !sought(squeezed(reading), name, reading) {
			t.Errorf("%q is not found by itself or by %q", name, reading)
		}
	})
}
