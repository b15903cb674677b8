package approval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lianban/shared/roster"
)

// Attachment (附件) is a file that somebody put to an issue. The issue keeps what
// is known of it; its bytes are kept by Papers, under the issue and the hash.
type Attachment struct {
	ID      string    `json:"id"` // SHA-256 of the bytes, in lower-case hex
	Name    string    `json:"name"`
	Type    string    `json:"type"` // media type, by the name's ending and as the content proved
	Size    int64     `json:"size"`
	Purpose Purpose   `json:"purpose"`
	SignOff int       `json:"signOff,omitempty"` // 0: the whole issue
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Removed *Word     `json:"removed,omitempty"` // taken back; its bytes are handed out no more
	// Sensitive (敏感材料) says that it holds business secrets or what is private (Regulations on
	// Open Government Information, State Council Order 711 of 2019, article 15), or what is
	// internal (article 16): whoever is handed it is put on record. State secrets are not meant;
	// they have no place in this product.
	Sensitive bool `json:"sensitive,omitempty"`
}

// Purpose is what an attachment is there for, and so who may put it there.
type Purpose string

const (
	ForPetition     Purpose = "petition"     // 申请材料: the branch's, on the issue
	ForSupplement   Purpose = "supplement"   // 补正材料: the branch's, while a supplement is asked for
	ForOpinion      Purpose = "opinion"      // 意见材料: an officer's, on the own open sign-off or one to be signed too
	ForEvidence     Purpose = "evidence"     // 核查材料: a checker's, on a duty that is not settled
	ForConsultation Purpose = "consultation" // 会商材料: the tier's that holds the consultation
)

// Purposes are all of them, in the order in which an issue meets them.
var Purposes = []Purpose{ForPetition, ForSupplement, ForOpinion, ForConsultation, ForEvidence}

// Assumed limits: what one scanned document and one case reasonably have. Fifty
// attachments also keep an issue's record far below 400 KB.
const (
	MaxPaper       = 20 << 20 // bytes of one file
	MaxAttachments = 50       // of one issue, those taken back included
	paperNameRunes = 120
)

// Attach (上传附件) puts a file to the issue, to a sign-off's opinion or supplement,
// to a duty's evidence, or before a consultation. Service.Do has Papers keep the bytes
// first and says how many there are, so that no commit names what is not kept.
type Attach struct {
	SignOff int
	Purpose Purpose
	Name    string
	Size    int64
	Hash    string // SHA-256, in lower-case hex

	Sensitive bool // who is handed it is put on record

	kept bool // the bytes are durable, and are what hash and name say
}

// Detach (撤回附件) takes an attachment back, as who put it there, and only until
// somebody has acted with it before them. What was known of it stays on record.
type Detach struct {
	ID     string
	Reason string
}

// Papers keeps the bytes of attachments.
type Papers interface {
	// Keep makes sure that the bytes of an issue under a hash are whole, durable
	// and here to stay, and hands them to look before it does; look's error is
	// answered as it is. Bytes that have not arrived are a NotFound error, those
	// that are not what their hash says any other. ErrNotKept marks what the
	// operator has to mend.
	Keep(ctx context.Context, id IssueID, hash string, look func(r io.ReaderAt, size int64) error) error
}

// ErrNotKept says that papers cannot be kept at present: no room, or no right to
// write where they lie.
var ErrNotKept = errors.New("papers cannot be kept at present")

// Attachment returns the attachment by its id, unless it was taken back.
func (i *Issue) Attachment(id string) *Attachment {
	for k := range i.Attachments {
		if a := &i.Attachments[k]; a.ID == id && a.Removed == nil {
			return a
		}
	}
	return nil
}

// HasPaper reports whether the issue names the bytes, even if it hands them out no
// more: they are evidence of what had been there.
func (i *Issue) HasPaper(hash string) bool {
	return slices.ContainsFunc(i.Attachments, func(a Attachment) bool { return a.ID == hash })
}

