package approval_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"lianban/shared/approval"
	"lianban/shared/store"
)

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// attach is a well-formed command whose bytes are kept.
func attach(purpose approval.Purpose, n int, content string) approval.Attach {
	return approval.Kept(approval.Attach{SignOff: n, Purpose: purpose, Name: content + ".pdf", Size: int64(len(content)), Hash: hashOf(content)})
}

// paperFault says what is wrong with an issue's attachments after a commit.
func paperFault(before, after *approval.Issue) string {
	if len(after.Attachments) < len(before.Attachments) || len(after.Attachments) > approval.MaxAttachments {
		return fmt.Sprintf("%d attachments became %d", len(before.Attachments), len(after.Attachments))
	}
	live := map[string]bool{}
	for k, a := range after.Attachments {
		if k < len(before.Attachments) {
			was := before.Attachments[k]
			if was.Removed == nil {
				was.Removed = a.Removed
			}
			if was != a {
				return fmt.Sprintf("attachment %d was rewritten from %+v to %+v", k, before.Attachments[k], a)
			}
		}
		if a.Removed != nil {
			if a.Removed.By.Person != a.By.Person {
				return fmt.Sprintf("%s took back what %s attached", a.Removed.By.Person, a.By.Person)
			}
			continue
		}
		if live[a.ID] {
			return "one file is attached twice: " + a.ID
		}
		live[a.ID] = true
	}
	return ""
}

func TestWhoseTurnItIsAttaches(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.must(secretary, attach(approval.ForPetition, 0, "总平面图"))
	g.must(g.by(1), attach(approval.ForOpinion, 1, "规划意见书"))
	g.refused(g.by(1), attach(approval.ForSupplement, 1, "别的"), approval.Forbidden)
	g.refused(secretary, attach(approval.ForSupplement, 1, "别的"), approval.Conflict)
	g.refused(g.by(1), attach(approval.ForOpinion, 6, "别的"), approval.Forbidden)
	g.refused(secretary, attach(approval.ForOpinion, 1, "别的"), approval.Forbidden)
	g.refused(stranger, attach(approval.ForPetition, 0, "别的"), approval.Forbidden)
	g.refused(secretary, attach("photo", 0, "别的"), approval.Invalid)
	g.refused(secretary, attach(approval.ForPetition, 1, "别的"), approval.Invalid)
	g.refused(g.by(1), attach(approval.ForOpinion, 0, "别的"), approval.Invalid)
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"剖面图"}})
	g.must(secretary, attach(approval.ForSupplement, 1, "剖面图"))
	e := g.events[len(g.events)-1]
	var said struct {
		Name, Type, Hash string
		Size             int64
	}
	if err := json.Unmarshal(e.Detail, &said); err != nil || e.Kind != approval.EvAttach || e.SignOff != 1 || e.By != secretary ||
		said.Name != "剖面图.pdf" || said.Type != "application/pdf" || said.Hash != hashOf("剖面图") || said.Size != 9 {
		t.Errorf("the trail says %+v %s: %v", e, e.Detail, err)
	}
	if g.last.Outbox != nil || len(g.last.SignOffs) != 0 {
		t.Errorf("attaching touched more than the issue: %+v", g.last)
	}
	g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "见附件"})
	g.refused(secretary, attach(approval.ForSupplement, 1, "别的"), approval.Conflict)
	g.grant(1)
	g.refused(g.by(1), attach(approval.ForOpinion, 1, "别的"), approval.Closed)

	g.refused(generalBranch, attach(approval.ForConsultation, 0, "议题"), approval.Conflict)
	g.object(5)
	g.refused(headquarters, attach(approval.ForConsultation, 0, "议题"), approval.Forbidden)
	g.must(generalBranch, attach(approval.ForConsultation, 0, "议题"))
}

func TestEvidenceIsAttachedByTheCheckerAlsoAfterTheEnd(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().pledge(1, 9).close()
	g.at("2026-03-10 09:00")
	checker := g.by(1)
	g.refused(secretary, attach(approval.ForPetition, 0, "迟到"), approval.Closed)
	g.refused(secretary, attach(approval.ForEvidence, 1, "核查"), approval.Forbidden)
	g.must(checker, attach(approval.ForEvidence, 1, "核查"))
	g.must(checker, approval.Detach{ID: hashOf("核查"), Reason: "传错"})
	g.must(checker, attach(approval.ForEvidence, 1, "核查"))
	g.must(checker, approval.Meet{SignOff: 1, Duty: 1, Evidence: "见附件"})
	g.refused(checker, approval.Detach{ID: hashOf("核查"), Reason: "传错"}, approval.Closed)
	g.refused(checker, attach(approval.ForEvidence, 1, "别的"), approval.Closed)
}

