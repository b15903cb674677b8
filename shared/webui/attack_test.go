package webui

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	"lianban/shared/access"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// tainted is a table that, once it is told to, hands every text of people out as an
// attacker would have written it, whatever command or import it came in by: each text in
// Chinese of each record, also of kinds that nobody thought of here.
type tainted struct {
	store.Table
	with atomic.Pointer[string]
}

// Get implements store.Table.
func (t *tainted) Get(ctx context.Context, key store.Key) (store.Item, bool, error) {
	item, ok, err := t.Table.Get(ctx, key)
	return t.taint(item), ok, err
}

// Query implements store.Table.
func (t *tainted) Query(ctx context.Context, r store.Range) ([]store.Item, *store.Position, error) {
	items, next, err := t.Table.Query(ctx, r)
	for k := range items {
		items[k] = t.taint(items[k])
	}
	return items, next, err
}

func (t *tainted) taint(item store.Item) store.Item {
	with := t.with.Load()
	if with == nil || strings.HasPrefix(item.PK, "R#briefing#") { // whose versions say that they were tampered with
		return item
	}
	d := json.NewDecoder(bytes.NewReader(item.Body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return item
	}
	if text, err := json.Marshal(written(v, *with)); err == nil {
		item.Body = text
	}
	return item
}

func written(v any, with string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = written(inner, with)
		}
	case []any:
		for k, inner := range v {
			v[k] = written(inner, with)
		}
	case string:
		if strings.ContainsFunc(v, func(r rune) bool { return r >= '一' && r <= '龥' }) {
			return v + with
		}
	}
	return v
}

// script breaks out of text, of attributes in either quotes, of a script, a style, a
// comment and a title, wherever one of them lets it.
const script = `"'></title></style></script></textarea>--><script>evil()</script><img src=x onerror=evil()><b evil="` + "`" + ` onmouseover=evil() x="{{.}}${evil()}`

// look holds a page, as a browser reads it, to it that what an attacker wrote is text.
func look(t *testing.T, p *page) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode && strings.Contains(n.Data, "evil") {
			t.Errorf("%s: a comment holds %s", p.path, n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			link := slices.Contains([]string{"href", "src", "action", "formaction", "data", "srcset", "poster"}, a.Key)
			scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":")
			if link && slices.Contains([]string{"javascript", "data", "vbscript"}, scheme) || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Key, "evil") || a.Key == "src" && a.Val == "x" {
				t.Errorf("%s: <%s %s=%q>", p.path, n.Data, a.Key, a.Val)
			}
		}
		if inner := n.FirstChild; inner != nil && (n.Data == "script" || n.Data == "style") {
			t.Errorf("%s: a <%s> is written in the page: %s", p.path, n.Data, inner.Data)
		}
	}
}

// filled are the forms of a page with the text in all that can be typed, once for
// each button.
func (p *page) filled(text string) (forms []*form) {
	for _, e := range p.all("form") {
		if e.attr["method"] != "post" || strings.HasPrefix(e.attr["action"], "/sign-") {
			continue
		}
		values := url.Values{}
		e.walk(func(x *element) {
			name, value := x.attr["name"], x.attr["value"]
			switch {
			case name == "" || x.name == "button":
			case x.name == "textarea" || x.name == "input" && (x.attr["type"] == "" || x.attr["type"] == "text" || x.attr["type"] == "search"):
				values.Set(name, text)
			case x.name == "input" && (x.attr["type"] == "checkbox" || x.attr["type"] == "radio"):
				if !values.Has(name) {
					values.Set(name, value)
				}
			case x.name == "input":
				values.Set(name, value)
			case x.name == "select":
				for _, o := range x.all("option") {
					if o.attr["value"] != "" && !values.Has(name) {
						values.Set(name, o.attr["value"])
					}
				}
			}
		})
		for _, b := range e.all("button") {
			f := &form{page: p, action: e.attr["action"], values: maps.Clone(values)}
			if f.action == "" {
				f.action = p.path
			}
			if b.attr["name"] != "" {
				f.values.Set(b.attr["name"], b.attr["value"])
			}
			forms = append(forms, f)
		}
	}
	return forms
}

// ids are what differs between addresses of one kind of page.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+(-[0-9]+)*`)

