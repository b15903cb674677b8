package register_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

const (
	peopleHead = "人员编号,姓名,英文姓名,单位,职务,任职日期,任期届满,变动\n"
	itemsHead  = "事项编号,事项名称,英文名称,阶段,审批部门类别,法定时限,时限单位,起算,可延长天数,时限依据,时限出处,承诺时限（工作日）,承诺出处,告知承诺,告知承诺依据,容缺受理,容缺受理依据,视情办理,备注\n"
)

func (h *house) bring(t register.Table, data []byte, dry bool) register.Outcome {
	h.Helper()
	out, err := h.keeper.Import(h.Context(), register.File{Table: t, Data: data, Dry: dry, Draft: register.Draft{Title: "导入", Reason: "年度调整", Ground: "区人社〔2026〕1号"}}, as(admin1))
	if err != nil {
		h.Fatal(err)
	}
	return out
}

// told are the faults of an outcome, as row, column and words.
func told(out register.Outcome) (all []string) {
	for _, f := range out.Faults {
		all = append(all, fmt.Sprintf("%d %s %s", f.Row, f.Column, f.Words.ZH))
	}
	return all
}

func (h *house) faulty(t register.Table, table string, want ...string) {
	h.Helper()
	out := h.bring(t, []byte(table), false)
	got := told(out)
	if len(got) != len(want) || out.Change != nil {
		h.Errorf("the faults are %q, the change set %v", got, out.Change)
		return
	}
	for k := range want {
		if !strings.HasPrefix(got[k], want[k]) {
			h.Errorf("fault %d is %q, want %q", k+1, got[k], want[k])
		}
	}
}

func TestATemplateAsItIsChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, table := range register.Tables() {
		for _, lang := range []string{"zh", "en"} {
			for _, write := range []func(*bytes.Buffer, []sheet.Table) error{
				func(b *bytes.Buffer, all []sheet.Table) error { return sheet.WriteXLSX(b, all...) },
				func(b *bytes.Buffer, all []sheet.Table) error { return sheet.WriteCSV(b, all[1]) },
			} {
				var file bytes.Buffer
				tables, err := h.keeper.Template(t.Context(), table, lang)
				if err != nil {
					t.Fatal(err)
				}
				if err := write(&file, tables); err != nil {
					t.Fatal(err)
				}
				out := h.bring(table, file.Bytes(), false)
				if out.State() != "unchanged" || out.Rows == 0 || out.Unchanged != out.Rows {
					t.Errorf("%s in %s is %s, %d of %d rows unchanged: %q", table, lang, out.State(), out.Unchanged, out.Rows, told(out))
				}
			}
		}
	}
}

func TestATableOfPeopleBecomesOneChangeSet(t *testing.T) {
	t.Parallel()
	h := open(t)
	table := []byte(peopleHead +
		"new-officer,何某甲,He A,禅城区水利局,部门承办人,2026-03-01,,\n" +
		"new-officer,,,cc-parks,officer,,,任职\n" +
		"new-secretary,何某乙,He B,branch-qingke,支部书记,,2027-03-08,\n" +
		"qingke-secretary,,,branch-qingke,支部书记,,,免职\n" +
		"qingke-secretary,,,禅城区水利局,部门承办人,,,\n")
	if out := h.bring(register.PeopleTable, table, true); out.State() != "checked" || out.Rows != 5 || out.Unchanged != 0 || len(out.Order.Roster) != 4 {
		t.Fatalf("the trial is %s, with %+v: %q", out.State(), out.Order, told(out))
	}
	if h.keeper.State().Entered != 0 {
		t.Fatal("a trial was proposed")
	}
	out := h.bring(register.PeopleTable, table, false)
	if out.State() != "proposed" || out.Repeated {
		t.Fatalf("it is %s: %q", out.State(), told(out))
	}
	if again := h.bring(register.PeopleTable, table, false); !again.Repeated || again.Change.ID != out.Change.ID {
		t.Errorf("the same file, before it is approved: %s, %+v", again.State(), again.Change)
	}
	if _, err := h.keeper.Approve(t.Context(), out.Change.ID, as(admin1)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("who proposed it approves it: %v", err)
	}
	h.approveAs(out.Change.ID, guard)
	r := h.service.Rules().Roster
	for _, c := range []struct {
		person roster.PersonID
		role   roster.Role
		unit   string
		holds  bool
	}{
		{"new-officer", roster.Officer, "cc-water", true},
		{"new-officer", roster.Officer, "cc-parks", true},
		{"new-secretary", roster.Secretary, "branch-qingke", true},
		{"qingke-secretary", roster.Secretary, "branch-qingke", false},
		{"qingke-secretary", roster.Officer, "cc-water", true},
	} {
		if r.Holds(c.person, c.role, c.unit) != c.holds {
			t.Errorf("%s as %s in %s: %t", c.person, c.role, c.unit, !c.holds)
		}
	}
	if b, _ := r.Branch("branch-qingke"); b.SecretaryID != "new-secretary" || b.TermEnds != calendar.MustParse("2027-03-08") {
		t.Errorf("the branch is headed by %s until %s", b.SecretaryID, b.TermEnds)
	}
	if again := h.bring(register.PeopleTable, table, false); again.State() != "unchanged" || again.Unchanged != 5 {
		t.Errorf("the same file, once in the register: %s, %d unchanged: %q", again.State(), again.Unchanged, told(again))
	}
	// A later last day renews the term, under the same table.
	longer := h.bring(register.PeopleTable, []byte(strings.Replace(string(table), "2027-03-08", "2028-03-08", 1)), true)
	if len(longer.Order.Roster) != 1 || longer.Order.Roster[0].Secretary == nil || !longer.Order.Roster[0].Secretary.Renewal {
		t.Errorf("a longer term is %+v", longer.Order)
	}
}

