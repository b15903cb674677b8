package webui

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
)

// papersView is what the pages show of an issue's attachments.
type papersView struct {
	URL       string // of the page that takes their forms
	List      []paperView
	Form      *act // puts a file to the issue; its choices are what for
	Accept    string
	Elsewhere bool // files are sent by the API, because they are kept where no form reaches
}

type paperView struct {
	Name, URL, Size, Purpose, By, Removed string
	Sensitive                             bool
	Detach                                *act
}

// readingsView are who was handed sensitive attachments, for overseers.
type readingsView struct {
	List []readingView
	More string // where those after them are
}

type readingView struct{ Text, At string }

// readingsShown is how many readings a page shows (assumed).
const readingsShown = 100

// attachmentsPage is a page of their own: forms come here, from the issue's page too.
type attachmentsPage struct {
	frame
	Issue   issueHead
	Back    string
	Summary []link
	Since   []eventView
	Papers  papersView
	// Readings are shown to overseers of an issue that has sensitive attachments.
	Readings *readingsView
}

func papersURL(id approval.IssueID) string { return "/issues/" + string(id) + "/attachments" }

// places are what the viewer may attach at present, each as purpose and sign-off.
func (v *visit) places(issue *approval.Issue) (all []choice) {
	try := func(purpose approval.Purpose, n int, text string) {
		cmd := approval.Attach{SignOff: n, Purpose: purpose, Name: "a.pdf", Size: 1, Hash: strings.Repeat("0", 64)}
		if v.Service.MayAttach(*issue, v.viewer.Actor, cmd) == nil {
			all = append(all, choice{Value: string(purpose) + "/" + strconv.Itoa(n), Text: text})
		}
	}
	for _, purpose := range approval.Purposes {
		try(purpose, 0, v.t("purpose."+string(purpose)))
		for k := range issue.SignOffs {
			s := &issue.SignOffs[k]
			try(purpose, s.N, v.t("attach.place", v.t("purpose."+string(purpose)), s.N, v.subject(s)))
		}
	}
	return all
}

// papers shows the attachments, with what the viewer may do about them. Of the forms
// the one that was sent keeps what was typed and says what is wrong.
func (v *visit) papers(issue *approval.Issue, wrong problems) *papersView {
	p := &papersView{URL: papersURL(issue.ID), Accept: "." + strings.Join(approval.PaperEndings, ",.")}
	form := func(name, paper string) *act {
		a := &act{ID: name, Act: name, Stamp: v.stamp(issue, 0), Problems: problems{}, Typed: url.Values{}}
		if paper != "" {
			a.ID += "-" + paper
		}
		if wrong != nil && v.r.PostForm.Get("act") == name && v.r.PostForm.Get("paper") == paper {
			a.Problems, a.Typed, a.Open = wrong, v.r.PostForm, true
		}
		return a
	}
	for _, a := range issue.Attachments {
		view := paperView{Name: a.Name, Size: size(a.Size), Purpose: v.t("purpose." + string(a.Purpose)), By: v.t("attach.by", v.actor(a.By), v.moment(a.At)), Sensitive: a.Sensitive}
		if s := issue.SignOff(a.SignOff); s != nil {
			view.Purpose = v.t("attach.place", view.Purpose, s.N, v.subject(s))
		}
		if a.Removed != nil {
			view.Removed = v.t("attach.removed", v.moment(a.Removed.At), a.Removed.Reason)
		} else {
			view.URL = httpapi.Base + "/issues/" + string(issue.ID) + "/attachments/" + a.ID
			if v.allowed(issue, approval.Detach{ID: a.ID, Reason: "-"}) == nil {
				view.Detach = form("detach", a.ID)
			}
		}
		p.List = append(p.List, view)
	}
	places := v.places(issue)
	switch {
	case len(places) == 0:
	case v.Shelf == nil:
		p.Elsewhere = true
	default:
		p.Form = form("attach", "")
		for k := range places {
			places[k].On = places[k].Value == p.Form.Typed.Get("place") || len(places) == 1
		}
		p.Form.Choices = places
	}
	return p
}

func (v *visit) attachmentsPage() error {
	issue, err := v.Service.Issue(v.ctx(), approval.IssueID(v.r.PathValue("id")), v.viewer.Actor)
	if err != nil {
		return err
	}
	return v.showAttachments(http.StatusOK, &issue, nil)
}

func (v *visit) showAttachments(status int, issue *approval.Issue, wrong problems) (err error) {
	p := attachmentsPage{frame: v.frame(v.t("attachments.of", issue.Title)), Issue: v.head(issue), Back: "/issues/" + string(issue.ID), Papers: *v.papers(issue, wrong)}
	if issue.Status == approval.Draft {
		p.Back += "/edit"
	}
	anchor := "#main"
	if v.r.PostForm.Get("act") == "attach" && p.Papers.Form != nil {
		anchor = "#f-attach"
	}
	for _, text := range wrong {
		p.Summary = append(p.Summary, link{Text: text, URL: anchor})
	}
	if p.Readings, err = v.readings(issue); err != nil {
		return err
	}
	if wrong != nil {
		if p.Since, err = v.since(issue); err != nil {
			return err
		}
	}
	return v.render(status, "attachments.html", p)
}

