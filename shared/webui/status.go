package webui

import (
	"errors"
	"net/http"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
)

// statusPage is where somebody without an account looks a request up. Number and
// code are posted, so that neither stands in an address.
type statusPage struct {
	frame
	Receipt, Code string
	Problem       string
	Found         *statusFound
	QR            *qrCode
}

type statusFound struct {
	Receipt, Status, Unit, Registered, Due string
	IssueEnded, Answered                   bool
	Reply, Ground                          string
	Stars                                  int
}

func (v *visit) statusPage() error {
	return v.showStatus(http.StatusOK, &statusPage{frame: v.frame(v.t("status.title"))})
}

func (v *visit) statusAct() error {
	p := &statusPage{frame: v.frame(v.t("status.title")), Receipt: v.typed("receipt"), Code: v.typed("code")}
	got, err := v.Intake.Status(v.ctx(), p.Receipt, p.Code)
	if err == nil && v.typed("act") == "rate" {
		stars, _ := strconv.Atoi(v.typed("stars")) // what is no number is no rating either
		rated, wrong := v.Intake.Rate(v.ctx(), p.Receipt, p.Code, stars, v.typed("comment"))
		if err = wrong; err == nil {
			got, p.Notice = rated, v.t("status.rated")
		}
	}
	status := http.StatusOK
	if err != nil {
		e, ok := errors.AsType[*approval.Error](err)
		if !ok {
			return err
		}
		status, p.Problem = statusOf(err), v.text(e.Text)
	}
	if got.ID != "" {
		if p.Found, err = v.found(got); err != nil {
			return err
		}
	}
	return v.showStatus(status, p)
}

func (v *visit) showStatus(status int, p *statusPage) (err error) {
	if p.QR, err = v.qr("/status"); err != nil {
		return err
	}
	return v.render(status, "status.html", p)
}

func (v *visit) found(got intake.Got) (*statusFound, error) {
	r := &got.State
	standing, err := v.Intake.Standing(v.ctx(), r)
	if err != nil {
		return nil, err
	}
	out := &statusFound{
		Receipt: intake.Receipt(got.ID), Status: v.name(r.Status.Name()), Unit: v.unit(r.Unit), Registered: v.date(calendar.Of(r.RegisteredAt)),
		Due: v.date(standing.Due.On), IssueEnded: standing.AnswerOwed, Answered: r.Reply != nil,
	}
	if r.Reply != nil {
		out.Reply, out.Ground = r.Reply.Text, r.Reply.Ground
	}
	if r.Rating != nil {
		out.Stars = r.Rating.Stars
	}
	return out, nil
}
