package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lianban/shared/approval"
)

// Shelf keeps the bytes of attachments on this machine.
type Shelf interface {
	// Put keeps what r holds for an issue under its hash, which has to be want
	// unless that is empty.
	Put(id approval.IssueID, want string, r io.Reader) (hash string, size int64, err error)
	// Open opens what is kept, or answers a NotFound error.
	Open(id approval.IssueID, hash string) (content io.ReadSeekCloser, size int64, err error)
}

// Links says where the bytes of attachments are put and fetched, for a while,
// without a sign-in.
type Links interface {
	// Upload answers an address to PUT the content to, with the headers that go along.
	Upload(ctx context.Context, id approval.IssueID, hash string, size int64) (address string, header map[string]string, until time.Time, err error)
	// Download answers an address at which the content comes as a file of the name.
	Download(ctx context.Context, id approval.IssueID, a approval.Attachment) (string, error)
}

// NewUpload announces a file.
type NewUpload struct {
	NewAttachment
	Size int64 `json:"size" doc:"In bytes; at most 20 MB."`
}

// NewAttachment attaches a file that was uploaded.
type NewAttachment struct {
	Name    string `json:"name" doc:"At most 120 characters; ends in .pdf, .ofd, .docx, .xlsx, .jpg, .jpeg, .png or .txt, as the content has to prove."`
	Hash    string `json:"hash" doc:"SHA-256 of the content, 64 hexadecimal digits in lower case."`
	Purpose string `json:"purpose" enum:"petition,supplement,opinion,evidence,consultation" doc:"申请材料, 补正材料, 意见材料, 核查材料 or 会商材料."`
	SignOff int    `json:"signOff,omitempty" doc:"supplement, opinion and evidence: the sign-off that it is for."`

	Sensitive bool `json:"sensitive,omitempty" doc:"敏感材料: it holds business secrets, what is private, or what is internal. Whoever is handed it is put on record. Never a state secret: those have no place here."`
}

func (n NewAttachment) command() approval.Attach {
	return approval.Attach{SignOff: n.SignOff, Purpose: approval.Purpose(n.Purpose), Name: n.Name, Hash: n.Hash, Sensitive: n.Sensitive}
}

// Upload is where a file is sent, as it is and in one piece.
type Upload struct {
	Method string            `json:"method" enum:"PUT"`
	URL    string            `json:"url" doc:"An address relative to this server, or of another one. It is all the permission needed: send no Authorization header along."`
	Header map[string]string `json:"header" doc:"Headers to send, exactly."`
	Until  time.Time         `json:"until"`
}

// Attachment is a file put to an issue 附件.
type Attachment struct {
	ID      string    `json:"id" doc:"SHA-256 of its content."`
	Name    string    `json:"name"`
	Type    string    `json:"type"`
	Size    int64     `json:"size" doc:"In bytes."`
	Purpose string    `json:"purpose" enum:"petition,supplement,opinion,evidence,consultation"`
	SignOff int       `json:"signOff,omitempty" doc:"Absent: the whole issue."`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Removed *Word     `json:"removed,omitempty" doc:"It was taken back; its content is handed out no more."`
	URL     string    `json:"url,omitempty" doc:"Where its content is."`

	Sensitive bool `json:"sensitive,omitempty" doc:"敏感材料: whoever asks for its content is put on record."`
}

// Reading is that somebody was handed a sensitive attachment 查阅记录.
type Reading struct {
	Seq        int64     `json:"seq"`
	At         time.Time `json:"at"`
	By         Actor     `json:"by"`
	Attachment string    `json:"attachment" doc:"Its id."`
	Name       string    `json:"name"`
}

type (
	announceIn struct {
		ID   string `path:"id"`
		Body NewUpload
	}
	attachIn struct {
		OfIssue
		Body NewAttachment
	}
	detachIn struct {
		OfIssue
		Hash string `path:"hash"`
		Body Because
	}
	downloadIn struct {
		ID   string `path:"id"`
		Hash string `path:"hash" doc:"The attachment's id."`
	}
)

