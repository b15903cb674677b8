package webui

import (
	"lianban/shared/approval"
	"lianban/shared/roster"
)

// signer names who is asked to sign too: a person, or a department.
func (s *speaker) signer(department roster.DepartmentID, person roster.PersonID) string {
	if person != "" {
		return s.person(person)
	}
	return s.department(department)
}

// addedKind says when an added signature comes and what it is worth.
func (s *speaker) addedKind(when approval.AddedWhen, binding bool) string {
	worth := "added.advice"
	if binding {
		worth = "added.binding"
	}
	return s.t("added.kind", s.t("added."+string(when)), s.t(worth))
}

// added says how the signatures stand that were asked for under a sign-off.
func (v *visit) added(s *approval.SignOff) (lines []string) {
	for k := range s.Added {
		a := &s.Added[k]
		line := v.t("added.line", v.signer(a.Department, a.Person), v.addedKind(a.When, a.Binding), a.Question)
		switch a.State {
		case approval.AddedAsked:
			line += v.t("added.state.asked", v.date(a.Due.On))
		case approval.AddedAnswered:
			line += v.t("added.state.answered", v.actor(a.AnsweredBy), v.t("opinion."+string(a.Opinion)), a.Reason)
		default:
			line += v.t("added.state." + string(a.State))
		}
		lines = append(lines, line)
	}
	return lines
}

// signing shows an added signature in a list: what it is about is the
// sign-off's, when it is due its own.
func (v *visit) signing(t *approval.Task) taskView {
	view := v.task(t.Issue, t.Project, &t.SignOff)
	view.IssueTitle = t.Title
	view.StateText = v.t("added.task", view.Department, v.addedKind(t.Added.When, t.Added.Binding))
	view.Light = v.light(t.Added.Light(v.today))
	if t.Added.Person != "" {
		view.Assignee, view.Mine = v.person(t.Added.Person), t.Added.Person == v.viewer.Holder()
	}
	return view
}

// questions are the open signatures that the viewer may answer.
func (v *visit) questions(issue *approval.Issue, s *approval.SignOff) (open []question) {
	for k := range s.Added {
		a := &s.Added[k]
		if v.allowed(issue, approval.AnswerAdded{SignOff: s.N, K: a.K, Opinion: approval.Agree}) == nil {
			open = append(open, question{K: a.K, Text: a.Question, Kind: v.addedKind(a.When, a.Binding), By: v.actor(a.By), Due: v.date(a.Due.On), Advice: !a.Binding})
		}
	}
	return open
}

// question is an added signature that the viewer is asked for.
type question struct {
	K                   int
	Text, Kind, By, Due string
	Advice              bool // it does not bind, so that it may be more than yes or no
}