// stroll is a crawl that looks at no more than a few pages of each kind.
func stroll(t *testing.T, b *browser, check func(*page)) {
	t.Helper()
	const most = 2
	kinds, seen, queue := map[string]int{}, map[string]bool{}, []string{"/"}
	for ; len(queue) > 0; queue = queue[1:] {
		path, _, _ := strings.Cut(queue[0], "#")
		kind := ids.ReplaceAllString(path, "0")
		if path == "" || seen[path] || kinds[kind] == most {
			continue
		}
		seen[path] = true
		kinds[kind]++
		p := b.get(path)
		if p.status != http.StatusOK {
			t.Errorf("%s answers %d: %s", path, p.status, p.excerpt())
			continue
		}
		p.who = b
		check(p)
		for _, a := range p.all("a") {
			if _, file := a.attr["download"]; !file && strings.HasPrefix(a.attr["href"], "/") && !strings.HasPrefix(a.attr["href"], "/api/") && !strings.Contains(a.attr["href"], "lang=") {
				queue = append(queue, a.attr["href"])
			}
		}
	}
}

func TestNoTextBecomesPartOfAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	sent, accepted := map[string]bool{}, 0
	for _, b := range w.everybody() { // what is typed into forms, with the answers to them
		var forms []*form
		stroll(t, b, func(p *page) { forms = append(forms, p.filled(script)...) })
		for _, f := range forms {
			key := strings.Join(slices.Sorted(maps.Keys(f.values)), " ") + f.values.Get("act")
			if sent[key] {
				continue
			}
			sent[key] = true
			p := f.send()
			if p.status >= http.StatusInternalServerError {
				t.Errorf("%s answers %d to %v", f.action, p.status, f.values)
			}
			if p.status == http.StatusOK {
				accepted++
			}
			look(t, p)
		}
	}
	w.table.with.Store(new(script)) // and whatever else a record may hold
	pages, shown := 0, 0
	for _, b := range w.everybody() {
		stroll(t, b, func(p *page) {
			pages++
			if strings.Contains(p.body, "evil") {
				shown++
			}
			look(t, p)
		})
	}
	if len(sent) < 40 || accepted < 10 || shown < 40 {
		t.Errorf("only %d kinds of forms were sent, %d taken, and %d pages show what was", len(sent), accepted, shown)
	}
	t.Logf("attacks: script in every field of %d kinds of forms and in every record on %d pages", len(sent), pages)
}

var update = flag.Bool("update", false, "write golden files anew")

// guards are the headers that say what a browser may do with an answer.
var guards = []string{"Cache-Control", "Content-Disposition", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options", "X-Robots-Tag"}

// TestSecurityHeadersOfPagesAreAsInTheGoldenFile walks through the pages; the file has
// each kind of content with the headers that answers of that kind bear.
func TestSecurityHeadersOfPagesAreAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.records(w.raise("青柯街箱涵占道", func(f *form) {
		f.set("item", "19", "17").set("party", "utilities_relocation/cc-utilities", "river_works/cc-water")
	}))
	seen := map[string]bool{}
	note := func(p *page) {
		kind, _, _ := strings.Cut(p.header.Get("Content-Type"), ";")
		if p.status >= 300 {
			kind += fmt.Sprint(" ", p.status)
		}
		var all strings.Builder
		for _, name := range guards {
			if value := p.header.Get(name); value != "" {
				value, _, _ = strings.Cut(value, "; filename") // which is the answer's own
				fmt.Fprintf(&all, "  %s: %s\n", name, value)
			}
		}
		seen[kind+"\n"+all.String()] = true
	}
	for _, b := range []*browser{w.secretary(), w.administrator("1"), w.as("cc-oversight-1", roster.Overseer, "cc-oversight")} {
		stroll(t, b, func(p *page) {
			note(p)
			for _, e := range append(p.all("link"), p.all("a[download]")...) {
				if strings.HasPrefix(e.attr["href"], "/") && !strings.HasPrefix(e.attr["href"], "/api/") {
					note(b.get(e.attr["href"]))
				}
			}
		})
		note(b.get("/nowhere"))
		note(b.post("/issues/new", nil))
	}
	note(w.stranger().get("/sign-in"))
	note(w.stranger().get("/status"))
	note(w.stranger().get("/ballot?link=x"))
	got := strings.Join(slices.Sorted(maps.Keys(seen)), "")
	const name = "testdata/headers.golden"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the code gives; if the change is meant, run the test with -update:\n%s", name, got)
	}
}

func TestASignInTakesThePlaceOfACookieThatWasPlanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	mine := w.secretary().cookies[access.SessionCookie] // the attacker's own, or one that is made up
	for _, planted := range []string{mine, "made-up"} {
		b.cookies[access.SessionCookie] = planted
		b.post("/sign-in", map[string][]string{"person": {"cc-bureau-1"}, "role": {"bureau"}, "unit": {"cc-bureau"}, "next": {"/"}}).wants(http.StatusOK, "金某甲")
		if b.cookies[access.SessionCookie] == planted {
			t.Error("the sign-in goes on under the cookie that was there")
		}
	}
	other := w.stranger()
	other.cookies[access.SessionCookie] = "made-up"
	other.get("/issues").wants(http.StatusOK, "演示人员") // the sign-in page
}
