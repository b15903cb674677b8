package webui

import (
	"crypto/rand"
	"net/http"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/register"
	"lianban/shared/roster"
)

type substituteRow struct{ For, By, From, Until, When string }

type substitutePage struct {
	frame
	Lead    string
	Rows    []substituteRow
	Summary []link
	Form    *deedView
}

// substitutesPage lists who does whose work in the viewer's department, and lets its
// lead appoint.
func (v *visit) substitutesPage() error { return v.showSubstitutes(http.StatusOK, nil) }

func (v *visit) showSubstitutes(status int, wrong problems) error {
	department, err := approval.OwnInbox(v.viewer.Actor)
	if err != nil {
		return err
	}
	p := substitutePage{frame: v.frame(v.t("substitutes.title")), Lead: v.t("substitutes.lead", v.department(department))}
	spans := v.Service.Rules().Roster.SubstitutesIn(department)
	slices.SortStableFunc(spans, func(a, b roster.Substitute) int { return int(a.From) - int(b.From) })
	for _, s := range spans {
		if s.Until < v.today {
			continue
		}
		when := "substitutes.later"
		if s.From <= v.today {
			when = "substitutes.now"
		}
		p.Rows = append(p.Rows, substituteRow{v.person(s.For), v.person(s.By), v.date(s.From), v.date(s.Until), v.t(when)})
	}
	if v.Register != nil && v.viewer.Role == roster.Lead {
		officers := v.colleagues(department)
		fields := []entry{
			{Name: "for", Kind: "select", Choices: officers},
			{Name: "by", Kind: "select", Choices: slices.Clone(officers)},
			{Name: "from", Kind: "date", Min: v.today.String()},
			{Name: "until", Kind: "date", Min: v.today.String()},
			{Name: "reason", Kind: "area"},
		}
		form := v.filled("appoint", 0, 0, v.labelled("appoint", fields), stamp{Key: rand.Text()}, "/substitutes", wrong)
		p.Form, p.Summary = &form, form.summary()
	}
	return v.render(status, "substitutes.html", p)
}

// appoint takes the lead's form.
func (v *visit) appoint() error {
	department, err := approval.OwnInbox(v.viewer.Actor)
	if err != nil {
		return err
	}
	if v.Register == nil {
		return noPage
	}
	f := filing{Values: v.r.PostForm}
	s := roster.Substitute{For: roster.PersonID(f.text("for")), By: roster.PersonID(f.text("by")), Unit: department, From: f.date("from"), Until: f.date("until")}
	if err = v.chosen(f, "for", "by", "from", "until"); err == nil {
		call := v.call()
		call.Expect = 0
		_, err = v.Register.Appoint(v.ctx(), call, register.Substitution(v.Service.Rules().Roster, s, f.text("reason"), v.today))
	}
	if err == nil {
		v.redirect("/substitutes?done=appoint")
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showSubstitutes(statusOf(err), wrong)
}

// chosen refuses the first of the fields in which nothing was chosen.
func (v *visit) chosen(f filing, names ...string) error {
	for _, name := range names {
		if f.text(name) == "" {
			return v.choose(name)
		}
	}
	return nil
}