func TestWhatSomebodyActedOnIsNotTakenBack(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: chain()})
	g.must(secretary, attach(approval.ForPetition, 0, "甲"))
	g.refused(stranger, approval.Detach{ID: hashOf("甲"), Reason: "传错"}, approval.NotFound)
	g.refused(secretary, approval.Detach{ID: hashOf("甲"), Reason: " "}, approval.Invalid)
	g.refused(secretary, approval.Detach{ID: hashOf("乙"), Reason: "传错"}, approval.NotFound)
	g.must(secretary, approval.Detach{ID: hashOf("甲"), Reason: "传错"})
	g.refused(secretary, approval.Detach{ID: hashOf("甲"), Reason: "传错"}, approval.NotFound)
	if a := g.issue.Attachments[0]; a.Removed == nil || a.Removed.Reason != "传错" || g.issue.Attachment(a.ID) != nil || !g.issue.HasPaper(a.ID) {
		t.Errorf("taken back: %+v", a)
	}
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvDetach || e.Reason != "传错" || !strings.Contains(string(e.Detail), hashOf("甲")) {
		t.Errorf("the trail says %+v", e)
	}
	g.must(secretary, attach(approval.ForPetition, 0, "甲")) // once more
	g.must(secretary, attach(approval.ForPetition, 0, "乙"))
	g.must(secretary, approval.Raise{})
	g.route()
	g.refused(officer("cc-culture", 1), approval.Detach{ID: hashOf("甲"), Reason: "传错"}, approval.Forbidden)
	g.must(secretary, approval.Detach{ID: hashOf("乙"), Reason: "传错"}) // nobody has acted yet
	g.at("2026-03-10 09:00").must(g.by(1), approval.Claim{SignOff: 1})
	g.refused(secretary, approval.Detach{ID: hashOf("甲"), Reason: "传错"}, approval.Closed)
	g.at("2026-03-10 10:00").must(secretary, attach(approval.ForPetition, 0, "乙")) // after the claim
	g.must(g.by(1), attach(approval.ForOpinion, 1, "丙"))
	g.must(secretary, approval.Detach{ID: hashOf("乙"), Reason: "传错"})
	g.must(g.by(1), approval.Detach{ID: hashOf("丙"), Reason: "传错"})
	g.must(g.by(1), attach(approval.ForOpinion, 1, "丙"))
	g.must(secretary, attach(approval.ForPetition, 0, "乙"))
	g.at("2026-03-10 11:00").grant(1)
	g.refused(secretary, approval.Detach{ID: hashOf("乙"), Reason: "传错"}, approval.Closed)
	g.refused(g.by(1), approval.Detach{ID: hashOf("丙"), Reason: "传错"}, approval.Closed)
}

func TestAnAddedSignerAttachesToTheOwnAnswer(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Beside, true)
	ecology := officer("cc-ecology", 1)
	g.at("2026-03-09 10:00").must(ecology, attach(approval.ForOpinion, 1, "环评批复"))
	g.must(ecology, approval.Detach{ID: hashOf("环评批复"), Reason: "传错"})
	g.must(ecology, attach(approval.ForOpinion, 1, "环评批复"))
	g.refused(ecology, attach(approval.ForOpinion, 2, "环评批复二"), approval.Forbidden)
	g.refused(officer("cc-culture", 1), attach(approval.ForOpinion, 1, "别的"), approval.Forbidden)
	g.must(g.by(1), attach(approval.ForOpinion, 1, "审查意见")) // the department's own officer still
	g.at("2026-03-09 11:00").answered(1, approval.Agree)
	g.refused(ecology, attach(approval.ForOpinion, 1, "别的"), approval.Forbidden)
	g.refused(ecology, approval.Detach{ID: hashOf("环评批复"), Reason: "传错"}, approval.Closed)
}

func TestOneFileIsAttachedOnce(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.must(secretary, attach(approval.ForPetition, 0, "甲"))
	version := g.issue.Version
	again := attach(approval.ForPetition, 0, "甲")
	again.Name = "另一个名字.pdf"
	g.must(secretary, again)
	if g.issue.Version != version || len(g.issue.Attachments) != 1 {
		t.Errorf("attached again: %+v", g.issue.Attachments)
	}
	g.refused(g.by(1), attach(approval.ForOpinion, 1, "甲"), approval.Conflict)
	for k := 1; k < approval.MaxAttachments; k++ {
		g.must(secretary, attach(approval.ForPetition, 0, fmt.Sprint(k)))
	}
	g.refused(secretary, attach(approval.ForPetition, 0, "第五十一"), approval.Conflict)
}

