package webui

import (
	"lianban/shared/approval"
	"lianban/shared/saving"
)

// foresight says when an issue that is open, or about to be raised, may finish, and on how
// many comparable ones that rests; nothing where no figures are kept.
func (v *visit) foresight(i *approval.Issue) string {
	if v.Figures == nil {
		return ""
	}
	f, open, err := v.Figures.Foresee(v.ctx(), i)
	if err != nil {
		v.Log.ErrorContext(v.ctx(), "forecast failed", "issue", i.ID, "error", err)
		return ""
	}
	switch {
	case !open || f.P50 == nil && !f.Insufficient:
		return ""
	case f.Insufficient:
		return v.t("foresight.few", saving.EnoughN)
	}
	basis := v.t("foresight.parts", string(f.From), string(f.To), f.N)
	if f.Whole {
		basis = v.t("foresight.whole", string(f.From), string(f.To), f.N)
	}
	by := func(q *saving.Quantile) string {
		return v.date(v.Service.Rules().Calendar.After(v.today, int(*q.Days)))
	}
	planned := i.RaisedAt.IsZero()
	switch {
	case !f.P50.Reached():
		return v.t("foresight.beyond", int(f.P50.Beyond)) + basis
	case planned && f.P90.Reached():
		return v.t("foresight.planned", int(*f.P50.Days), int(*f.P90.Days)) + basis
	case planned:
		return v.t("foresight.planned.half", int(*f.P50.Days)) + basis
	case f.P90.Reached():
		return v.t("foresight.open", by(f.P50), by(f.P90)) + basis
	}
	return v.t("foresight.open.half", by(f.P50)) + basis
}
