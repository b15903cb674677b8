package webui

import (
	"net/http"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// proposing is the form of a kind of change with its document filled in.
func proposing(b *browser, kind, button string) *form {
	return b.get("/register/new?kind="+kind).wants(http.StatusOK).form("button[name="+button+"]").set("title", "机构和项目变动").set("ground", "区委〔2026〕3号").set("reason", "机构改革")
}

// bridge adds a second project to the branch.
func (w *world) bridge() {
	w.t.Helper()
	call := func(n string) approval.Call {
		return approval.Call{Actor: approval.Actor{Person: roster.PersonID("cc-administration-" + n), Role: roster.Administrator, Unit: "cc-administration"}}
	}
	got, err := w.keeper.Propose(w.t.Context(), call("1"), register.Draft{Title: "某桥", Reason: "新增", Ground: "区发改〔2026〕1号", Order: register.Order{Roster: []roster.Change{{Projects: &roster.ProjectChange{To: "branch-qingke", New: &roster.Project{
		ID: "new-bridge", NameZH: "某桥改造工程", NameEN: "A Bridge", District: "440604", Sector: roster.Infrastructure, Tier: roster.DistrictProject, Type: roster.NewStart, Officer: "cc-bureau-1", Origin: roster.Origin{Source: "区发改〔2026〕1号"},
	}}}}}})
	if err == nil {
		_, err = w.keeper.Approve(w.t.Context(), got.ID, call("2"))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestUnitsAndProjectsArePreviewedAndProposed(t *testing.T) {
	t.Parallel()
	for kind, x := range map[string]struct {
		fill map[string]string
		many map[string][]string
		says []string
	}{
		"merge": {
			map[string]string{"to": "new", "newId": "cc-water-parks", "newZH": "禅城区水务园林局", "newEN": "Chancheng Water and Parks Bureau", "newKind": "water"},
			map[string][]string{"from": {"cc-water", "cc-parks"}},
			[]string{"新设禅城区水务园林局", "禅城区水利局的职责由", "移交的在办任务"},
		},
		"split": {
			map[string]string{"from": "cc-water", "to1": "cc-ecology", "items1": "14"},
			map[string][]string{"people1": {"cc-water-officer-2"}},
			[]string{"其中第14号", "由禅城区生态环境局承接"},
		},
		"rename":        {map[string]string{"department": "cc-water", "nameZH": "禅城区水务局", "nameEN": "Chancheng Water Affairs Bureau"}, nil, []string{"更名为禅城区水务局"}},
		"found":         {map[string]string{"id": "branch-second", "nameZH": "青柯第二临时党支部", "nameEN": "Second Branch", "tier": "branch", "parent": "general-branch", "person": "qingke-secretary"}, map[string][]string{"projects": {"new-bridge"}}, []string{"成立青柯第二临时党支部", "划入"}},
		"dissolve":      {map[string]string{"branch": "branch-qingke", "successor": "branch-fenjiang"}, nil, []string{"撤销", "移交的在办问题", "涉河方案与管线"}},
		"project":       {map[string]string{"id": "new-bridge", "nameZH": "某桥改造工程", "nameEN": "A Bridge", "district": "440604", "sector": "infrastructure", "tier": "district", "stage": "new_start", "person": "cc-bureau-1", "to": "branch-qingke"}, nil, []string{"新增重点项目某桥改造工程"}},
		"project_move":  {map[string]string{"project": "new-bridge", "to": "branch-fenjiang"}, nil, []string{"划入"}},
		"project_close": {map[string]string{"project": "qingke-culvert"}, nil, []string{"竣工"}},
		"declare":       {map[string]string{"person": "cc-water-officer-1"}, map[string][]string{"projects": {"qingke-culvert"}}, []string{"有利害关系，须回避"}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.raise("涉河方案与管线", func(f *form) {
				f.set("item", "19", "17").set("party", "river_works/cc-water")
			})
			if kind == "found" || kind == "project_move" { // a branch cannot go on without a project
				w.bridge()
			}
			b := w.administrator("1")
			b.get("/register").wants(http.StatusOK).one("a[href=/register/new?kind=" + kind + "]")
			fill := func(f *form) *form {
				for name, value := range x.fill {
					f.set(name, value)
				}
				for name, values := range x.many {
					f.set(name, values...)
				}
				return f
			}
			p := fill(proposing(b, kind, "preview")).send().wants(http.StatusOK, append([]string{"影响预览"}, x.says...)...)
			for name, value := range x.fill { // nothing typed is lost
				if got := p.form("button[name=propose]").values.Get(name); got != value {
					t.Errorf("after the preview %s is %q, want %q", name, got, value)
				}
			}
			p.form("button[name=propose]").send().wants(http.StatusOK, "变更已提出", x.says[0])
			// With nothing chosen each says at which field.
			f := proposing(b, kind, "propose")
			for name := range x.fill {
				f.set(name, "")
			}
			if kind == "declare" || len(x.fill) > 0 {
				p := f.send().wants(http.StatusUnprocessableEntity)
				if len(p.all("[aria-invalid]"))+len(p.all("fieldset.wrong"))+len(p.all("fieldset.field.wrong")) == 0 {
					t.Errorf("nothing says what is missing: %s", p.words())
				}
				if got := p.form("button[name=propose]").values.Get("ground"); got != "区委〔2026〕3号" {
					t.Errorf("the document is lost: %q", got)
				}
			}
		})
	}
}

func TestWhatCannotBeSaysSoAtItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.administrator("1")
	for _, c := range []struct {
		kind, field, value, says string
		more                     map[string]string
	}{
		{"merge", "to", "cc-water", "承接部门不能同时列为被合并的部门", map[string]string{"from": "cc-water"}},
		{"merge", "newId", "Water Bureau", "编号由小写字母", map[string]string{"from": "cc-water", "to": "new"}},
		{"merge", "newId", "cc-parks", "这个编号已经使用", map[string]string{"from": "cc-water", "to": "new"}},
		{"split", "items1", "14、999", "目录中没有第999号事项", map[string]string{"from": "cc-water", "to1": "cc-parks"}},
		{"split", "items1", "全部", "请填写事项编号", map[string]string{"from": "cc-water", "to1": "cc-parks"}},
		{"found", "id", "branch-qingke", "这个编号已经使用", nil},
		{"project", "id", "qingke-culvert", "这个编号已经使用", nil},
	} {
		f := proposing(b, c.kind, "propose").set(c.field, c.value)
		for name, value := range c.more {
			f.set(name, value)
		}
		p := f.send().wants(http.StatusUnprocessableEntity, c.says)
		if e := p.one("[name=" + c.field + "]"); e.attr["aria-invalid"] != "true" {
			t.Errorf("%s of %s is not marked", c.field, c.kind)
		}
		if got := p.form("button[name=propose]").values.Get(c.field); got != c.value {
			t.Errorf("%s of %s is lost: %q", c.field, c.kind, got)
		}
	}
}

func TestWhoLeavesHandsOverFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("管线迁改与开挖许可", road)
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=claim]").send().wants(http.StatusOK)
	b := w.administrator("1")
	p := proposing(b, "post", "propose").set("person", "cc-transport-officer-1").set("change", "leave").send()
	p.wants(http.StatusConflict, "尚有1项未办结的工作", "尚未交接的在办工作", "管线迁改与开挖许可", "由禅城区交通运输局负责人改派")
	p.one("a[href=" + taskURL(id, 2) + "]")
	if got := p.form("button[name=propose]").values.Get("person"); got != "cc-transport-officer-1" {
		t.Errorf("who leaves is lost: %q", got)
	}
	f := w.as("cc-transport-lead", roster.Lead, "cc-transport").get(taskURL(id, 2)).form("button[value=reassign]")
	f.set("person", "cc-transport-officer-2").set("reason", "离岗交接")
	if p := f.send(); p.status != http.StatusOK {
		t.Fatalf("the lead cannot reassign: %s", p.words())
	}
	if p := p.form("button[name=propose]").send(); !strings.Contains(p.words(), "变更已提出") {
		t.Errorf("after the handover: %s", p.words())
	}
}