// readings are those of an issue's sensitive attachments; nil where they are not for the viewer
// or there can be none.
func (v *visit) readings(issue *approval.Issue) (*readingsView, error) {
	if !approval.ReadsReadings(v.viewer.Actor) || !slices.ContainsFunc(issue.Attachments, func(a approval.Attachment) bool { return a.Sensitive }) {
		return nil, nil
	}
	after, _ := strconv.ParseInt(v.r.URL.Query().Get("after"), 10, 64)
	list, next, err := v.Service.ReadingsOf(v.ctx(), issue.ID, v.viewer.Actor, max(after, 0), approval.Page{Limit: readingsShown})
	if err != nil {
		return nil, err
	}
	p := &readingsView{}
	for _, e := range list {
		var said struct{ Name string }
		if err := json.Unmarshal(e.Detail, &said); err != nil {
			v.Log.WarnContext(v.ctx(), "event detail cannot be read", "issue", e.Issue, "event", e.Seq, "error", err)
		}
		p.List = append(p.List, readingView{v.t("readings.line", v.actor(e.By), said.Name), v.moment(e.At)})
	}
	if next != "" {
		p.More = papersURL(issue.ID) + "?after=" + strconv.FormatInt(list[len(list)-1].Seq, 10) + "#readings"
	}
	return p, nil
}

// attachmentsAct takes their forms.
func (v *visit) attachmentsAct() error {
	id := approval.IssueID(v.r.PathValue("id"))
	issue, err := v.Service.Issue(v.ctx(), id, v.viewer.Actor)
	if err != nil {
		return err
	}
	if kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		err = v.attach(&issue)
	} else {
		_, err = v.do(id, 0, approval.Detach{ID: v.r.PostForm.Get("paper"), Reason: v.typed("reason")})
	}
	if err == nil {
		v.redirect(papersURL(id) + "?done=" + v.r.PostForm.Get("act"))
		return nil
	}
	wrong, ok := v.refused(err)
	switch {
	case errors.Is(err, approval.ErrNotKept):
		v.Log.ErrorContext(v.ctx(), "attachments cannot be kept", "issue", id, "error", err)
		wrong = problems{"": v.t("attach.unkept")}
	case !ok:
		return err
	}
	status := statusOf(err)
	if issue, err = v.Service.Issue(v.ctx(), id, v.viewer.Actor); err != nil {
		return err
	}
	return v.showAttachments(status, &issue, wrong)
}

// attach reads the form as it arrives: the fields first, then the file, which goes to
// the shelf without being held here.
func (v *visit) attach(issue *approval.Issue) error {
	v.r.PostForm = url.Values{"act": {"attach"}}
	if v.Shelf == nil {
		return &approval.Error{Kind: approval.Conflict, Text: approval.Text{ZH: v.t("attach.elsewhere"), EN: v.t("attach.elsewhere")}}
	}
	// A slow line may take minutes. Where there is no deadline to lift, none is needed.
	deadlines := http.NewResponseController(v.w)
	_, _ = deadlines.SetReadDeadline(time.Time{}), deadlines.SetWriteDeadline(time.Time{})
	parts := v.parts
	if parts == nil {
		return unreadable()
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return atFile(&approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: "请选择要上传的文件。", EN: "Please choose the file."}})
		}
		if err != nil {
			return unreadable()
		}
		if part.FormName() != "file" {
			value, err := io.ReadAll(io.LimitReader(part, 1<<10))
			if err != nil || len(v.r.PostForm) > 16 {
				return unreadable()
			}
			v.r.PostForm.Add(part.FormName(), string(value))
			continue
		}
		if part.FileName() == "" {
			continue
		}
		purpose, n, _ := strings.Cut(v.r.PostForm.Get("place"), "/")
		cmd := approval.Attach{Purpose: approval.Purpose(purpose), Name: part.FileName(), Size: 1, Hash: strings.Repeat("0", 64)}
		cmd.SignOff, _ = strconv.Atoi(n)
		cmd.Sensitive = v.r.PostForm.Get("sensitive") != ""
		if err := v.Service.MayAttach(*issue, v.viewer.Actor, cmd); err != nil {
			return atFile(err)
		}
		if cmd.Hash, _, err = v.Shelf.Put(issue.ID, "", part); err != nil {
			if _, ok := errors.AsType[*approval.Error](err); !ok && !errors.Is(err, approval.ErrNotKept) {
				return unreadable()
			}
			return atFile(err)
		}
		v.r.PostForm.Set("hash", cmd.Hash) // what was sent, so that a key stands for one file
		_, err = v.do(issue.ID, 0, cmd)
		return atFile(err)
	}
}

func unreadable() error {
	return atFile(&approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: "文件没有传完，请重新选择后上传。", EN: "The file did not arrive whole; choose it again."}})
}

// atFile points a refusal of what was sent at the form's field: people choose a
// file, and neither its name, its hash nor its size by itself.
func atFile(err error) error {
	e, ok := errors.AsType[*approval.Error](err)
	if !ok || e.Kind != approval.Invalid || e.Field == "Idempotency-Key" {
		return err
	}
	field := "file"
	if e.Field == "purpose" || e.Field == "signOff" {
		field = "place"
	}
	return &approval.Error{Kind: e.Kind, Field: field, Text: e.Text}
}

// size writes a number of bytes for people, in the unit that files are shown with.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1<<20:
		return strconv.FormatInt((n+1<<9)>>10, 10) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}
