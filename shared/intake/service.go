package intake

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Service is the one way in.
type Service struct {
	issues   *approval.Service
	store    docket.Store
	newCode  func() string
	requests docket.Desk[Request]
	pool     docket.Desk[Matter]
	numbers  docket.Desk[number]
}

// NewService joins the rules of issues to a store. Check codes come from outside:
// at least ten letters and digits, random.
func NewService(issues *approval.Service, store docket.Store, newCode func() string) *Service {
	return &Service{
		issues: issues, store: store, newCode: newCode,
		requests: docket.Desk[Request]{Kind: requestKind, Store: store, Now: issues.Now, Places: places},
		pool:     docket.Desk[Matter]{Kind: poolKind, Store: store, Now: issues.Now, Places: matterPlaces},
		numbers:  docket.Desk[number]{Kind: numberKind, Store: store, Now: issues.Now},
	}
}

// number is where to begin looking for a year's next free number: every one up to
// Last is taken.
type number struct {
	Last int `json:"last"`
}

// errTaken says that a number has a record already.
var errTaken = errors.New("the number is taken")

func numberOf(year, n int) string { return fmt.Sprintf("%04d-%06d", year, n) }

// Receipt is the number as the office writes it: 诉求〔2026〕000123.
func Receipt(id string) string {
	year, n, _ := strings.Cut(id, "-")
	return "诉求〔" + year + "〕" + n
}

// ParseReceipt reads a receipt number in whatever brackets it was typed.
func ParseReceipt(s string) (id string, ok bool) {
	if len(s) > 64 {
		return "", false
	}
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return -1
	}, s)
	if len(digits) < 5 {
		return "", false
	}
	n, err := strconv.Atoi(digits[4:])
	if err != nil || n == 0 {
		return "", false
	}
	return digits[:4] + "-" + fmt.Sprintf("%06d", n), true
}

// hash is what is kept of a check code: letters that are taken for digits and the
// other way round are read alike, as is any case.
func hash(id, code string) string {
	code = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '　':
			return -1
		case '0':
			return 'O'
		case '1':
			return 'I'
		case '8':
			return 'B'
		}
		return r
	}, strings.ToUpper(code))
	digest := sha256.Sum256([]byte(id + "/" + code))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// Got is a request as it stands.
type Got = docket.Got[Request]

// numbered makes a record under the next free number of the year. The counter says
// where to begin looking. put answers errTaken where there is a record already, and
// whether it was a repetition, which leaves the number free.
func (s *Service) numbered(ctx context.Context, series string, actor approval.Actor, put func(id string) (repeated bool, err error)) error {
	year, _, _ := s.issues.Today().Civil()
	counter := series + strconv.Itoa(year)
	hint, err := s.numbers.Get(ctx, counter)
	if err != nil && !approval.IsKind(err, approval.NotFound) {
		return err
	}
	at := hint.State.Last + 1
	repeated, err := put(numberOf(year, at))
	for errors.Is(err, errTaken) {
		at++
		repeated, err = put(numberOf(year, at))
	}
	if err != nil || repeated {
		return err
	}
	// The record stands whether or not this succeeds: whoever comes next looks
	// further by itself.
	_, _ = s.numbers.Put(ctx, counter, approval.Call{Actor: actor}, func(c number, act *docket.Act) (number, error) {
		if c.Last >= at {
			return c, nil
		}
		act.Event("number", func(e *approval.Event) { e.Before, e.After = strconv.Itoa(c.Last), strconv.Itoa(at) })
		return number{at}, nil
	})
	return nil
}

// Register takes a request in. The check code is told this once; a repetition
// under the same key answers the request without it, and RenewCode gives another.
func (s *Service) Register(ctx context.Context, n New, call approval.Call) (got Got, code string, err error) {
	code = s.newCode()
	err = s.numbered(ctx, "", call.Actor, func(id string) (bool, error) {
		got, err = s.requests.Put(ctx, id, call, func(_ Request, act *docket.Act) (Request, error) {
			if act.Version != 0 {
				return Request{}, errTaken
			}
			return n.register(s.issues.Rules(), hash(id, code), act)
		})
		return got.Repeated, err
	})
	if err != nil || got.Repeated {
		return got, "", err
	}
	return got, code, nil
}

// missing is what somebody is told for whom there is no such request.
func missing() error {
	return approval.Refuse(approval.NotFound, "", "没有这件诉求，请核对受理编号。", "There is no such request; please check the receipt number.")
}

// do carries a step out. Who may not see the request is told that there is none.
func (s *Service) do(ctx context.Context, id string, call approval.Call, step func(r *Request, rules approval.Rules, act *docket.Act) error) (Got, error) {
	got, err := s.requests.Do(ctx, id, call, func(r Request, act *docket.Act) (Request, error) {
		rules := s.issues.Rules()
		if !Reads(rules.Roster, act.Actor, &r) {
			return r, missing()
		}
		err := step(&r, rules, act)
		return r, err
	})
	if err == nil && got.Repeated && !Reads(s.issues.Rules().Roster, call.Actor, &got.State) {
		return Got{}, missing()
	}
	return got, err
}

