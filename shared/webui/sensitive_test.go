package webui

import (
	"net/http"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
)

func TestOverseersSeeWhoHasReadASensitiveAttachment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	b := w.secretary()
	f := b.get(papersURL(id)).form("#f-attach").set("place", "petition/0").set("sensitive", "yes")
	b.upload(f, "名单.pdf", "%PDF-1.7").wants(http.StatusOK, "名单.pdf", "敏感材料", "下载时记录查阅人和时间")
	overseer := w.overseer()
	overseer.get(papersURL(id)).wants(http.StatusOK, "敏感材料查阅记录", "尚无人查阅")
	officer := approval.Actor{Person: "cc-transport-officer-1", Role: "officer", Unit: "cc-transport"}
	if _, err := w.service.Paper(t.Context(), id, approvaltest.Hash("%PDF-1.7"), officer); err != nil {
		t.Fatal(err)
	}
	overseer.get(papersURL(id)).wants(http.StatusOK, w.service.Rules().Roster.PersonName(officer.Person), "查阅“名单.pdf”")
	if n := len(b.get(papersURL(id)).wants(http.StatusOK).all("#readings")); n != 0 {
		t.Error("who has read it is shown to others than overseers")
	}
	plain := w.raise("另一件", road)
	b.upload(b.get(papersURL(plain)).form("#f-attach").set("place", "petition/0"), "图.pdf", "%PDF-1.7").wants(http.StatusOK, "图.pdf")
	if issue, err := w.service.Store().Issue(t.Context(), plain); err != nil || issue.Attachments[0].Sensitive {
		t.Errorf("without a tick it is sensitive: %v", err)
	}
	if n := len(overseer.get(papersURL(plain)).wants(http.StatusOK).all("#readings")); n != 0 {
		t.Error("readings are shown where there can be none")
	}
}