// bring readies a command that names bytes: they are kept before anything is
// committed. Who may not attach does not learn whether they have arrived: a refused
// command goes on as it is, to be refused in its turn or, when it is a repetition,
// to be answered from its receipt.
func (s *Service) bring(ctx context.Context, id IssueID, cmd Command, actor Actor) (Command, error) {
	attach, ok := cmd.(Attach)
	if !ok {
		return cmd, nil
	}
	if s.Papers == nil {
		return nil, noPapers()
	}
	issue, err := s.store.Issue(ctx, id)
	if err != nil {
		return nil, err
	}
	attach.Size = 1 // until it is known
	if s.MayAttach(issue, actor, attach) != nil {
		return attach, nil
	}
	if attach.Sensitive && s.Readings == nil {
		return nil, refuse(Conflict, "sensitive", "本系统未配置查阅记录，不能上传敏感材料，请联系管理员。", "Readings are not recorded here, so that no sensitive file is taken; ask an administrator.")
	}
	err = s.Papers.Keep(ctx, id, attach.Hash, func(r io.ReaderAt, size int64) error {
		switch attach.Size = size; {
		case size == 0:
			return nil // the rules say so
		case size > MaxPaper:
			return PaperTooLarge()
		}
		return proveContent(attach.Name, r, size)
	})
	if _, refusal := errors.AsType[*Error](err); err != nil && !refusal {
		return nil, fmt.Errorf("keep paper %s of issue %s: %w", attach.Hash, id, err)
	}
	attach.kept = true
	return attach, err
}

// MayAttach answers the refusal that the command would meet if its bytes were
// kept; nil when there is none.
func (s *Service) MayAttach(issue Issue, actor Actor, cmd Attach) error {
	if s.Papers == nil {
		return noPapers()
	}
	cmd.kept = true
	_, err := s.Rules().Apply(issue, actor, cmd, s.now())
	return err
}

func noPapers() error {
	return refuse(Conflict, "", "本系统未配置附件存储，不能上传附件，请联系管理员。", "No place for attachments is configured here; ask an administrator.")
}

