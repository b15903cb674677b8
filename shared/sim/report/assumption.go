package report

import (
	"fmt"

	"lianban/shared/roster"
	"lianban/shared/sim/city"
)

// assumption is a number that no source states, in words.
type assumption struct {
	Name  roster.Name
	Value string
}

// assumptions lists all of them.
func assumptions(a *city.Assumptions) []assumption {
	share := func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }
	number := func(v float64) string { return fmt.Sprintf("%g", v) }
	span := func(v [2]float64) string { return fmt.Sprintf("%g – %g", v[0], v[1]) }
	whole := func(v [2]int) string { return fmt.Sprintf("%d – %d", v[0], v[1]) }
	return []assumption{
		{roster.Name{ZH: "每个项目每年提出的问题", EN: "issues raised for a project in a year"}, number(a.IssuesAYear)},
		{roster.Name{ZH: "各月提出问题的相对多少（一月至十二月）", EN: "how many issues a month brings beside the others (January to December)"}, fmt.Sprint(a.Month)},
		{roster.Name{ZH: "协调事项占比", EN: "share of coordination matters"}, share(a.Matters)},
		{roster.Name{ZH: "一个问题所含审批事项最少", EN: "least items of an issue"}, fmt.Sprint(a.ItemsLeast)},
		{roster.Name{ZH: "一个问题所含审批事项最多", EN: "most items of an issue"}, fmt.Sprint(a.ItemsMost)},
		{roster.Name{ZH: "可告知承诺的事项申请承诺的占比", EN: "share of items open to commitment that are asked for on it"}, share(a.Pledged)},
		{roster.Name{ZH: "部门配员所依的负荷", EN: "load for which a department is staffed"}, span(a.Busy)},
		{roster.Name{ZH: "一名承办人一天可办任务", EN: "tasks that an officer gets done in a day"}, span(a.TasksADay)},
		{roster.Name{ZH: "部门承办人最少", EN: "officers of a department at least"}, fmt.Sprint(a.OfficersMin)},
		{roster.Name{ZH: "每人每年离岗次数", EN: "absences of an officer in a year"}, fmt.Sprint(a.LeavesAYear)},
		{roster.Name{ZH: "每次离岗工作日", EN: "working days of an absence"}, whole(a.LeaveDays)},
		{roster.Name{ZH: "研究一项所需时间的中位数，占时限", EN: "median study of a case, of its limit"}, share(a.StudyShare)},
		{roster.Name{ZH: "该时间对数的标准差", EN: "standard deviation of that time's logarithm"}, number(a.StudySpread)},
		{roster.Name{ZH: "该时间最长，占时限", EN: "longest of it, of the limit"}, share(a.StudyMost)},
		{roster.Name{ZH: "材料不齐须补正的占比", EN: "share of cases whose papers are incomplete"}, share(a.Supplement)},
		{roster.Name{ZH: "提出异议的占比", EN: "share of cases that are objected to"}, share(a.Objection)},
		{roster.Name{ZH: "重办后再提异议的占比", EN: "the same in a later round"}, share(a.ObjectAnew)},
		{roster.Name{ZH: "转办的占比", EN: "share of cases handed to another department"}, share(a.Transfer)},
		{roster.Name{ZH: "转办后退回的占比", EN: "share of those sent back"}, share(a.SentBack)},
		{roster.Name{ZH: "申请回避的占比", EN: "share in which an officer stands aside"}, share(a.Recusal)},
		{roster.Name{ZH: "申请承诺的按承诺同意的占比", EN: "share of cases asked for on commitment that are so granted"}, share(a.OnPledge)},
		{roster.Name{ZH: "附条件同意的占比", EN: "share of approvals on conditions"}, share(a.Condition)},
		{roster.Name{ZH: "容缺受理后同意的占比", EN: "share of approvals with papers missing, where allowed"}, share(a.Gaps)},
		{roster.Name{ZH: "延期获准的占比", EN: "share of extensions that are granted"}, share(a.ExtendYes)},
		{roster.Name{ZH: "补正所需工作日均值（首日外）", EN: "mean days for a supplement, beyond the first"}, number(a.AnswerMean)},
		{roster.Name{ZH: "逾期不补正的占比", EN: "share of supplements that do not come in time"}, share(a.NoAnswer)},
		{roster.Name{ZH: "重新提交所需工作日均值（首日外）", EN: "mean days until an issue is resubmitted, beyond the first"}, number(a.Resubmit)},
		{roster.Name{ZH: "确认所需工作日均值（首日外）", EN: "mean days until an issue is confirmed, beyond the first"}, number(a.ConfirmMean)},
		{roster.Name{ZH: "办结后不确认的占比", EN: "share of ended issues that nobody confirms"}, share(a.NoConfirm)},
		{roster.Name{ZH: "撤回的占比", EN: "share of issues that are withdrawn"}, share(a.Withdrawn)},
		{roster.Name{ZH: "黄灯、红灯任务每天催办的占比", EN: "share of parts on yellow or red that are urged, a day"}, share(a.Urge)},
		{roster.Name{ZH: "按期履行后续义务的占比", EN: "share of duties that are kept in time"}, share(a.DutyKept)},
		{roster.Name{ZH: "后续义务期限（工作日）", EN: "days that a duty is given"}, whole(a.DutyDays)},
		{roster.Name{ZH: "裁定异议所需工作日均值（首日外）", EN: "mean days until an objection is ruled on, beyond the first"}, number(a.RuleMean)},
		{roster.Name{ZH: "异议不成立的占比", EN: "share of objections set aside"}, share(a.SetAside)},
		{roster.Name{ZH: "异议成立的占比", EN: "share of objections upheld"}, share(a.Uphold)},
		{roster.Name{ZH: "督办回复通过复核的占比", EN: "share of replies to notices that satisfy"}, share(a.NoticeOK)},
	}
}
