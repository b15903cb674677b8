package briefing

import (
	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

var statuses = map[approval.Status]approval.Text{
	approval.Raised:     {ZH: "已提出", EN: "raised"},
	approval.InSignOff:  {ZH: "会签中", EN: "in sign-off"},
	approval.Consulting: {ZH: "会商中", EN: "in consultation"},
	approval.Returned:   {ZH: "退回修改", EN: "returned"},
	approval.Concluded:  {ZH: "已办结，待确认", EN: "concluded, to be confirmed"},
	approval.Confirmed:  {ZH: "已确认", EN: "confirmed"},
	approval.Withdrawn:  {ZH: "已撤回", EN: "withdrawn"},
}

var states = map[approval.State]approval.Text{
	approval.Waiting:    {ZH: "待前置事项", EN: "waits for another"},
	approval.Open:       {ZH: "办理中", EN: "open"},
	approval.Supplement: {ZH: "待补正", EN: "supplement asked for"},
	approval.PapersBack: {ZH: "已退件", EN: "papers sent back"},
	approval.Objection:  {ZH: "有异议", EN: "objected to"},
	approval.Held:       {ZH: "暂缓", EN: "held"},
	approval.Granted:    {ZH: "已落实", EN: "done"},
	approval.Denied:     {ZH: "不予同意", EN: "refused"},
	approval.Void:       {ZH: "无须办理", EN: "not needed"},
}

var lights = map[approval.Light]approval.Text{
	approval.Green:  {ZH: "正常", EN: "in time"},
	approval.Yellow: {ZH: "临期", EN: "near due"},
	approval.Red:    {ZH: "超期", EN: "overdue"},
}

var causes = map[approval.Cause]approval.Text{
	approval.OnObjection: {ZH: "部门异议", EN: "an objection"},
	approval.OnConflict:  {ZH: "意见冲突", EN: "opinions in conflict"},
	approval.OnDispute:   {ZH: "承办争议", EN: "a task whose owner is in dispute"},
	approval.OwnAccord:   {ZH: "主动召集", EN: "convened of its own accord"},
}

var notices = map[approval.NoticeState]approval.Text{
	approval.NoticeIssued:   {ZH: "待回复", EN: "to be answered"},
	approval.NoticeReplied:  {ZH: "待复核", EN: "to be rechecked"},
	approval.NoticeSentBack: {ZH: "已退回，待再次回复", EN: "sent back, to be answered again"},
}

var none = approval.Text{ZH: "无。", EN: "None."}

func column(zh, en string) approval.Text { return approval.Text{ZH: zh, EN: en} }

// unit is a unit's name; a task of which nobody has decided whose it is has none.
func (f *facts) unit(id string) Cell {
	if id == "" {
		return words(approval.Text{ZH: "承办部门待定", EN: "owner not settled"})
	}
	return name(f.Roster.UnitName(id))
}

func (f *facts) branch(i *approval.Issue) Cell { return f.unit(string(branchOf(f.Roster, i))) }

// left says how far away a sign-off's last day is.
func (f *facts) left(s *approval.SignOff) Cell {
	zh, en, count := "个工作日", "working days", f.Calendar.WorkingDays
	if s.Limit.Unit == calendar.CalendarDays {
		zh, en, count = "日", "days", func(a, b calendar.Date) int { return b.Sub(a) }
	}
	switch {
	case s.Due.On.IsZero():
		return Cell{}
	case s.Due.On < f.today:
		return words(text("超期%[1]d%[2]s", "%[1]d %[3]s late", count(s.Due.On, f.today), zh, en))
	}
	return words(text("剩%[1]d%[2]s", "%[1]d %[3]s left", count(f.today, s.Due.On), zh, en))
}

// due is a last day, with a mark when a holiday notice to come may still move it.
func due(d approval.Due) Cell {
	if d.Provisional {
		return words(text("%s（暂定）", "%s (provisional)", d.On))
	}
	return day(d.On)
}

func tier(t roster.Tier) Cell {
	if t == "" {
		t = roster.TierBranch
	}
	return name(t.Name())
}
