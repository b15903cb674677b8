package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

// NewRequest is a request of an enterprise, a resident or a village 诉求.
type NewRequest struct {
	Project      string    `json:"project"`
	From         string    `json:"from" enum:"enterprise,resident,village" doc:"企业, 居民 or 村居."`
	Organisation string    `json:"organisation,omitempty" doc:"Of enterprises and villages; a resident is registered without a name."`
	Contact      *CallBack `json:"contact,omitempty" doc:"Whom to call back, if anybody."`
	Channel      string    `json:"channel" enum:"call,visit,letter,online" doc:"来电, 来访, 来信 or 网上."`
	Title        string    `json:"title" doc:"Shown in lists: leave personal data out."`
	Text         string    `json:"text"`
	Unit         string    `json:"unit,omitempty" doc:"The branch or department that shall have it; the project's branch when absent."`
}

// CallBack is whom to call back about a request.
type CallBack struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// HandOn names the unit that shall have a request.
type HandOn struct {
	Unit   string `json:"unit" doc:"A branch, a general branch, or a department that decides."`
	Reason string `json:"reason"`
}

// AnswerRequest tells the requester.
type AnswerRequest struct {
	Text string `json:"text" doc:"Shown to whoever has the check code."`
}

// DeclineRequest says why a request is not dealt with.
type DeclineRequest struct {
	Ground string `json:"ground" doc:"The ground 不予受理的依据."`
	Reason string `json:"reason" doc:"Shown to whoever has the check code."`
}

// CloseRequest ends a request.
type CloseRequest struct {
	Note string `json:"note" doc:"How the requester was told 告知方式."`
}

// RequestDraft is what a request's issue begins with.
type RequestDraft struct {
	Title   string     `json:"title,omitempty" doc:"The request's when absent."`
	Body    string     `json:"body,omitempty" doc:"The request's text when absent."`
	Items   []int      `json:"items,omitempty" doc:"Numbers of approval items."`
	Parties []AskParty `json:"parties,omitempty" doc:"Departments asked to take part in coordination matters 协调事项."`
}

// Rate is the requester's word.
type Rate struct {
	Code    string `json:"code" maxLength:"64" doc:"The check code 查询码."`
	Stars   int    `json:"stars" doc:"1 (very bad) to 5 (very good)."`
	Comment string `json:"comment,omitempty" doc:"At most 500 characters."`
}

// RequestSummary is a request as it stands in a list: without personal data.
type RequestSummary struct {
	ID           string    `json:"id"`
	Receipt      string    `json:"receipt" doc:"The number as the office writes it 受理编号."`
	Version      int64     `json:"version"`
	Project      Ref       `json:"project"`
	From         string    `json:"from"`
	Organisation string    `json:"organisation,omitempty"`
	Channel      string    `json:"channel"`
	Title        string    `json:"title"`
	Status       Ref       `json:"status"`
	Unit         Ref       `json:"unit" doc:"The branch or department that has it."`
	RegisteredAt time.Time `json:"registeredAt"`
	Due          *Due      `json:"due,omitempty" doc:"The last day of the reply that is owed; absent while its issue is under way, and when it is answered. The limits are this product's own 拟定."`
	Light        string    `json:"light" enum:"green,yellow,red"`
	Issue        string    `json:"issue,omitempty" doc:"The issue that it became."`
	IssueStatus  string    `json:"issueStatus,omitempty"`
	AnswerOwed   bool      `json:"answerOwed" doc:"Its issue has ended, and the requester has not been answered 问题已办结，待答复."`
}

// RequestDetail is a request.
type RequestDetail struct {
	RequestSummary
	Text         string        `json:"text"`
	Contact      *CallBack     `json:"contact,omitempty" doc:"Told only to who deals with it."`
	RegisteredBy Actor         `json:"registeredBy"`
	AcceptedAt   time.Time     `json:"acceptedAt,omitzero"`
	Reply        *RequestReply `json:"reply,omitempty"`
	Rating       *RequestRated `json:"rating,omitempty"`
	ClosedAt     time.Time     `json:"closedAt,omitzero"`
	Code         string        `json:"code,omitempty" doc:"The check code 查询码, told this once: hand it to the requester."`
}

