package ledger

import (
	"context"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
)

// DemonstrationMark says what of a demonstration's ledger is made up. A board that has
// any of it carries the mark.
var DemonstrationMark = roster.Name{
	ZH: "演示数据：项目名称见公开报道；年度计划、累计完成、开工日期均为虚构，不代表项目实际情况。",
	EN: "Demonstration: the projects' names are from published reports; plans, figures and days are made up and say nothing about the projects.",
}

// Demonstrate fills this year's empty ledger with made-up figures for the projects on
// the roster in the actor's area, so that there is something to see. It leaves alone
// what has been entered.
func (l *Ledger) Demonstrate(ctx context.Context, actor approval.Actor) error {
	area, err := l.area(actor)
	if err != nil {
		return err
	}
	today := l.service.Today()
	year, _, _ := today.Civil()
	_, entries, err := l.Year(ctx, year)
	if err != nil || len(entries) > 0 {
		return err
	}
	facts := madeUp(l.service.Rules().Roster, area, year, today)
	if len(facts) == 0 {
		return nil
	}
	e := Entry{MadeUp: true, Counts: count(facts)}
	if err := l.stage(ctx, year, facts, &e, actor, func(int, int) {}); err != nil {
		return err
	}
	_, err = l.entered(ctx, year, 0, e, DemonstrationMark.ZH, approval.Call{Actor: actor})
	return err
}

// madeUp are a listing, a plan and month-end figures for each project, some ahead of
// time and some behind; every number is assumed.
func madeUp(r *roster.Roster, area roster.DistrictCode, year int, today calendar.Date) (facts []invest.Fact) {
	pace := []int{112, 84, 103, 91, 127} // of time progress, in percent
	upto := invest.Upto(year, today)
	for k, p := range r.Projects() {
		if !r.Within(p.District, area) {
			continue
		}
		plan := invest.Money(68_000 - k%5*11_000)
		listing := invest.Listing{Project: p.ID, NameZH: p.NameZH, NameEN: p.NameEN, District: p.District, Sector: p.Sector, Tier: p.Tier, Type: p.Type}
		started := calendar.On(year, time.March, 6)
		if p.Type == roster.NewStart {
			listing.Start = calendar.On(year, time.March, 1)
		}
		facts = append(facts, invest.Fact{Listing: &listing}, invest.Fact{Plan: &invest.Plan{Project: p.ID, Amount: plan, From: calendar.On(year, time.January, 1)}})
		for half := 2; half <= upto.Half; half += 2 {
			report := invest.Report{Project: p.ID, Half: half, Done: plan * invest.Money(half*pace[k%len(pace)]) / 2400}
			if p.Type == roster.NewStart && started <= (invest.Period{Year: year, Half: half}).Last() {
				report.Started = started
			}
			facts = append(facts, invest.Fact{Report: &report})
		}
	}
	return facts
}
