package webui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// deed is an act that a page offers by a form of its fields. Its texts are under
// deed.<act>: the title, .do on the button, .next for what will happen, and .<field>
// for a field's label, with .hint where it has one; done.<act> says that it is done.
type deed struct {
	act   string
	group string // in which it stands folded; "": in the open, because somebody waits for it
	grave bool
	// sure: the command that an empty form would send must pass; entries say with
	// what in them.
	sure bool
	// each names the numbers within the subject for which there is a form; nil: one.
	each    func(o subject) []int
	title   func(v *visit, o subject, k int) string
	about   func(v *visit, o subject, k int) []string // what has to be known beforehand
	fields  func(v *visit, o subject, k int) []entry
	command func(f filing) approval.Command
	// at names the entry at which a refusal's field stands; nil: the one of its name.
	at   func(f filing, field string) string
	next func(v *visit, o subject, after *approval.Issue) string
}

// subject is what a deed is about: a sign-off of an issue, or (nil) the whole.
type subject struct {
	issue *approval.Issue
	s     *approval.SignOff
}

func (o subject) n() int {
	if o.s == nil {
		return 0
	}
	return o.s.N
}

// entry is a field of a deed's form.
type entry struct {
	Name, ID    string
	Kind        string // hidden, text, area, number, date, select, radio, check, people
	Label, Hint string
	Value       string // as typed, or to begin with
	Choices     []choice
	Min, Max    string
	Wrong       string
	try         string // what stands in for it when it is tried whether the deed is open
}

// filing is a form as it was sent.
type filing struct {
	url.Values
	n, k int
}

func (f filing) text(name string) string {
	return strings.ReplaceAll(f.Get(name), "\r\n", "\n")
}

// number is 0 for what is none, which the rules refuse at its field.
func (f filing) number(name string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(f.Get(name)))
	return n
}

// date is none for what cannot be read, which the rules refuse at its field.
func (f filing) date(name string) calendar.Date {
	d, _ := calendar.Parse(strings.TrimSpace(f.Get(name)))
	return d
}

// deedView is a deed's form as a page shows it.
type deedView struct {
	ID, Act, URL    string
	Title, Do, Next string
	About           []string
	N, K            int
	Grave, Open     bool
	Stamp           stamp
	Problems        problems
	Fields          []entry
	Bare            bool // nothing but its button
	Preview         bool // what it would do can be looked at first
}

// deedGroup is a folded group of deeds.
type deedGroup struct {
	ID, Name, Holds string
	Open            bool
	Deeds           []deedView
}

// labelled gives an act's entries their labels and hints.
func (v *visit) labelled(act string, list []entry) []entry {
	for j := range list {
		e := &list[j]
		key := "deed." + act + "." + e.Name
		if e.Kind != "hidden" && e.Label == "" {
			e.Label = v.t(key)
		}
		if _, ok := v.texts[key+".hint"]; ok && e.Hint == "" {
			e.Hint = v.t(key + ".hint")
		}
	}
	return list
}

// entries are a deed's fields.
func (d *deed) entries(v *visit, o subject, k int) []entry {
	if d.fields == nil {
		return nil
	}
	return v.labelled(d.act, d.fields(v, o, k))
}

// tried is the command that the form would send with nothing typed.
func (d *deed) tried(list []entry, n, k int) approval.Command {
	f := filing{url.Values{}, n, k}
	for _, e := range list {
		if e.Kind == "hidden" {
			f.Set(e.Name, e.Value)
		} else if e.try != "" {
			f.Set(e.Name, e.try)
		}
	}
	return d.command(f)
}

// open reports whether the viewer may do it now. The rules look at who may and at
// the state before they look at fields: a refusal at a field is for who may.
func (d *deed) open(v *visit, o subject, list []entry, k int) (*approval.Issue, bool) {
	change, err := v.Service.Rules().Apply(*o.issue, v.viewer.Actor, d.tried(list, o.n(), k), v.now)
	if err == nil {
		return &change.Issue, true
	}
	return nil, !d.sure && approval.IsKind(err, approval.Invalid)
}

// deeds are the forms of a list that the viewer may send now. Of those that were sent
// the one at fault keeps what was typed; found says that it is still offered.
func (v *visit) deeds(list []deed, o subject, address string, wrong problems) (all []deedView, found bool) {
	for k := range list {
		d := &list[k]
		ks := []int{0}
		if d.each != nil {
			ks = d.each(o)
		}
		for _, k := range ks {
			entries := d.entries(v, o, k)
			after, open := d.open(v, o, entries, k)
			if !open {
				continue
			}
			view := v.deed(d, o, k, entries, address, wrong)
			if d.next != nil {
				view.Next = d.next(v, o, after)
			}
			found = found || view.Open
			all = append(all, view)
		}
	}
	return all, found
}