// RequestReply is what the requester was told.
type RequestReply struct {
	Text   string    `json:"text"`
	Ground string    `json:"ground,omitempty"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

// RequestRated is the requester's word.
type RequestRated struct {
	Stars   int       `json:"stars"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// RequestStatus is what the requester sees: where it is, and the reply.
type RequestStatus struct {
	Receipt      string        `json:"receipt"`
	Status       Ref           `json:"status"`
	Unit         Name          `json:"unit" doc:"Who has it."`
	RegisteredOn calendar.Date `json:"registeredOn" format:"date"`
	DueOn        calendar.Date `json:"dueOn,omitzero" format:"date" doc:"The last day of the reply that is owed."`
	IssueEnded   bool          `json:"issueEnded" doc:"The issue that it became has ended; the answer follows."`
	Reply        string        `json:"reply,omitempty"`
	Ground       string        `json:"ground,omitempty"`
	Stars        int           `json:"stars,omitempty" doc:"How it was rated."`
}

type (
	requestsIn struct {
		PageIn
		Unit     string `query:"unit" doc:"The requests that a unit has."`
		District string `query:"district" doc:"The requests of a district, for its bureau and the overseers."`
		Done     bool   `query:"done" doc:"Those answered, declined or closed, the latest first, instead of the open ones by last day."`
	}
	OfRequest struct { // exported, as the library looks into no other
		Key
		Match
		ID string `path:"id"`
	}
	newRequestIn struct {
		Key
		Body NewRequest
	}
	handOnIn struct {
		OfRequest
		Body HandOn
	}
	answerRequestIn struct {
		OfRequest
		Body AnswerRequest
	}
	declineRequestIn struct {
		OfRequest
		Body DeclineRequest
	}
	closeRequestIn struct {
		OfRequest
		Body CloseRequest
	}
	requestDraftIn struct {
		OfRequest
		Body *RequestDraft `doc:"May be left out."`
	}
	statusIn struct {
		Receipt string `path:"receipt" doc:"The number in any brackets, such as 2026-000123."`
		Code    string `query:"code" doc:"The check code 查询码."`
	}
	rateIn struct {
		Receipt string `path:"receipt"`
		Body    Rate
	}
	statusOut  struct{ Body RequestStatus }
	requestOut struct {
		Status   int
		ETag     string `header:"ETag" doc:"The request's version, in quotes."`
		Location string `header:"Location" doc:"Where a new request is."`
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     RequestDetail
	}
)

// requestChange describes a step on a request.
func requestChange(path, id, summary string) huma.Operation {
	return change("/requests/{id}"+path, id, summary, "requests", 200, http.StatusNotFound, http.StatusPreconditionFailed)
}

func (a *API) requests() {
	huma.Register(a.huma, change("/requests", "registerRequest", "Register a request 登记诉求", "requests", 201), a.registerRequest)
	huma.Register(a.huma, operation("GET", "/requests", "listRequests", "Requests of a unit or a district, by last day 诉求列表", "requests", 200, http.StatusForbidden), a.listRequests)
	huma.Register(a.huma, operation("GET", "/requests/{id}", "getRequest", "A request 诉求详情", "requests", 200, http.StatusNotFound), a.getRequest)
	huma.Register(a.huma, operation("GET", "/requests/{id}/events", "listRequestEvents", "What happened to a request 诉求办理过程", "requests", 200, http.StatusNotFound), a.listRequestEvents)
	huma.Register(a.huma, requestChange("/acceptance", "acceptRequest", "Take a request on 受理"), a.acceptRequest)
	huma.Register(a.huma, requestChange("/unit", "handRequestOn", "Hand a request on to another unit 转交"), a.handRequestOn)
	huma.Register(a.huma, requestChange("/answer", "answerRequest", "Answer a request 答复"), a.answerRequest)
	huma.Register(a.huma, requestChange("/refusal", "declineRequest", "Decline a request 不予受理"), a.declineRequest)
	huma.Register(a.huma, requestChange("/issue", "raiseRequest", "Make a draft issue of a request 转为问题"), a.raiseRequest)
	huma.Register(a.huma, requestChange("/closure", "closeRequest", "Close a request once the requester knows 办结"), a.closeRequest)
	huma.Register(a.huma, requestChange("/code", "renewRequestCode", "Give the requester another check code 补发查询码"), a.renewRequestCode)
	huma.Register(a.huma, public(operation("GET", "/status/{receipt}", "getRequestStatus", "Where a request is, for its requester 诉求进度查询", "requests", 200, http.StatusNotFound)), a.getRequestStatus)
	huma.Register(a.huma, public(operation("POST", "/status/{receipt}/rating", "rateRequest", "The requester's rating, once 满意度评价", "requests", 200, http.StatusNotFound, http.StatusConflict)), a.rateRequest)
}

func (n NewRequest) domain() intake.New {
	out := intake.New{
		Project: roster.ProjectID(n.Project), From: intake.Requester(n.From), Organisation: n.Organisation,
		Channel: intake.Channel(n.Channel), Title: n.Title, Text: n.Text, Unit: n.Unit,
	}
	if n.Contact != nil {
		out.Contact = intake.Contact(*n.Contact)
	}
	return out
}

func (s *server) requestSummary(ctx context.Context, v view, got intake.Got) (RequestSummary, error) {
	r := &got.State
	standing, err := s.intake.Standing(ctx, r)
	if err != nil {
		return RequestSummary{}, err
	}
	out := RequestSummary{
		ID: got.ID, Receipt: intake.Receipt(got.ID), Version: got.Version, Project: v.project(r.Project), From: string(r.From), Organisation: r.Organisation,
		Channel: string(r.Channel), Title: r.Title, Status: Ref{string(r.Status), Name(r.Status.Name())}, Unit: *v.unit(r.Unit), RegisteredAt: r.RegisteredAt,
		Light: string(standing.Light), Issue: string(r.Issue), IssueStatus: string(standing.Issue), AnswerOwed: standing.AnswerOwed,
	}
	if !standing.Due.On.IsZero() {
		due := v.due(standing.Due)
		out.Due = &due
	}
	return out, nil
}

// request tells one request, with its check code when that has just been made.
func (s *server) request(ctx context.Context, status int, got intake.Got, code string) (*requestOut, error) {
	c := callOf(ctx)
	v := s.view(c)
	summary, err := s.requestSummary(ctx, v, got)
	if err != nil {
		return nil, err
	}
	r := &got.State
	out := &requestOut{Status: status, ETag: etag(got.Version), Body: RequestDetail{
		RequestSummary: summary, Text: r.Text, RegisteredBy: v.by(r.RegisteredBy), AcceptedAt: r.AcceptedAt, ClosedAt: r.Closed, Code: code,
	}}
	if got.Repeated {
		out.Replayed = "true"
	}
	if r.Contact != nil && s.intake.MayCallBack(c.actor, r) {
		contact := CallBack(*r.Contact)
		out.Body.Contact = &contact
	}
	if r.Reply != nil {
		out.Body.Reply = &RequestReply{r.Reply.Text, r.Reply.Ground, v.by(r.Reply.By), r.Reply.At}
	}
	if r.Rating != nil {
		rated := RequestRated(*r.Rating)
		out.Body.Rating = &rated
	}
	return out, nil
}

// requestCall is the call of a step on a request.
func requestCall(ctx context.Context, in OfRequest) (approval.Call, error) {
	c := callOf(ctx)
	expect, err := expected(in.IfMatch)
	return approval.Call{Actor: c.actor, Expect: expect, Key: c.key, Digest: c.digest}, err
}

// step carries one out and tells the request after it.
func (s *server) step(ctx context.Context, in OfRequest, do func(id string, call approval.Call) (intake.Got, error)) (*requestOut, error) {
	call, err := requestCall(ctx, in)
	if err != nil {
		return nil, err
	}
	got, err := do(in.ID, call)
	if err != nil {
		return nil, err
	}
	return s.request(ctx, http.StatusOK, got, "")
}

func (s *server) registerRequest(ctx context.Context, in *newRequestIn) (*requestOut, error) {
	c := callOf(ctx)
	got, code, err := s.intake.Register(ctx, in.Body.domain(), approval.Call{Actor: c.actor, Key: c.key, Digest: c.digest})
	if err != nil {
		return nil, err
	}
	out, err := s.request(ctx, http.StatusCreated, got, code)
	if err != nil {
		return nil, err
	}
	out.Location = Base + "/requests/" + got.ID
	return out, nil
}

func (s *server) listRequests(ctx context.Context, in *requestsIn) (*PageOut[RequestSummary], error) {
	c := callOf(ctx)
	if (in.Unit == "") == (in.District == "") {
		return nil, &fault{kind: kindInvalid, field: "unit", text: text("请在 unit（单位）和 district（区域）中选填一个。", "Give either unit or district.")}
	}
	query := fmt.Sprintf("requests?unit=%q&district=%q&done=%t", in.Unit, in.District, in.Done)
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	q := intake.Query{Unit: in.Unit, District: roster.DistrictCode(in.District), Done: in.Done}
	got, next, err := s.intake.List(ctx, q, c.actor, approval.Page{Limit: in.Limit, Cursor: cursor})
	if err != nil {
		return nil, err
	}
	v, items := s.view(c), []RequestSummary{}
	for _, g := range got {
		item, err := s.requestSummary(ctx, v, g)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return page(c, items, s.cursors.seal(query, next)), nil
}

func (s *server) getRequest(ctx context.Context, in *idIn) (*requestOut, error) {
	got, err := s.intake.Request(ctx, in.ID, callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	return s.request(ctx, http.StatusOK, got, "")
}

func (s *server) listRequestEvents(ctx context.Context, in *eventsIn) (*PageOut[Event], error) {
	c := callOf(ctx)
	got, err := s.intake.Request(ctx, in.ID, c.actor)
	if err != nil {
		return nil, err
	}
	return stored(s, c, fmt.Sprintf("events?request=%q&after=%d", in.ID, in.After), in.PageIn, func(p approval.Page) ([]approval.Event, approval.Cursor, error) {
		return s.intake.Trail(ctx, got.ID, in.After, p)
	}, s.view(c).event)
}

func (s *server) acceptRequest(ctx context.Context, in *OfRequest) (*requestOut, error) {
	return s.step(ctx, *in, func(id string, call approval.Call) (intake.Got, error) { return s.intake.Accept(ctx, id, call) })
}

func (s *server) handRequestOn(ctx context.Context, in *handOnIn) (*requestOut, error) {
	return s.step(ctx, in.OfRequest, func(id string, call approval.Call) (intake.Got, error) {
		return s.intake.HandOn(ctx, id, in.Body.Unit, in.Body.Reason, call)
	})
}

func (s *server) answerRequest(ctx context.Context, in *answerRequestIn) (*requestOut, error) {
	return s.step(ctx, in.OfRequest, func(id string, call approval.Call) (intake.Got, error) {
		return s.intake.Answer(ctx, id, in.Body.Text, call)
	})
}

func (s *server) declineRequest(ctx context.Context, in *declineRequestIn) (*requestOut, error) {
	return s.step(ctx, in.OfRequest, func(id string, call approval.Call) (intake.Got, error) {
		return s.intake.Decline(ctx, id, in.Body.Ground, in.Body.Reason, call)
	})
}

func (s *server) raiseRequest(ctx context.Context, in *requestDraftIn) (*requestOut, error) {
	p := Petition{}
	if b := in.Body; b != nil {
		p = Petition{Title: b.Title, Body: b.Body, Items: b.Items, Parties: b.Parties}
	}
	return s.step(ctx, in.OfRequest, func(id string, call approval.Call) (intake.Got, error) {
		return s.intake.Raise(ctx, id, p.domain(), call)
	})
}

func (s *server) closeRequest(ctx context.Context, in *closeRequestIn) (*requestOut, error) {
	return s.step(ctx, in.OfRequest, func(id string, call approval.Call) (intake.Got, error) {
		return s.intake.Close(ctx, id, in.Body.Note, call)
	})
}

func (s *server) renewRequestCode(ctx context.Context, in *OfRequest) (*requestOut, error) {
	call, err := requestCall(ctx, *in)
	if err != nil {
		return nil, err
	}
	got, code, err := s.intake.RenewCode(ctx, in.ID, call)
	if err != nil {
		return nil, err
	}
	return s.request(ctx, http.StatusOK, got, code)
}

func (s *server) status(ctx context.Context, got intake.Got) (*statusOut, error) {
	r := &got.State
	standing, err := s.intake.Standing(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &statusOut{RequestStatus{
		Receipt: intake.Receipt(got.ID), Status: Ref{string(r.Status), Name(r.Status.Name())}, Unit: Name(s.service.Rules().Roster.UnitName(r.Unit)),
		RegisteredOn: calendar.Of(r.RegisteredAt), DueOn: standing.Due.On, IssueEnded: standing.AnswerOwed,
	}}
	if r.Reply != nil {
		out.Body.Reply, out.Body.Ground = r.Reply.Text, r.Reply.Ground
	}
	if r.Rating != nil {
		out.Body.Stars = r.Rating.Stars
	}
	return out, nil
}

func (s *server) getRequestStatus(ctx context.Context, in *statusIn) (*statusOut, error) {
	got, err := s.intake.Status(ctx, in.Receipt, in.Code)
	if err != nil {
		return nil, err
	}
	return s.status(ctx, got)
}

func (s *server) rateRequest(ctx context.Context, in *rateIn) (*statusOut, error) {
	got, err := s.intake.Rate(ctx, in.Receipt, in.Body.Code, in.Body.Stars, in.Body.Comment)
	if err != nil {
		return nil, err
	}
	return s.status(ctx, got)
}
