package webui

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"lianban/shared/approval"
)

// stamp is what every form that changes an issue carries unseen.
type stamp struct {
	Key     string // idempotency key, made at rendering
	Version int64  // of the issue as shown; 0: there is none yet
	Seal    string // over the part of the issue that the form is about
	Seen    int64  // number of the last event shown
}

func (v *visit) stamp(issue *approval.Issue, n int) stamp {
	return stamp{Key: rand.Text(), Version: issue.Version, Seal: seal(issue, n), Seen: issue.Events}
}

// seal is a digest over what a form about sign-off n (0: about the issue) rests
// on. Another department's answer, a light that turned or a timer do not touch it.
func seal(issue *approval.Issue, n int) string {
	digest := sha256.New()
	put := json.NewEncoder(digest)
	write := func(parts ...any) {
		for _, part := range parts {
			if err := put.Encode(part); err != nil {
				panic("webui: issue cannot be encoded: " + err.Error())
			}
		}
	}
	write(issue.Round(), issue.Project, issue.Title, issue.Body, issue.Items, issue.Commitments, issue.Parties, issue.Joins)
	if s := issue.SignOff(n); s != nil {
		write(s.State, s.Department, s.Assignee, s.Decision, s.Request, s.Extension, s.Ruling, s.Duties)
		for k := range s.Notices {
			write(len(s.Notices[k].Replies)) // what a recheck is about
		}
		if s.State == approval.Objection && issue.Consultation != nil {
			write(issue.Consultation.Tier)
		}
	} else {
		write(issue.Status, issue.Hold)
		if con := issue.Consultation; con != nil {
			write(con.Tier, con.OpenedAt, con.Minutes)
			if con.Meeting != nil {
				write(con.Meeting.SetAt) // what is voted on, and by whom
			}
		}
	}
	return base64.RawURLEncoding.EncodeToString(digest.Sum(nil))
}

// digest is what a form says without its stamp, to tell a repetition from
// another request under the same key.
func digest(path string, form url.Values) string {
	said := url.Values{}
	for name, values := range form {
		switch name {
		case "key", "version", "seal", "seen":
		default:
			said[name] = values
		}
	}
	sum := sha256.New()
	io.WriteString(sum, path+"?"+said.Encode())
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

func (v *visit) call() approval.Call {
	version, err := strconv.ParseInt(v.r.PostForm.Get("version"), 10, 64)
	if err != nil || version < 1 {
		version = -1 // of no issue: without a version nothing is done
	}
	key := v.r.PostForm.Get("key")
	if key != "" { // one page has several forms, each an act of its own
		key += "/" + v.r.PostForm.Get("act") + v.r.PostForm.Get("n")
	}
	return approval.Call{Actor: v.viewer.Actor, Expect: version, Key: key, Digest: digest(v.r.URL.Path, v.r.PostForm)}
}

// do carries a form's command out. When the issue has moved on but what the form
// is about has not, the newer version is as good as the one seen.
func (v *visit) do(id approval.IssueID, n int, cmd approval.Command) (approval.Issue, error) {
	call := v.call()
	for try := 1; ; try++ {
		issue, err := v.Service.Issue(v.ctx(), id, v.viewer.Actor)
		if err != nil {
			return issue, err
		}
		if call.Expect > 0 && v.r.PostForm.Get("seal") == seal(&issue, n) {
			call.Expect = issue.Version
		}
		after, _, err := v.Service.Do(v.ctx(), id, cmd, call)
		if try == 5 || call.Expect != issue.Version || !approval.IsKind(err, approval.Stale) {
			return after, err
		}
	}
}

// allowed asks the rules whether the viewer may do it now, and answers their
// refusal otherwise.
func (v *visit) allowed(issue *approval.Issue, cmd approval.Command) *approval.Error {
	_, err := v.Service.Rules().Apply(*issue, v.viewer.Actor, cmd, v.now)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*approval.Error](err); ok {
		return e
	}
	return &approval.Error{Kind: approval.Forbidden}
}

// problems are refusals by the name of the field at fault; "" is the form itself.
type problems map[string]string

type fieldProblem struct{ Text, Name string }

// refused takes a refusal that concerns what was typed into the form's
// problems. Anything else is the caller's to return.
func (v *visit) refused(err error) (problems, bool) {
	e, ok := errors.AsType[*approval.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case approval.Invalid:
		if e.Field == "Idempotency-Key" {
			return problems{"": v.t("form.repeated")}, true
		}
		if e.Field == "order" { // of the register, which knows ids alone
			return problems{"order": v.named(v.text(e.Text))}, true
		}
		return problems{e.Field: v.text(e.Text)}, true
	case approval.Stale:
		return problems{"": v.t("form.stale")}, true
	case approval.Conflict, approval.Closed:
		return problems{"": v.text(e.Text)}, true
	}
	return nil, false
}

// typed is a text as it was typed, with line ends as the rest of the house has them.
func (v *visit) typed(name string) string {
	return strings.ReplaceAll(v.r.PostForm.Get(name), "\r\n", "\n")
}

// typedLines are the lines typed that are not blank.
func (v *visit) typedLines(name string) []string {
	var lines []string
	for line := range strings.SplitSeq(v.typed(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