func (v *visit) deed(d *deed, o subject, k int, entries []entry, address string, wrong problems) deedView {
	if d.at != nil && wrong != nil && v.r.PostForm.Get("act") == d.act {
		placed := problems{}
		for field, text := range wrong {
			placed[d.at(filing{v.r.PostForm, o.n(), k}, field)] = text
		}
		wrong = placed
	}
	view := v.filled(d.act, o.n(), k, entries, v.stamp(o.issue, o.n()), address, wrong)
	view.Grave = d.grave
	if d.title != nil {
		view.Title = d.title(v, o, k)
	}
	if d.about != nil {
		view.About = d.about(v, o, k)
	}
	return view
}

// filled is a form of entries: as it begins, or, when it is the one that was sent and
// refused, with what was typed and what is wrong with it.
func (v *visit) filled(act string, n, k int, entries []entry, mark stamp, address string, wrong problems) deedView {
	view := deedView{
		ID: act, Act: act, URL: address, Title: v.t("deed." + act), Do: v.t("deed." + act + ".do"), Next: v.t("deed." + act + ".next"), N: n, K: k,
		Stamp: mark, Problems: problems{}, Fields: entries, Bare: true,
	}
	if n > 0 {
		view.ID += "-" + strconv.Itoa(n)
	}
	if k > 0 {
		view.ID += "-" + strconv.Itoa(k)
	}
	sent := v.r.PostForm
	view.Open = wrong != nil && sent.Get("act") == act && sent.Get("k") == strings.TrimPrefix(strconv.Itoa(k), "0")
	if view.Open {
		view.Problems = problems{"": wrong[""]}
	}
	for j := range view.Fields {
		e := &view.Fields[j]
		e.ID = "f-" + view.ID + "-" + strings.ReplaceAll(e.Name, ".", "-")
		view.Bare = view.Bare && e.Kind == "hidden"
		if !view.Open || e.Kind == "hidden" {
			continue
		}
		e.Value = (filing{Values: sent}).text(e.Name)
		for c := range e.Choices {
			e.Choices[c].On = slices.Contains(sent[e.Name], e.Choices[c].Value)
		}
		for field, text := range wrong {
			if name, _, _ := strings.Cut(field, "["); name == e.Name {
				e.Wrong, view.Problems[e.Name] = text, text
			}
		}
	}
	if view.Open && wrong[""] == "" && len(view.Problems) == 1 { // at a field that the form does not have
		for _, text := range wrong {
			view.Problems[""] = text
		}
	}
	return view
}

// folded puts deeds into their groups, in the order of the list, and answers those
// that stand in the open beside them.
func (v *visit) folded(list []deed, views []deedView, where string) (open []deedView, groups []deedGroup) {
	at := map[string]string{}
	var order []string
	for _, d := range list {
		at[d.act] = d.group
		if d.group != "" && !slices.Contains(order, d.group) {
			order = append(order, d.group)
		}
	}
	for _, view := range views {
		if at[view.Act] == "" {
			open = append(open, view)
		}
	}
	for _, name := range order {
		g := deedGroup{ID: where + "-" + name, Name: v.t("deeds." + name)}
		var titles []string
		for _, view := range views {
			if at[view.Act] != name {
				continue
			}
			g.Open = g.Open || view.Open
			g.Deeds = append(g.Deeds, view)
			if title := v.t("deed." + view.Act); !slices.Contains(titles, title) {
				titles = append(titles, title)
			}
		}
		if g.Holds = v.list(titles); g.Deeds != nil {
			groups = append(groups, g)
		}
	}
	return open, groups
}

// summary points from the top of the page to what is wrong in the open form.
func (view *deedView) summary() (links []link) {
	for _, e := range view.Fields {
		if e.Wrong != "" {
			links = append(links, link{Text: e.Wrong, URL: "#" + e.ID})
		}
	}
	if text := view.Problems[""]; text != "" {
		links = append(links, link{Text: text, URL: "#" + view.ID})
	}
	return links
}

// commanded is the command of a form that one of the deeds stands for, or nil.
func (v *visit) commanded(lists [][]deed, n int) approval.Command {
	k, _ := strconv.Atoi(v.r.PostForm.Get("k")) // none is 0
	for _, list := range lists {
		for j := range list {
			if list[j].act == v.r.PostForm.Get("act") {
				return list[j].command(filing{v.r.PostForm, n, k})
			}
		}
	}
	return nil
}
