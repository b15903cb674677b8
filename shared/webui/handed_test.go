package webui

import (
	"net/http"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/register"
	"lianban/shared/roster"
)

func TestAChangeSaysWhichUnitsInterestsAndIssuesItConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.raise("青柯街箱涵占道", road)
	page := func(changes ...roster.Change) string {
		g, err := w.keeper.Propose(t.Context(), approval.Call{Actor: approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}},
			register.Draft{Title: "支部调整", Reason: "标段合并", Ground: "区委〔2026〕9号", Order: register.Order{Roster: changes}})
		if err != nil {
			t.Fatal(err)
		}
		return "/register/changes/" + g.ID
	}
	b := w.administrator("2")
	b.get(page(
		roster.Change{Units: &roster.BranchUnits{Branch: "branch-qingke", CoBuilders: []roster.CoBuilder{{Name: roster.Name{ZH: "某银行佛山分行", EN: "A Bank, Foshan"}}, {Department: "cc-parks"}}}},
		roster.Change{People: &roster.PersonChange{Person: "cc-water-officer-2", Declare: &roster.Declared{Projects: []roster.ProjectID{"u-valley"}}}},
		roster.Change{People: &roster.PersonChange{Person: "cc-water-officer-1", Declare: &roster.Declared{}}},
	)).wants(http.StatusOK, "的联建单位、共建单位和联络员改为：某银行佛山分行", "周某乙申报与下列项目有利害关系，须回避：", "周某甲申报与各重点项目均无利害关系", "不改变任何事项的承办部门、在办问题")
	b.get(page(roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-qingke", Successor: "branch-u-valley"}})).
		wants(http.StatusOK, "移交的在办问题", "青柯街箱涵占道", "由书记曹某甲接办").lacks("件草稿一并移交", "不改变任何事项")
}