func (a *API) attachments() {
	huma.Register(a.huma, operation("POST", "/issues/{id}/attachments/uploads", "announceUpload", "Where to upload a file; nothing is attached by it 申请上传附件", "attachments", 200, http.StatusNotFound, http.StatusConflict), a.announce)
	attach := change("/issues/{id}/attachments", "attach", "Attach a file that was uploaded 上传附件", "attachments", 200, http.StatusNotFound, http.StatusPreconditionFailed, http.StatusServiceUnavailable)
	huma.Register(a.huma, attach, a.attach)
	huma.Register(a.huma, change("/issues/{id}/attachments/{hash}/removal", "detach", "Take an attachment back before anybody acted on it 撤回附件", "attachments", 200, http.StatusNotFound, http.StatusPreconditionFailed), a.detach)
	get := operation("GET", "/issues/{id}/attachments/{hash}", "getAttachment", "An attachment's content 下载附件", "attachments", 200, http.StatusNotFound)
	get.Responses = map[string]*huma.Response{
		"200": {Description: "The content, as a file; ranges are served", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary}}},
		"206": {Description: "The range asked for"},
		"303": {Description: "The content is at the address in Location, for a few minutes"},
		"304": {Description: "Not modified"},
	}
	huma.Register(a.huma, get, a.download)
	huma.Register(a.huma, operation("GET", "/issues/{id}/readings", "listReadings", "Who was handed sensitive attachments 敏感材料查阅记录", "attachments", 200, http.StatusForbidden, http.StatusNotFound), a.listReadings)
	if a.shelf == nil {
		return
	}
	put := public(operation("PUT", "/uploads/{id}/{hash}", "upload", "Upload a file to the address that was given for it 上传文件", "attachments", 204))
	put.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary}}}
	put.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: word}, {Name: "hash", In: "path", Required: true, Schema: word}}
	for _, name := range []string{"until", "signature"} {
		put.Parameters = append(put.Parameters, &huma.Param{Name: name, In: "query", Required: true, Schema: word})
	}
	put.Responses = map[string]*huma.Response{"204": {Description: "It has arrived, whole and durable"}}
	problem := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestTimeout, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		put.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	// The body is streamed, so that the operation stands outside the library, which
	// reads it first.
	a.huma.OpenAPI().AddOperation(&put)
	a.huma.Adapter().Handle(&put, func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		if err := a.receive(w, r); err != nil {
			a.problem(r, err).write(w, r)
		}
	})
}

var (
	binary = &huma.Schema{Type: huma.TypeString, Format: "binary"}
	word   = &huma.Schema{Type: huma.TypeString}
)

func (v view) attachment(id approval.IssueID, a approval.Attachment) Attachment {
	out := Attachment{
		ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size, Purpose: string(a.Purpose), SignOff: a.SignOff, By: v.by(a.By), At: a.At, Removed: v.word(a.Removed), Sensitive: a.Sensitive,
	}
	if a.Removed == nil {
		out.URL = Base + "/issues/" + string(id) + "/attachments/" + a.ID
	}
	return out
}

func (s *server) announce(ctx context.Context, in *announceIn) (*one[Upload], error) {
	issue, err := s.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	cmd := in.Body.command()
	cmd.Size = in.Body.Size
	if err := s.service.MayAttach(issue, callOf(ctx).actor, cmd); err != nil {
		return nil, err
	}
	if s.shelf != nil {
		return &one[Upload]{s.own.upload(issue.ID, cmd.Hash)}, nil
	}
	address, header, until, err := s.links.Upload(ctx, issue.ID, cmd.Hash, cmd.Size)
	if err != nil {
		return nil, fmt.Errorf("make an address for an upload: %w", err)
	}
	return &one[Upload]{Upload{http.MethodPut, address, header, until}}, nil
}

func (s *server) attach(ctx context.Context, in *attachIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, in.Body.command())
}

func (s *server) detach(ctx context.Context, in *detachIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Detach{ID: in.Hash, Reason: in.Body.Reason})
}