func TestEachFaultOfATableOfPeopleStandsAtItsCell(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.faulty(register.PeopleTable, peopleHead+
		"New One,某某,A B,cc-water,部门承办人,,,\n",
		"2 人员编号 该变更与现有登记不符：人员 New One：编号")
	h.faulty(register.PeopleTable, peopleHead+
		"new-one,某某,,cc-water,部门承办人,,,\n"+ // 2
		"cc-water-officer-1,别的名字,,cc-water,部门承办人,,,\n"+
		"cc-water-officer-1,,,水利部,部门承办人,,,\n"+
		"cc-water-officer-1,,,cc-water,局长,昨天,,\n"+ // 5
		"cc-water-officer-2,,,branch-qingke,部门承办人,,,\n"+
		"cc-water-officer-2,,,cc-water,部门承办人,,,离任\n"+
		"cc-water-lead,,,cc-parks,部门负责人,2099-01-01,,\n"+ // 8
		"cc-water-lead,,,cc-water,部门承办人,,2027-01-01,\n"+
		"nobody,,,cc-water,部门承办人,,,离任\n"+ // 10
		"fenjiang-secretary,,,branch-qingke,支部书记,,,\n"+
		"qingke-secretary,,,branch-qingke,支部书记,,,\n"+
		",某某,A B,cc-water,部门承办人,,,\n"+ // 13
		"cc-parks-lead,,,,,,,\n",
		"2 英文姓名 登记簿中没有这个编号",
		"3 姓名 与登记簿或前面一行的",
		"4 单位 没有“水利部”这个单位",
		"5 任职日期 “昨天”不是日期", "5 职务 “局长”不在可填范围内",
		"6 职务 职务“部门承办人”所在的部门",
		"7 变动 同一人既有离任又有其他行",
		"8 任职日期 任职日期不能晚于变更生效日期",
		"9 任期届满 任期届满只填支部书记的",
		"10 姓名 登记簿中没有这个编号", "10 英文姓名 登记簿中没有这个编号", "10 人员编号 登记簿中没有这个人",
		"12 职务 该支部的书记已填在第 11 行",
		"13 人员编号 请填写此项",
		"14 单位 请填写此项", "14 职务 请填写此项",
	)
	h.faulty(register.PeopleTable, "编号,姓名\na,b\n", "1 编号 没有这一列", "1 人员编号 缺少此列")
	h.faulty(register.PeopleTable, peopleHead, "0  表中没有数据行。")
	h.faulty(register.PeopleTable, "PK\x03\x04 no workbook", "0  工作簿无法读取")
	if _, err := h.keeper.Import(t.Context(), register.File{Table: register.PeopleTable}, as(officer("cc-water"))); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("an officer imports: %v", err)
	}
	if open, _, _ := h.keeper.List(t.Context(), true, approval.Page{Limit: 10}); len(open) > 0 {
		t.Errorf("faulty tables left %d change sets", len(open))
	}
}

