package webui

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
)

// upload sends the page's form with a file, as a browser without script does.
func (b *browser) upload(f *form, name, content string) *page {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if err := m.WriteField(boundField, b.token()); err != nil {
		b.t.Fatal(err)
	}
	for field, values := range f.values {
		for _, value := range values {
			if field == "file" || field == boundField {
				continue
			}
			if err := m.WriteField(field, value); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, f.action, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code == http.StatusSeeOther {
		return b.get(w.Header().Get("Location"))
	}
	return &page{t: b.t, status: w.Code, header: w.Header(), body: w.Body.String(), path: f.action, who: b, element: parse(b.t, w.Body.String())}
}

func (w *world) attach(b *browser, id approval.IssueID, place, name, content string) *page {
	w.t.Helper()
	return b.upload(b.get(papersURL(id)).wants(http.StatusOK).form("#f-attach").set("place", place), name, content)
}

func TestAFileIsAttachedThroughTheFormAndTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	b := w.secretary()
	p := b.upload(b.get(issueURL(id)).form("#f-attach").set("place", "petition/0"), "总平面图.pdf", "%PDF-1.7").wants(200, "附件已上传", "总平面图.pdf", "8 B", "申请材料")
	if got := p.one(".attachments a").attr["href"]; got != "/api/v1/issues/"+string(id)+"/attachments/"+approvaltest.Hash("%PDF-1.7") {
		t.Errorf("the link leads to %s", got)
	}
	w.officer("cc-transport").get(issueURL(id)).wants(200, "总平面图.pdf", "上传申请材料“总平面图.pdf”（8 B）").lacks("撤回该附件")
	w.attach(w.officer("cc-transport"), id, "opinion/2", "现场.jpg", "\xff\xd8\xff").wants(200, "意见材料（第2项“交通疏导”）")
	b.get(papersURL(id)).form("button[value=detach]").set("reason", " ").send().wants(422, "请填写此项")
	b.get(papersURL(id)).form("button[value=detach]").set("reason", "传错").send().wants(200, "附件已撤回", "不再提供下载：传错")
	b.get(issueURL(id)).wants(200, "撤回申请材料“总平面图.pdf”（8 B）")
	if n := len(w.officer("cc-culture").get(papersURL(id)).wants(200).all("#f-attach")); n != 0 {
		t.Errorf("%d forms are offered to somebody who may not attach", n)
	}
}

func TestADraftTakesAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	f := b.get("/issues/new").form("button[value=save]").set("title", "草稿")
	road(f)
	edit := f.send().wants(200)
	id := approval.IssueID(strings.Split(strings.TrimPrefix(edit.path, "/issues/"), "/")[0])
	if got := edit.one("a[href=" + papersURL(id) + "]").words(); got == "" {
		t.Error("the draft's page leads to no attachments")
	}
	w.attach(b, id, "petition/0", "总平面图.pdf", "%PDF-1.7").wants(200, "总平面图.pdf")
	w.officer("cc-transport").get(papersURL(id)).wants(http.StatusNotFound)
}

func TestWhatIsWrongWithAFileIsSaidAtTheField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	b := w.secretary()
	for name, c := range map[string]struct{ file, content, place, says, at string }{
		"a program":         {"图.exe", "MZ", "petition/0", "可上传的文件类型", "#p-file"},
		"another content":   {"图.pdf", "MZ", "petition/0", "文件内容与扩展名“.pdf”不符", "#p-file"},
		"nothing":           {"图.pdf", "", "petition/0", "文件是空的", "#p-file"},
		"too much":          {"图.pdf", strings.Repeat("x", approval.MaxPaper+1), "petition/0", "单个附件最大 20 MB", "#p-file"},
		"no file":           {"", "", "petition/0", "请选择要上传的文件", "#p-file"},
		"no purpose":        {"图.pdf", "%PDF-1.7", "", "请选择附件用途", "#p-place"},
		"a turned name":     {"图\u202efdp.pdf", "%PDF-1.7", "petition/0", "不可见字符", "#p-file"},
		"no sign-off named": {"图.pdf", "%PDF-1.7", "supplement/0", "请指明附件所属的会签任务", "#p-place"},
	} {
		p := b.upload(b.get(papersURL(id)).form("#f-attach").set("place", c.place), c.file, c.content)
		if p.wants(422, c.says); !strings.Contains(p.one(c.at).words(), c.says) {
			t.Errorf("%s: %s", name, p.excerpt())
		}
	}
	w.attach(b, id, "opinion/1", "图.pdf", "%PDF-1.7").wants(http.StatusForbidden)
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || len(issue.Attachments) != 0 {
		t.Errorf("attached: %+v, %v", issue.Attachments, err)
	}
	f := b.get(papersURL(id)).form("#f-attach").set("place", "petition/0")
	b.upload(f, "图.pdf", "%PDF-1.7").wants(200, "附件已上传")
	b.upload(f, "图.pdf", "%PDF-1.7").wants(200, "附件已上传") // sent twice
	b.upload(f, "图.pdf", "%PDF-1.6").wants(422)          // another file under the same form
}

func TestADiskThatTakesNoFilesIsSaidOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	if err := os.WriteFile(w.files, nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	p := w.attach(w.secretary(), id, "petition/0", "图.pdf", "%PDF-1.7").wants(http.StatusInternalServerError, "附件暂时无法保存")
	if strings.Contains(p.body, filepath.Base(w.files)) {
		t.Errorf("the page tells %s", p.excerpt())
	}
}

func TestWhereNoFormReachesThePlaceOfAttachmentsThePageSaysHow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.handler.(*server).Shelf = nil
	p := w.secretary().get(issueURL(id)).wants(200, "附件通过接口上传")
	if n := len(p.all("input[type=file]")); n != 0 {
		t.Errorf("%d fields for files", n)
	}
	w.officer("cc-culture").get(issueURL(id)).wants(200).lacks("附件通过接口上传")
}