// PaperName is the name under which a file is kept: without the folders that some
// browsers send along, without white space at its ends.
func PaperName(name string) string {
	if k := strings.LastIndexAny(name, `/\`); k >= 0 {
		name = name[k+1:]
	}
	return strings.TrimSpace(name)
}

// namePaper checks a name that PaperName made, and answers the media type that its
// ending stands for.
func namePaper(name string) (string, error) {
	if strings.Trim(name, ". ") == "" {
		return "", refuse(Invalid, "name", "请填写文件名。", "Please give the file a name.")
	}
	if !utf8.ValidString(name) {
		return "", refuse(Invalid, "name", "文件名含有无法识别的字符，请改名后上传。", "The file's name holds characters that are not valid text; rename the file.")
	}
	if n := utf8.RuneCountInString(name); n > paperNameRunes {
		return "", refuse(Invalid, "name", "文件名最多 %d 个字，现为 %d 个字，请改短后上传。", "A file's name has at most %d characters, this has %d; rename the file.", paperNameRunes, n)
	}
	// Format characters turn the reading direction, or hide: "图fdp.exe" can be made
	// to look like a drawing.
	if strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
	}) {
		return "", refuse(Invalid, "name", "文件名含有控制字符或不可见字符，请改名后上传。", "The file's name holds control characters or invisible ones; rename the file.")
	}
	kind, ok := paperKinds[ending(name)]
	if !ok {
		return "", refuse(Invalid, "name", "可上传的文件类型：%[1]s。请转换后上传。", "Files of these types are taken: %[2]s. Convert the file and try again.", strings.Join(PaperEndings, "、"), strings.Join(PaperEndings, ", "))
	}
	return kind.media, nil
}

func ending(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

// PaperTooLarge refuses a file of more than MaxPaper bytes.
func PaperTooLarge() error {
	return refuse(Invalid, "size", "单个附件最大 %d MB，请压缩或拆分后上传。", "A file has at most %d MB; make it smaller or split it.", MaxPaper>>20)
}

func (c Attach) apply(t *transition) error {
	if err := t.mayPut(c.Purpose, c.SignOff); err != nil {
		return err
	}
	name := PaperName(c.Name)
	media, err := namePaper(name)
	switch {
	case err != nil:
		return err
	case !isHash(c.Hash):
		return refuse(Invalid, "hash", "请填写文件的 SHA-256 值（64 位小写十六进制）。", "Give the file's SHA-256, 64 hexadecimal digits in lower case.")
	case c.Size < 1:
		return refuse(Invalid, "size", "文件是空的，请检查后重新选择。", "The file is empty; check it and choose it again.")
	case c.Size > MaxPaper:
		return PaperTooLarge()
	}
	if a := t.issue.Attachment(c.Hash); a != nil {
		if a.Purpose == c.Purpose && a.SignOff == c.SignOff {
			if a.Sensitive == c.Sensitive {
				return nil
			}
			return refuse(Conflict, "sensitive", "同一文件已经附上。如需改变是否为敏感材料，请先撤回，再重新上传。", "The same file is attached already. To change whether it is sensitive, take it back first and attach it again.")
		}
		return refuse(Conflict, "", "同一文件已作为“%s”附在本问题上，不必重复上传。", "The same file is attached to this issue already, as %q.", a.Name)
	}
	if n := len(t.issue.Attachments); n >= MaxAttachments {
		return refuse(Conflict, "", "一个问题最多 %d 个附件（含已撤回的），请合并后上传。", "An issue has at most %d attachments, those taken back included; put several into one.", MaxAttachments)
	}
	if !c.kept { // last, because what is refused for another reason is never asked to be kept
		return refuse(Invalid, "hash", "文件尚未上传，请先上传。", "The file has not been uploaded yet; upload it first.")
	}
	a := Attachment{ID: c.Hash, Name: name, Type: media, Size: c.Size, Purpose: c.Purpose, SignOff: c.SignOff, By: t.actor, At: t.now, Sensitive: c.Sensitive}
	t.issue.Attachments = append(slices.Clone(t.issue.Attachments), a)
	t.paperEvent(EvAttach, &a)
	return nil
}

// mayPut checks that the actor may attach for the purpose now.
func (t *transition) mayPut(purpose Purpose, n int) error {
	whole := purpose == ForPetition || purpose == ForConsultation
	if whole != (n == 0) && slices.Contains(Purposes, purpose) {
		if whole {
			return refuse(Invalid, "signOff", "该类附件附于整个问题，不能指定会签任务。", "An attachment for this purpose belongs to the whole issue; name no sign-off.")
		}
		return refuse(Invalid, "signOff", "请指明附件所属的会签任务。", "Name the sign-off that the attachment is for.")
	}
	switch purpose {
	case ForPetition:
		if err := t.secretary(); err != nil {
			return err
		}
		if t.issue.Status.Ended() {
			return refuse(Closed, "", "该问题已办结，不能再上传附件。", "The issue has ended and takes no more attachments.")
		}
		return nil
	case ForSupplement:
		if err := t.secretary(); err != nil {
			return err
		}
		s, err := t.named(n)
		if err != nil {
			return err
		}
		if s.State != Supplement {
			return refuse(Conflict, "signOff", "该任务没有待补正的要求。", "No supplement is waited for here.")
		}
		return nil
	case ForOpinion:
		if t.signsAny(n) {
			return nil
		}
		_, err := t.task(n)
		return err
	case ForEvidence:
		_, err := t.verifies(n, roster.Officer)
		return err
	case ForConsultation:
		return t.holdsConsultation()
	}
	return refuse(Invalid, "purpose", "请选择附件用途：申请材料、补正材料、意见材料、会商材料或核查材料。", "Choose what the attachment is for: petition, supplement, opinion, consultation or evidence.")
}

// signsAny reports whether an added signature (加签) under the sign-off is asked of
// the actor: its answer may come with papers too.
func (t *transition) signsAny(n int) bool {
	s := t.issue.SignOff(n)
	if s == nil {
		return false
	}
	actor := t.actor
	for k := range s.Added {
		if t.signs(s, &s.Added[k]) == nil {
			return true
		}
		t.actor = actor
	}
	return false
}

// holdsConsultation checks that the actor is of the tier that holds the open
// consultation, and has no interest in the issue.
func (t *transition) holdsConsultation() error {
	con := t.issue.Consultation
	if con == nil || !con.ClosedAt.IsZero() {
		return refuse(Conflict, "", "该问题没有正在进行的会商。", "No consultation is held on this issue.")
	}
	if !t.RulesOn(&t.issue, t.actor) {
		name := t.Roster.TierName(con.Tier)
		return refuse(Forbidden, "", "会商材料由主持会商的%[1]s上传。", "Papers for the consultation are attached by %[2]s, which holds it.", name.ZH, name.EN)
	}
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your tier does this.")
	}
	return nil
}

// PaperMissing says that bytes have not arrived.
func PaperMissing() error {
	return refuse(NotFound, "hash", "文件尚未上传，请先上传。", "The file has not been uploaded yet; upload it first.")
}

// NamesPaper reports whether bytes can be kept under an issue and a hash: both are
// fit to be parts of a path.
func NamesPaper(id IssueID, hash string) bool {
	return isHash(hash) && id != "" && len(id) <= 64 && strings.Trim(strings.ToLower(string(id)), "0123456789abcdefghijklmnopqrstuvwxyz-") == ""
}

func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func (c Detach) apply(t *transition) error {
	if !t.Visible(&t.issue, t.actor) {
		return NoIssue(t.issue.ID)
	}
	k := slices.IndexFunc(t.issue.Attachments, func(a Attachment) bool { return a.ID == c.ID && a.Removed == nil })
	if k < 0 {
		return refuse(NotFound, "attachment", "没有这个附件，或已撤回。", "There is no such attachment, or it was taken back.")
	}
	a := t.issue.Attachments[k]
	if a.By.Person != t.actor.Person || a.By.Role != t.actor.Role || a.By.Unit != t.actor.Unit {
		return refuse(Forbidden, "", "附件由上传人本人撤回。", "An attachment is taken back by who put it there.")
	}
	if t.relied(&a) {
		return refuse(Closed, "", "附件上传后已有人据以办理，不能撤回；如有更正，请另行上传并说明。", "Somebody has acted since it was attached, so it stays; attach a corrected file and say so.")
	}
	if err := textField("reason", c.Reason, titleRunes, true); err != nil {
		return err
	}
	a.Removed = &Word{Reason: c.Reason, By: t.actor, At: t.now}
	t.issue.Attachments = slices.Clone(t.issue.Attachments)
	t.issue.Attachments[k] = a
	t.paperEvent(EvDetach, &a)
	t.events[len(t.events)-1].Reason = c.Reason
	return nil
}

func (t *transition) paperEvent(kind string, a *Attachment) {
	t.event(kind, func(e *Event) {
		e.SignOff, e.Before, e.After = a.SignOff, string(t.issue.Status), string(t.issue.Status)
		if s := t.issue.SignOff(a.SignOff); s != nil {
			e.Before, e.After = string(s.State), string(s.State)
		}
		said := map[string]any{"name": a.Name, "type": a.Type, "size": a.Size, "hash": a.ID, "purpose": a.Purpose}
		if a.Sensitive {
			said["sensitive"] = true
		}
		e.Detail = detail(said)
	})
}

// relied reports whether somebody acted when the attachment lay before them:
// on its sign-off, or on any where it belongs to the whole issue.
func (t *transition) relied(a *Attachment) bool {
	since := func(at time.Time) bool { return !at.IsZero() && !at.Before(a.At) }
	if since(t.issue.ConcludedAt) {
		return true
	}
	if con := t.issue.Consultation; con != nil && since(con.ClosedAt) {
		return true
	}
	return slices.ContainsFunc(t.issue.SignOffs, func(s SignOff) bool {
		return (a.SignOff == 0 || a.SignOff == s.N) && slices.ContainsFunc(s.acts(a.By.Person), since)
	})
}

// acts are the moments at which something was done about the sign-off. Who claims
// it has the attachments before them; who attached themselves had that one already.
func (s *SignOff) acts(attached roster.PersonID) (at []time.Time) {
	if s.Assignee != attached && s.Substitute != attached {
		at = append(at, s.ClaimedAt)
	}
	judged := func(d *Decision, r *Ruling, duties []Duty) {
		if d != nil {
			at = append(at, d.At)
		}
		if r != nil {
			at = append(at, r.At)
		}
		for k := range duties {
			at = append(at, duties[k].SettledAt)
		}
	}
	judged(s.Decision, s.Ruling, s.Duties)
	for _, e := range s.Earlier {
		judged(e.Decision, e.Ruling, e.Duties)
	}
	for k := range s.Added {
		at = append(at, s.Added[k].AnsweredAt)
	}
	if h := s.Handover; h != nil {
		at = append(at, h.Passed.At)
	}
	if r := s.Request; r != nil {
		at = append(at, r.At, r.AnsweredAt)
	}
	if e := s.Extension; e != nil {
		at = append(at, e.At, e.AnsweredAt)
	}
	return at
}