func (s *server) download(ctx context.Context, in *downloadIn) (*huma.StreamResponse, error) {
	if s.shelf == nil && s.links == nil {
		return nil, need(false, "attachment", "没有这个附件，或已撤回。", "There is no such attachment, or it was taken back.")
	}
	issue, err := s.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	a, err := s.service.Paper(ctx, issue.ID, in.Hash, callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	if s.shelf == nil {
		to, err := s.links.Download(ctx, issue.ID, a)
		if err != nil {
			return nil, fmt.Errorf("make an address for a download: %w", err)
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Location", to)
			ctx.SetStatus(http.StatusSeeOther)
		}}, nil
	}
	content, _, err := s.shelf.Open(issue.ID, a.ID)
	if err != nil {
		if approval.IsKind(err, approval.NotFound) {
			err = fmt.Errorf("attachment %s of issue %s is on record and its file is gone; bring it back from a backup", a.ID, issue.ID)
		}
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer content.Close()
		r, w := humago.Unwrap(ctx)
		w.Header().Set("Content-Type", a.Type)
		w.Header().Set("Content-Disposition", Disposition(a.Name))
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		if a.Sensitive { // asked for again, it is put on record again
			w.Header().Set("Cache-Control", "no-store")
		} else {
			w.Header().Set("Cache-Control", "private, no-cache")
			w.Header().Set("Etag", `"`+a.ID+`"`)
		}
		http.ServeContent(w, r, "", time.Time{}, content)
	}}, nil
}

func (s *server) listReadings(ctx context.Context, in *eventsIn) (*PageOut[Reading], error) {
	c := callOf(ctx)
	v := s.view(c)
	return stored(s, c, fmt.Sprintf("readings?issue=%q&after=%d", in.ID, in.After), in.PageIn, func(p approval.Page) ([]approval.Event, approval.Cursor, error) {
		issue, err := s.load(ctx, in.ID)
		if err != nil {
			return nil, "", err
		}
		return s.service.ReadingsOf(ctx, issue.ID, c.actor, in.After, p)
	}, func(e approval.Event) Reading {
		out := Reading{Seq: e.Seq, At: e.At, By: v.by(e.By)}
		var said struct{ Hash, Name string }
		if json.Unmarshal(e.Detail, &said) == nil {
			out.Attachment, out.Name = said.Hash, said.Name
		}
		return out
	})
}

// Disposition has content saved as a file of the name, never shown in its place.
func Disposition(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// uploadFor is how long an address for an upload is good.
const uploadFor = 15 * time.Minute

// ownLinks lets uploads come to this server, by addresses that it has signed.
type ownLinks struct {
	now func() time.Time
	key []byte
}

func (l ownLinks) upload(id approval.IssueID, hash string) Upload {
	until := l.now().Add(uploadFor).Truncate(time.Second)
	unix := strconv.FormatInt(until.Unix(), 10)
	q := url.Values{"until": {unix}, "signature": {l.sign(string(id), hash, unix)}}
	address := Base + "/uploads/" + string(id) + "/" + hash + "?" + q.Encode()
	return Upload{http.MethodPut, address, map[string]string{"Content-Type": "application/octet-stream"}, until}
}

func (l ownLinks) sign(parts ...string) string {
	mac := hmac.New(sha256.New, l.key)
	fmt.Fprintf(mac, "upload %q", parts)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (l ownLinks) signed(r *http.Request) bool {
	q := r.URL.Query()
	until := q.Get("until")
	unix, err := strconv.ParseInt(until, 10, 64)
	return err == nil && l.now().Before(time.Unix(unix, 0)) &&
		hmac.Equal([]byte(q.Get("signature")), []byte(l.sign(r.PathValue("id"), r.PathValue("hash"), until)))
}

// receive takes a file at an address that announce gave.
func (s *server) receive(w http.ResponseWriter, r *http.Request) error {
	if !s.own.signed(r) {
		return &fault{kind: kindForbidden, text: text("上传地址无效或已过期，请重新申请。", "The address for the upload is not valid, or its time is over; ask for a new one.")}
	}
	unhurried(w)
	hash := r.PathValue("hash")
	body := &watched{Reader: r.Body}
	if _, _, err := s.shelf.Put(approval.IssueID(r.PathValue("id")), hash, body); err != nil {
		if body.err != nil {
			return brokenOff(body.err)
		}
		return err
	}
	w.Header().Set("Etag", `"`+hash+`"`)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// unhurried lifts the server's deadlines: twenty megabytes may take minutes. Where
// there are none to lift, nothing needs to be done.
func unhurried(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}

// watched remembers whether it was the reading that failed.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