func TestNobodyLeavesByATableBeforeOpenWorkIsHandedOver(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, _, err := h.service.Do(t.Context(), h.raise(19), approval.Claim{SignOff: 1}, as(officer("cc-water"))); err != nil {
		t.Fatal(err)
	}
	h.faulty(register.PeopleTable, peopleHead+"cc-parks-officer-2,,,,,,,离任\ncc-water-officer-1,,,,,,,离任\n", "3 变动 ")
	if out := h.bring(register.PeopleTable, []byte(peopleHead+"cc-water-officer-1,,,cc-parks,部门承办人,,,\n"), true); out.State() != "checked" {
		t.Errorf("another post beside the work: %s, %q", out.State(), told(out))
	}
}

func TestATableOfItemsAddsAndChangesThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	table := []byte(itemsHead +
		"8,建设用地规划许可证,Land-use planning permit,立项用地规划许可阶段,自然资源,7,工作日,,,法定（专门规定）,某条例第八条,,,否,,否,,否,\n" +
		"44,临时用水许可,Temporary water permit,施工许可阶段,水利（水务）/城市管理,10,自然日,收到,5,省级规定,某办法第三条,3,某局办事指南,是,某办法第五条,是,某办法第六条,是,新增\n")
	out := h.bring(register.ItemsTable, table, false)
	if out.State() != "proposed" || len(out.Order.Items) != 2 {
		t.Fatalf("it is %s: %q", out.State(), told(out))
	}
	if _, known := h.service.Rules().Catalog.Item(44); known {
		t.Fatal("an item is there before anybody approved it")
	}
	preview, err := h.keeper.Preview(t.Context(), register.Draft{Ground: "某", Order: out.Order})
	if err != nil || !slices.ContainsFunc(preview.Competences, func(m register.Moved) bool { return m.Item == 44 && m.From == "" && m.To == "cc-water" }) {
		t.Errorf("the preview does not say who is competent for the new item: %+v, %v", preview.Competences, err)
	}
	h.approveAs(out.Change.ID, guard)
	item, _ := h.service.Rules().Catalog.Item(8)
	if l, _ := item.ClockLimit(); l != (calendar.Limit{Days: 7, Unit: calendar.WorkingDays, Start: calendar.Acceptance}) || item.Statutory.Source != "某条例第八条" {
		t.Errorf("item 8 is %+v", item.Statutory)
	}
	item, _ = h.service.Rules().Catalog.Item(44)
	if l, _ := item.ClockLimit(); l != (calendar.Limit{Days: 10, Unit: calendar.CalendarDays, Start: calendar.Receipt}) || item.Statutory.Extension != 5 || item.Statutory.Unsettled() ||
		item.Promised.Max != 3 || !item.CommitmentAllowed || item.GapsOrigin.Source != "某办法第六条" || !item.Conditional || item.Department != "水利（水务）/城市管理" {
		t.Errorf("item 44 is %+v", item)
	}
	if again := h.bring(register.ItemsTable, table, false); again.State() != "unchanged" {
		t.Errorf("the same file again is %s: %q, %+v", again.State(), told(again), again.Order)
	}
	other := h.join()
	if err := other.keeper.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, _ := other.service.Rules().Catalog.Item(44); again.Statutory.Source != item.Statutory.Source {
		t.Errorf("another process has %+v", again)
	}
}

func TestEachFaultOfATableOfItemsStandsAtItsCell(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.faulty(register.ItemsTable, itemsHead+
		"44,某事项,,某阶段,教育,10,,,,法定（专门规定）,,,某指南,是,,否,某依据,或许,\n"+
		"44,某事项,Something,施工许可阶段,自然资源,,,,,无出处,某文件,,,,,,,,\n"+
		"0,某事项,Something,施工许可阶段,自然资源,两天,工作日,,,法定（专门规定）,某条例,5,,,,,,,\n",
		"2 英文名称 请填写此项",
		"2 阶段 “某阶段”不在可填范围内",
		"2 视情办理 “或许”不在可填范围内",
		"2 审批部门类别 没有“教育”这类审批部门",
		"2 时限出处 请填写此项",
		"2 时限单位 请填写工作日或者自然日",
		"2 承诺时限（工作日） 填写了承诺出处的",
		"2 告知承诺依据 请填写依据",
		"2 容缺受理依据 前一列不是“是”的",
		"3 事项编号 与第 2 行重复",
		"3 时限出处 时限依据为“无出处”的",
		"4 事项编号 编号从1起",
		"4 法定时限 “两天”不是数字",
		"4 承诺出处 填写了承诺时限的",
	)
}
