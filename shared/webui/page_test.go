package webui

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lianban/shared/access"
)

// element is a parsed piece of a page: enough of HTML to ask for a selector.
type element struct {
	name     string
	attr     map[string]string
	children []*element
	parent   *element
	text     string // of a text node, which has no name
}

func parse(t testing.TB, html string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &element{name: "#root"}
	at := root
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatalf("page is not well formed: %v\n%s", err, html)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}, parent: at}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			at.children = append(at.children, e)
			at = e
		case xml.EndElement:
			if at.name != token.Name.Local {
				t.Fatalf("page closes <%s> inside <%s>", token.Name.Local, at.name)
			}
			at = at.parent
		case xml.CharData:
			at.children = append(at.children, &element{text: string(token), parent: at})
		}
	}
}

func (e *element) walk(f func(*element)) {
	f(e)
	for _, c := range e.children {
		c.walk(f)
	}
}

func (e *element) words() string { return strings.Join(strings.Fields(e.raw()), " ") }

func (e *element) raw() string {
	var b strings.Builder
	e.walk(func(e *element) { b.WriteString(e.text) })
	return b.String()
}

// fits takes one simple selector: tag, #id, .class and [attr=value] joined.
func (e *element) fits(selector string) bool {
	tag, rest := selector, ""
	if k := strings.IndexAny(selector, "#.["); k >= 0 {
		tag, rest = selector[:k], selector[k:]
	}
	if e.name == "" || tag != "" && tag != e.name {
		return false
	}
	for rest != "" {
		kind := rest[0]
		rest = rest[1:]
		end := strings.IndexAny(rest, "#.[")
		if kind == '[' {
			end = strings.IndexByte(rest, ']')
		}
		part := rest
		if end >= 0 {
			part = rest[:end]
			rest = strings.TrimPrefix(rest[end:], "]")
		} else {
			rest = ""
		}
		switch kind {
		case '#':
			if e.attr["id"] != part {
				return false
			}
		case '.':
			if !slices.Contains(strings.Fields(e.attr["class"]), part) {
				return false
			}
		case '[':
			name, value, given := strings.Cut(part, "=")
			got, ok := e.attr[name]
			if !ok || given && got != value {
				return false
			}
		}
	}
	return true
}

// all returns what fits the selector; parts after spaces are descendants.
func (e *element) all(selector string) []*element {
	found := []*element{e}
	for _, part := range strings.Fields(selector) {
		var next []*element
		for _, f := range found {
			for _, c := range f.children {
				c.walk(func(x *element) {
					if x.fits(part) && !slices.Contains(next, x) {
						next = append(next, x)
					}
				})
			}
		}
		found = next
	}
	return found
}

// page is an answer, parsed.
type page struct {
	*element
	t      testing.TB
	status int
	header http.Header
	body   string
	path   string
	who    *browser
}

func (p *page) one(selector string) *element {
	p.t.Helper()
	found := p.all(selector)
	if len(found) != 1 {
		p.t.Fatalf("%s has %d of %q, want one\n%s", p.path, len(found), selector, p.excerpt())
	}
	return found[0]
}

func (p *page) wants(status int, texts ...string) *page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s answers %d, want %d\n%s", p.path, p.status, status, p.excerpt())
	}
	words := p.words()
	for _, text := range texts {
		if !strings.Contains(words, text) {
			p.t.Errorf("%s does not say %q\n%s", p.path, text, p.excerpt())
		}
	}
	return p
}

func (p *page) lacks(texts ...string) *page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.words(), text) {
			p.t.Errorf("%s says %q", p.path, text)
		}
	}
	return p
}

// excerpt is the page's main part, short enough for a test's output.
func (p *page) excerpt() string {
	text := p.body
	if main := p.all("main"); len(main) == 1 {
		text = main[0].words()
	}
	return clip(text, 600)
}

// form is a form as a browser would send it.
type form struct {
	page   *page
	action string
	values url.Values
}

// form finds the one form that holds what the selector names and takes its
// values as they stand.
func (p *page) form(selector string) *form {
	p.t.Helper()
	p.one(selector)
	return p.formAt(selector, 0)
}

// formAt is form where several fit the selector, in the order of the page.
func (p *page) formAt(selector string, k int) *form {
	p.t.Helper()
	e := p.all(selector)[k]
	button := e
	for e != nil && e.name != "form" {
		e = e.parent
	}
	if e == nil {
		p.t.Fatalf("%q stands in no form", selector)
	}
	f := &form{page: p, action: e.attr["action"], values: url.Values{}}
	if f.action == "" {
		f.action = p.path
	}
	e.walk(func(x *element) {
		name, value := x.attr["name"], x.attr["value"]
		_, checked := x.attr["checked"]
		switch {
		case name == "":
		case x.name == "input" && (x.attr["type"] == "checkbox" || x.attr["type"] == "radio"):
			if checked {
				f.values.Add(name, value)
			}
		case x.name == "input":
			f.values.Add(name, value)
		case x.name == "textarea":
			f.values.Add(name, strings.TrimPrefix(x.raw(), "\n")) // which a browser leaves out
		case x.name == "select":
			for _, o := range x.all("option") {
				if _, on := o.attr["selected"]; on {
					f.values.Set(name, o.attr["value"])
				}
			}
		}
	})
	if button.name == "button" && button.attr["name"] != "" {
		f.values.Set(button.attr["name"], button.attr["value"])
	}
	return f
}

func (f *form) set(name string, values ...string) *form {
	f.values[name] = values
	return f
}

func (f *form) send() *page {
	f.page.t.Helper()
	return f.page.who.post(f.action, f.values)
}

// browser keeps cookies and follows redirects, as one person's would.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookies map[string]string
}

func (b *browser) do(method, path string, form url.Values, header http.Header) *page {
	b.t.Helper()
	if method == http.MethodPost && !form.Has(boundField) {
		form = maps.Clone(form)
		if form == nil {
			form = url.Values{}
		}
		form.Set(boundField, b.token())
	}
	for range 5 {
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		for name, values := range header {
			r.Header[name] = values
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge < 0 {
				delete(b.cookies, c.Name)
			} else {
				b.cookies[c.Name] = c.Value
			}
		}
		if w.Code == http.StatusSeeOther {
			method, path, form = http.MethodGet, w.Header().Get("Location"), nil
			path, _, _ = strings.Cut(path, "#")
			continue
		}
		p := &page{t: b.t, status: w.Code, header: w.Header(), body: w.Body.String(), path: path, who: b}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			p.element = parse(b.t, p.body)
		}
		return p
	}
	b.t.Fatalf("%s is sent on without end", path)
	return nil
}

// token is what the forms of this browser's session carry.
func (b *browser) token() string {
	s := &server{Config: Config{Key: formKey}}
	for _, name := range []string{access.SessionCookie, s.visitCookie()} {
		if value := b.cookies[name]; value != "" {
			return s.token(name + "=" + value)
		}
	}
	b.cookies[s.visitCookie()] = "visit"
	return s.token(s.visitCookie() + "=visit")
}

func (b *browser) get(path string) *page {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, form url.Values) *page {
	b.t.Helper()
	return b.do(http.MethodPost, path, form, nil)
}