func TestAnIssueFullOfAttachmentsFitsItsRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(40)).route()
	for k := range approval.MaxAttachments {
		c := attach(approval.ForPetition, 0, fmt.Sprint(k))
		c.Name = strings.Repeat("字", 116) + ".pdf"
		g.must(secretary, c)
	}
	for k := range g.issue.Attachments {
		g.must(secretary, approval.Detach{ID: g.issue.Attachments[k].ID, Reason: strings.Repeat("误", 120)})
	}
	ops, err := store.Ops(g.last)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if n := op.Put.Size(); n > store.MaxItemBytes/3 {
			t.Errorf("%v has %d bytes", op.Key(), n)
		}
	}
}

func TestRefusesNamesAndSizesAndHashes(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	for name, c := range map[string]struct {
		change func(*approval.Attach)
		field  string
	}{
		"no name":               {func(c *approval.Attach) { c.Name = " " }, "name"},
		"a folder's name":       {func(c *approval.Attach) { c.Name = "a.pdf/" }, "name"},
		"dots":                  {func(c *approval.Attach) { c.Name = ".." }, "name"},
		"no ending":             {func(c *approval.Attach) { c.Name = "pdf" }, "name"},
		"a program":             {func(c *approval.Attach) { c.Name = "图.pdf.exe" }, "name"},
		"a page":                {func(c *approval.Attach) { c.Name = "图.html" }, "name"},
		"a vector image":        {func(c *approval.Attach) { c.Name = "图.svg" }, "name"},
		"a turned name":         {func(c *approval.Attach) { c.Name = "图\u202efdp.pdf" }, "name"},
		"an isolate":            {func(c *approval.Attach) { c.Name = "图\u2067x.pdf" }, "name"},
		"an invisible letter":   {func(c *approval.Attach) { c.Name = "图\u200b.pdf" }, "name"},
		"a line break":          {func(c *approval.Attach) { c.Name = "图\r\nX: y.pdf" }, "name"},
		"a nul":                 {func(c *approval.Attach) { c.Name = "图\x00.pdf" }, "name"},
		"broken text":           {func(c *approval.Attach) { c.Name = "图\xff.pdf" }, "name"},
		"a long name":           {func(c *approval.Attach) { c.Name = strings.Repeat("长", 117) + ".pdf" }, "name"},
		"nothing in it":         {func(c *approval.Attach) { c.Size = 0 }, "size"},
		"too much in it":        {func(c *approval.Attach) { c.Size = approval.MaxPaper + 1 }, "size"},
		"no hash":               {func(c *approval.Attach) { c.Hash = "" }, "hash"},
		"a hash in upper case":  {func(c *approval.Attach) { c.Hash = strings.ToUpper(c.Hash) }, "hash"},
		"a hash of other signs": {func(c *approval.Attach) { c.Hash = "/" + c.Hash[1:] }, "hash"},
		"bytes nobody kept": {func(c *approval.Attach) {
			*c = approval.Attach{Purpose: c.Purpose, Name: c.Name, Size: c.Size, Hash: c.Hash}
		}, "hash"},
	} {
		cmd := attach(approval.ForPetition, 0, "甲")
		c.change(&cmd)
		err := g.do(secretary, cmd)
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != approval.Invalid || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	cmd := attach(approval.ForPetition, 0, "甲")
	cmd.Name = `C:\fakepath\` + strings.Repeat("长", 116) + ".PDF "
	g.must(secretary, cmd)
	if got := g.issue.Attachments[0].Name; got != strings.Repeat("长", 116)+".PDF" {
		t.Errorf("kept as %q", got)
	}
}

func FuzzPaperNamesAreClean(f *testing.F) {
	for _, name := range []string{"图.pdf", `..\..\a.docx`, "/etc/passwd.txt", "a\u202ecod.pdf", "\xff.png", "  x.xlsx  ", "a.ofd/", strings.Repeat("字", 200) + ".jpg", "con.txt", "a\x00b.pdf"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := approval.PaperName(name)
		if approval.PaperName(clean) != clean {
			t.Errorf("%q is cleaned to %q, which is not clean", name, clean)
		}
		if _, err := approval.NamePaper(clean); err != nil {
			return
		}
		if strings.ContainsAny(clean, `/\`) || !utf8.ValidString(clean) || utf8.RuneCountInString(clean) > 120 || strings.ContainsFunc(clean, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r)
		}) {
			t.Errorf("%q is taken as %q", name, clean)
		}
	})
}

// zipped is a package with empty entries of these names.
func zipped(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentProvesTheEnding(t *testing.T) {
	t.Parallel()
	docx := zipped(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml")
	xlsx := zipped(t, "[Content_Types].xml", "xl/workbook.xml")
	ofd := zipped(t, "OFD.xml", "Doc_0/Document.xml")
	good := map[string]string{
		"a.pdf": "%PDF-1.7\n", "a.png": "\x89PNG\r\n\x1a\n....", "a.JPG": "\xff\xd8\xff\xe0", "a.jpeg": "\xff\xd8\xff\xe1",
		"a.docx": docx, "a.xlsx": xlsx, "a.ofd": ofd, "a.txt": "\xef\xbb\xbf会议纪要\r\n一、\t同意。\n",
	}
	for name, content := range good {
		if err := approval.ProveContent(name, strings.NewReader(content), int64(len(content))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for other := range good {
			if strings.HasPrefix(content, "\xff\xd8\xff") && strings.HasPrefix(strings.ToLower(other), "a.jp") || other == "a.txt" && name == "a.pdf" || other == name {
				continue
			}
			if err := approval.ProveContent(other, strings.NewReader(content), int64(len(content))); !approval.IsKind(err, approval.Invalid) {
				t.Errorf("the content of %s as %s: %v", name, other, err)
			}
		}
	}
	for what, c := range map[string][2]string{
		"a program":            {"a.pdf", "MZ\x90\x00"},
		"a page":               {"a.pdf", "<html>"},
		"a short file":         {"a.png", "\x89P"},
		"a document of macros": {"a.docx", zipped(t, "[Content_Types].xml", "word/document.xml", "word/VbaProject.bin")},
		"any archive":          {"a.docx", zipped(t, "setup.exe")},
		"a broken archive":     {"a.xlsx", xlsx[:len(xlsx)-30]},
		"text of another kind": {"a.txt", "\xbb\xe1\xd2\xe9"},
		"a nul in a text":      {"a.txt", "a\x00b"},
		"an escape in a text":  {"a.txt", "\x1b[2J"},
	} {
		if err := approval.ProveContent(c[0], strings.NewReader(c[1]), int64(len(c[1]))); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for name, content := range good {
		err := approval.ProveContent(name, unread{}, int64(len(content)))
		if err == nil || approval.IsKind(err, approval.Invalid) {
			if !strings.HasSuffix(name, "x") && name != "a.ofd" {
				t.Errorf("%s that cannot be read: %v", name, err)
			}
		}
	}
}

// unread is a disk that fails.
type unread struct{}

func (unread) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }

// drawer is Papers in memory.
type drawer map[string]string

func (s drawer) Keep(_ context.Context, id approval.IssueID, hash string, look func(io.ReaderAt, int64) error) error {
	content, ok := s[string(id)+"/"+hash]
	if !ok {
		return &approval.Error{Kind: approval.NotFound, Field: "hash"}
	}
	if err := look(strings.NewReader(content), int64(len(content))); err != nil {
		return err
	}
	s["kept/"+string(id)+"/"+hash] = content
	return nil
}

func TestACommitNamesOnlyBytesThatAreKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := newOffice(t)
	service, issue := o.service, o.create(approval.Call{})
	content := "%PDF-1.7 总平面图"
	cmd := approval.Attach{Purpose: approval.ForPetition, Name: "总平面图.pdf", Hash: hashOf(content)}
	if _, _, err := service.Do(ctx, issue.ID, cmd, approval.Call{Actor: secretary}); !approval.IsKind(err, approval.Conflict) {
		t.Errorf("without a place for papers: %v", err)
	}
	papers := drawer{}
	service.Papers = papers
	if _, _, err := service.Do(ctx, issue.ID, cmd, approval.Call{Actor: secretary}); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("before it was uploaded: %v", err)
	}
	if _, _, err := service.Do(ctx, issue.ID, cmd, approval.Call{Actor: stranger}); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("a stranger learns %v", err)
	}
	papers[string(issue.ID)+"/"+cmd.Hash] = "GIF89a"
	if _, _, err := service.Do(ctx, issue.ID, cmd, approval.Call{Actor: secretary}); !approval.IsKind(err, approval.Invalid) || len(papers) != 1 {
		t.Errorf("another content: %v, %v", err, papers)
	}
	papers[string(issue.ID)+"/"+cmd.Hash] = content
	call := approval.Call{Actor: secretary, Key: "k", Digest: "d"}
	for repeated := range 2 {
		after, again, err := service.Do(ctx, issue.ID, cmd, call)
		if err != nil || again != (repeated == 1) || len(after.Attachments) != 1 || after.Attachments[0].Size != int64(len(content)) || after.Attachments[0].By != secretary {
			t.Fatalf("attached: %+v, %v, %v", after.Attachments, again, err)
		}
		if _, _, err := service.Do(ctx, issue.ID, approval.Withdraw{Reason: "不办了"}, approval.Call{Actor: secretary}); repeated == 0 && err != nil {
			t.Fatal(err)
		}
	}
}
