package webui

import (
	"net/http"
	"strings"
	"testing"

	"lianban/shared/roster"
)

const peopleCSV = "人员编号,姓名,英文姓名,单位,职务,任职日期,任期届满,变动\ncc-water-officer-9,何某甲,He A,禅城区水利局,部门承办人,,,\n"

func TestATableOfPeopleIsTriedOnThePageAndProposedForAnotherToApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.administrator("1")
	one.get("/register").wants(http.StatusOK, "导入人员表", "导入审批事项表")
	form := func(act string) *form {
		return one.get("/register/import/people").wants(http.StatusOK, "下载填报模板").form("button[value="+act+"]").set("title", "年度人员调整").set("ground", "区人社〔2026〕1号").set("reason", "岗位轮换")
	}
	one.upload(form("try"), "人员.csv", strings.Replace(peopleCSV, "禅城区水利局", "没有的局", 1)).wants(http.StatusUnprocessableEntity, "文件有问题", "第2行", "单位", "没有“没有的局”这个单位")
	one.upload(form("try"), "人员.csv", "").wants(http.StatusUnprocessableEntity, "请选择要导入的文件")
	one.upload(form("try"), "人员.csv", peopleCSV).wants(http.StatusOK, "检查通过", "尚未提出", "何某甲")
	one.get("/register").wants(http.StatusOK, "没有待批准的变更")
	one.upload(one.get("/register/import/people").form("button[value=import]"), "人员.csv", peopleCSV).wants(http.StatusUnprocessableEntity, "请填写此项")
	p := one.upload(form("import"), "人员.csv", peopleCSV).wants(http.StatusOK, "变更已提出", "待批准", "何某甲")
	change := strings.Split(p.path, "?")[0]
	one.upload(form("try"), "人员.csv", peopleCSV).wants(http.StatusOK, "同样的变更已经提出")
	w.administrator("2").get(change).wants(http.StatusOK, "待批准").lacks("批准变更")
	guard := w.as("cc-security-1", roster.SecurityAdministrator, "cc-administration")
	guard.get("/").wants(http.StatusOK, "有1项登记变更待您批准")
	guard.get(change).form("button[value=approve_change]").send().wants(http.StatusOK, "变更已批准并记入登记簿")
	one.upload(form("try"), "人员.csv", peopleCSV).wants(http.StatusOK, "与登记簿一致")
	w.secretary().get("/register/import/people").wants(http.StatusForbidden)
	one.get("/register/import/other").wants(http.StatusNotFound)
}

func TestATableOfItemsSaysWhatEachItemWillBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.administrator("1")
	const head = "事项编号,事项名称,英文名称,阶段,审批部门类别,时限依据\n"
	first := w.service.Rules().Catalog.Items()[0]
	p := one.upload(one.get("/register/import/items").form("button[value=try]"), "事项.csv", head+"901,临时占用绿地,Use of green land,"+first.Stage.Name().ZH+","+first.Kinds[0].Name().ZH+",无出处\n")
	p.wants(http.StatusOK, "检查通过", "第901项 临时占用绿地", "法定时限无出处")
}