// Accept (受理) takes a request on, in the name of the unit that has it.
func (s *Service) Accept(ctx context.Context, id string, call approval.Call) (Got, error) {
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error { return r.accept(rules, act) })
}

// HandOn (转交) gives it to another unit.
func (s *Service) HandOn(ctx context.Context, id, unit, reason string, call approval.Call) (Got, error) {
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error {
		return r.handOn(rules, act, unit, reason)
	})
}

// Answer (答复) gives the final reply.
func (s *Service) Answer(ctx context.Context, id, text string, call approval.Call) (Got, error) {
	got, err := s.Request(ctx, id, call.Actor)
	if err != nil {
		return got, err
	}
	ended := false
	if got.State.Issue != "" {
		issue, err := s.issues.Store().Issue(ctx, got.State.Issue)
		if err != nil {
			return Got{}, fmt.Errorf("read the issue of request %s: %w", id, err)
		}
		ended = issue.Status.Ended()
	}
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error {
		return r.answer(rules, act, text, ended)
	})
}

// Decline (不予受理) refuses it, with ground and reason.
func (s *Service) Decline(ctx context.Context, id, ground, reason string, call approval.Call) (Got, error) {
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error {
		return r.decline(rules, act, ground, reason)
	})
}

// Close (办结) ends it; note says how the requester was told (告知方式).
func (s *Service) Close(ctx context.Context, id, note string, call approval.Call) (Got, error) {
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error { return r.close(rules, act, note) })
}

// RenewCode gives the requester another check code; the old one opens nothing any
// more.
func (s *Service) RenewCode(ctx context.Context, id string, call approval.Call) (Got, string, error) {
	code := s.newCode()
	got, err := s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error {
		if err := r.renewsCode(rules, act.Actor); err != nil {
			return err
		}
		r.Code = hash(id, code)
		act.Event(EvRenewCode, nil)
		return nil
	})
	if err != nil || got.Repeated {
		return got, "", err
	}
	return got, code, nil
}

// Raise makes an issue of the request: a draft of the project's branch, which its
// secretary completes and raises as any other. Title and text are the request's
// where the petition has none.
func (s *Service) Raise(ctx context.Context, id string, p approval.Petition, call approval.Call) (Got, error) {
	got, err := s.Request(ctx, id, call.Actor)
	if err != nil {
		return got, err
	}
	made := got.State.Issue
	if made == "" {
		if made, err = s.draft(ctx, got, p, call.Actor); err != nil {
			return Got{}, err
		}
	}
	return s.do(ctx, id, call, func(r *Request, rules approval.Rules, act *docket.Act) error {
		if r.Issue == made {
			return nil
		}
		if err := r.raises(rules, act.Actor); err != nil {
			return err
		}
		r.Status, r.Issue = Raised, made
		act.Event(EvRaise, func(e *approval.Event) {
			e.Before, e.After, e.Detail = string(Accepted), string(Raised), []byte(`{"issue":`+strconv.Quote(string(made))+`}`)
		})
		return nil
	})
}

// draft makes the request's issue, or finds the one that was made before.
func (s *Service) draft(ctx context.Context, got Got, p approval.Petition, actor approval.Actor) (approval.IssueID, error) {
	if err := got.State.raises(s.issues.Rules(), actor); err != nil {
		return "", err
	}
	p.Project, p.Request = got.State.Project, got.ID
	if p.Title == "" {
		p.Title = got.State.Title
	}
	if p.Body == "" {
		p.Body = got.State.Text
	}
	issue, _, err := s.issues.CreateAs(ctx, issueOf(got.ID, got.State.RegisteredAt), approval.Save{Petition: p}, approval.Call{Actor: actor})
	return issue.ID, err
}

// issueOf is the id of the issue that a request becomes, the same for whoever makes
// it: a UUIDv7 whose random part is a digest of the request's number.
func issueOf(request string, registered time.Time) approval.IssueID {
	id := sha256.Sum256([]byte("request/" + request))
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(registered.UnixMilli()))
	copy(id[:6], at[2:])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return approval.IssueID(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16]))
}

// Request returns a request that the actor may see, or NotFound.
func (s *Service) Request(ctx context.Context, id string, actor approval.Actor) (Got, error) {
	got, err := s.requests.Get(ctx, id)
	if approval.IsKind(err, approval.NotFound) || err == nil && !Reads(s.issues.Rules().Roster, actor, &got.State) {
		return Got{}, missing()
	}
	return got, err
}

