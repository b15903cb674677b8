package webui

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestATableOfIssuesIsTriedAndImportedOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.secretary()
	s.get("/").one("a[href=/issues/import]")
	const head = "项目,标题,说明\n"
	table := head + "qingke-culvert,涵洞北侧管线迁改,请协调\nqingke-culvert,涵洞南侧管线迁改,请协调\nqingke-culvert,夜间施工噪声,请协调\n"
	form := func(act string) *form {
		return s.get("/issues/import").wants(http.StatusOK, "批量导入问题", "下载填报模板").form("button[value=" + act + "]")
	}
	drafts := func() int {
		list, _, err := w.service.Store().Issues(t.Context(), approval.IssueQuery{Project: "qingke-culvert", Drafts: true}, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}

	// What is wrong stands by row and column, and the content can be corrected in place.
	s.upload(form("import"), "问题.csv", "").wants(http.StatusUnprocessableEntity, "请选择要导入的表格")
	s.upload(form("import"), "问题.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").wants(http.StatusUnprocessableEntity, "旧版 .xls")
	p := s.upload(form("import"), "问题.csv", strings.Replace(table, "qingke-culvert,夜间", "没有的项目,夜间", 1))
	p.wants(http.StatusUnprocessableEntity, "没有导入任何一行", "第4行", "没有“没有的项目”这个重点项目")
	if got := p.one("textarea[name=table]").words(); !strings.Contains(got, "没有的项目,夜间施工噪声") {
		t.Errorf("the content is not there to be corrected: %q", got)
	}
	if n := drafts(); n != 0 {
		t.Fatalf("%d drafts were made of a table with faults", n)
	}

	// Rows that are alike wait for a choice.
	p = s.upload(form("import"), "问题.csv", table).wants(http.StatusOK, "请对疑似重复的每一行选择跳过或保留", "第3行", "标题相似度")
	if n := drafts(); n != 0 {
		t.Fatalf("%d drafts were made before the choice", n)
	}
	f := p.form("button[value=try]").set("row-3", "skip")
	p = s.upload(f, "", "").wants(http.StatusOK, "检查通过，可以正式导入")
	if _, on := p.one("input[name=row-3][value=skip]").attr["checked"]; !on {
		t.Error("the choice is forgotten")
	}
	p = s.upload(p.form("button[value=import]").set("row-3", "skip"), "", "").wants(http.StatusOK, "全部导入为草稿", "按选择跳过", "已成为草稿")
	if n := drafts(); n != 2 {
		t.Errorf("%d drafts", n)
	}
	if len(p.all("main table a")) != 2 {
		t.Error("the drafts cannot be gone to")
	}

	// The same again makes nothing twice, whatever its encoding.
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	p = s.upload(form("try"), "问题.csv", gb).wants(http.StatusOK, "夜间施工噪声")
	s.upload(p.form("button[value=import]").set("row-3", "skip"), "", "").wants(http.StatusOK, "全部导入为草稿")
	if n := drafts(); n != 2 {
		t.Errorf("%d drafts after the same table again", n)
	}
}

func TestIssuesAreImportedByTheBureauForItsAreaAndByNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("cc-bureau-1", roster.Bureau, "cc-bureau")
	p := b.upload(b.get("/issues/import").form("button[value=import]"), "问题.csv", "项目,标题\nqingke-culvert,雨污管网接驳\n").wants(http.StatusOK, "全部导入为草稿", "雨污管网接驳")
	if len(p.all("main table a")) != 0 {
		t.Error("the bureau is led to a draft that is its branch's alone")
	}
	w.secretary().get("/").wants(http.StatusOK, "雨污管网接驳")
	w.officer("cc-transport").get("/issues/import").wants(http.StatusForbidden, "由临时党支部书记或重点项目局办理")
}
