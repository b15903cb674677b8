package workflows_test

import (
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// conform puts other facts before the rules while a round runs, and brings the
// issue into line as the sweep does.
func (h *house) conform(ground string, change func(r *approval.Rules)) {
	h.Helper()
	r := h.service.Rules()
	change(&r)
	h.service.SetRules(r)
	h.must(approval.Machine, approval.Conform{Ground: ground})
	h.settled()
}

func TestDepartmentsMergeWhileTasksAreOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at("2026-03-09 09:00").raise(parties("cc-water", "cc-transport", "cc-parks"))
	h.settled()
	h.at("2026-03-10 10:00").must(officer("cc-water"), approval.Claim{SignOff: 1})
	h.at("2026-03-11 00:00")
	const document = "区委〔2026〕3号"
	h.conform(document, func(r *approval.Rules) {
		merged, err := r.Roster.With(calendar.MustParse("2026-03-11"), roster.Change{Reorganise: &roster.Reorganisation{
			New:      []roster.Department{{ID: "cc-water-parks", Kind: roster.Water, District: "440604", NameZH: "禅城区水务园林局", NameEN: "Chancheng Water and Parks Bureau", Origin: roster.Origin{Source: document}}},
			Passages: []roster.Passage{{From: "cc-water", To: "cc-water-parks"}, {From: "cc-parks", To: "cc-water-parks"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		r.Roster = merged
	})
	of := func(person roster.PersonID) approval.Actor {
		return approval.Actor{Person: person, Role: roster.Officer, Unit: "cc-water-parks"}
	}
	h.at("2026-03-11 10:00").must(officer("cc-transport"), approval.Grant{SignOff: 2})
	h.settled()
	h.at("2026-03-12 10:00").must(of("cc-water-officer-1"), approval.Grant{SignOff: 1}) // who had claimed it has it still
	h.settled()
	h.at("2026-03-12 11:00").must(of("cc-parks-officer-1"), approval.Grant{SignOff: 3})
	h.settled()
	h.at("2026-03-12 15:00").must(secretary, approval.Confirm{Stars: 5})
	h.ended(approval.Confirmed)
	golden(t, "department_merged", h.record())
}

// TestAHolidayNoticeIsPublishedWhileTasksRun plays with dates made up for it: no
// notice for 2027 is known.
func TestAHolidayNoticeIsPublishedWhileTasksRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at("2026-12-21 09:00").raise(approval.Petition{Project: "fenjiang-west-bank", Title: "方案审查", Items: []catalog.ItemNo{24}})
	h.settled()
	h.at("2026-12-23 09:00")
	const number = "国办发明电〔2026〕99号（测试用）"
	h.conform(number, func(r *approval.Rules) {
		days := []calendar.Day{
			{Date: calendar.MustParse("2027-01-01"), Kind: calendar.Holiday, Name: "元旦", Notice: number},
			{Date: calendar.MustParse("2027-01-04"), Kind: calendar.Holiday, Name: "元旦", Notice: number},
			{Date: calendar.MustParse("2027-01-09"), Kind: calendar.Workday, Name: "元旦", Notice: number},
		}
		c, err := r.Calendar.With(calendar.Notice{Number: number, Year: 2027, Days: days})
		if err != nil {
			t.Fatal(err)
		}
		r.Calendar = c
	})
	h.at("2027-01-13 10:00").must(officer("cc-natural-resources"), approval.Grant{SignOff: 1, Reason: "逾期原因：元旦假期调整"})
	h.settled()
	h.at("2027-01-13 15:00").must(secretary, approval.Confirm{Stars: 4})
	h.ended(approval.Confirmed)
	golden(t, "holiday_notice", h.record())
}