// MayCallBack reports whether the actor is shown whom to call back.
func (s *Service) MayCallBack(actor approval.Actor, r *Request) bool {
	return serves(s.issues.Rules().Roster, actor, r)
}

// Trail lists what happened to a request.
func (s *Service) Trail(ctx context.Context, id string, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	return s.store.Trail(ctx, requestKind, id, after, page)
}

// Query asks for the requests of a unit or of a district: those that are open, by
// last day, or those that are done, the latest first.
type Query struct {
	Unit     string
	District roster.DistrictCode
	Done     bool
}

// List lists requests; it may lag behind the last commits.
func (s *Service) List(ctx context.Context, q Query, actor approval.Actor, page approval.Page) ([]Got, approval.Cursor, error) {
	rules := s.issues.Rules()
	ask := docket.Query{List: unitList(q.Unit, !q.Done), Backwards: q.Done}
	may := actor.Role == roster.Overseer
	if q.District != "" {
		ask.List, ask.Rank = districtList(q.District, !q.Done), 1
		bureau, ok := rules.Roster.Department(roster.DepartmentID(actor.Unit))
		may = may || actor.Role == roster.Bureau && ok && rules.Roster.Within(q.District, bureau.District)
	} else {
		may = may || works(actor, q.Unit)
	}
	if !may {
		return nil, "", approval.Refuse(approval.Forbidden, "", "本单位的诉求由本单位查看，全区的诉求由重点项目局和监督员查看。", "A unit sees its own requests; those of a district are seen by its bureau and the overseers.")
	}
	return s.requests.List(ctx, ask, page)
}

// Standing is where a request stands today.
type Standing struct {
	Due        approval.Due // the last day of the reply that is owed; none while its issue is under way
	Light      approval.Light
	Issue      approval.Status // of the issue that it became
	AnswerOwed bool            // that issue has ended, and its requester has not been answered
}

// Standing looks at the clock, and at the issue if there is one.
func (s *Service) Standing(ctx context.Context, r *Request) (Standing, error) {
	out := Standing{Light: approval.Green}
	if !r.Status.open() {
		return out, nil
	}
	days := FinalReply
	out.Due = r.due()
	if r.Status == Registered {
		days = FirstReply
	}
	rules := s.issues.Rules()
	if r.Status == Raised {
		issue, err := s.issues.Store().Issue(ctx, r.Issue)
		if err != nil {
			return out, fmt.Errorf("read the issue of a request: %w", err)
		}
		out.Issue, out.AnswerOwed = issue.Status, issue.Status.Ended()
		if !out.AnswerOwed {
			out.Due = approval.Due{}
			return out, nil
		}
		days = FirstReply
		d := rules.Calendar.Due(calendar.Of(issue.ConcludedAt), days, calendar.WorkingDays, nil)
		out.Due = approval.Due{On: d.On, Provisional: d.Provisional}
	}
	// As a sign-off's: yellow with a fifth of the days left, at least the last one.
	switch today := s.issues.Today(); {
	case today > out.Due.On:
		out.Light = approval.Red
	case rules.Calendar.WorkingDays(today.Add(-1), out.Due.On) <= max(1, days/5):
		out.Light = approval.Yellow
	}
	return out, nil
}

// nothing is compared with a code for a number that was never given.
var nothing = hash("", "")

// byCode finds a request by receipt number and check code. Nobody learns which of
// the two was wrong.
func (s *Service) byCode(ctx context.Context, receipt, code string) (Got, error) {
	wrong := approval.Refuse(approval.NotFound, "", "受理编号或查询码不符，请核对后再查。", "Receipt number and check code do not fit; please check both.")
	id, ok := ParseReceipt(receipt)
	if !ok || len(code) > 64 {
		id, code = "0000-000000", ""
	}
	got, err := s.requests.Get(ctx, id)
	if err != nil && !approval.IsKind(err, approval.NotFound) {
		return Got{}, err
	}
	kept := got.State.Code
	if err != nil {
		kept = nothing
	}
	if subtle.ConstantTimeCompare([]byte(kept), []byte(hash(id, code))) != 1 {
		return Got{}, wrong
	}
	return got, nil
}

// Status answers the requester, who has no account.
func (s *Service) Status(ctx context.Context, receipt, code string) (Got, error) {
	return s.byCode(ctx, receipt, code)
}

// Requester is who rates: without an account.
const requesterRole roster.Role = "requester"

// Rate takes the requester's word on a request that was answered, once.
func (s *Service) Rate(ctx context.Context, receipt, code string, stars int, comment string) (Got, error) {
	got, err := s.byCode(ctx, receipt, code)
	if err != nil {
		return got, err
	}
	return s.requests.Do(ctx, got.ID, approval.Call{Actor: approval.Actor{Role: requesterRole}}, func(r Request, act *docket.Act) (Request, error) {
		err := r.rate(act, stars, comment)
		return r, err
	})
}
