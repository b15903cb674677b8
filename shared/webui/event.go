package webui

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// eventView is one line of the trail as a sentence.
type eventView struct {
	Seq            int64
	At, Text       string
	Ground, Reason string
	Papers         []string
	Class          string // what kind of line it is: person, machine, alarm
}

// eventDetail is what the details of all kinds of events say together.
type eventDetail struct {
	After      int                 `json:"after"`
	Opened     []int               `json:"opened"`
	Due        calendar.Date       `json:"due"`
	What       string              `json:"what"`
	By         calendar.Date       `json:"by"`
	Checker    roster.DepartmentID `json:"checker"`
	Papers     []string            `json:"papers"`
	Tier       roster.Tier         `json:"tier"`
	Outcome    approval.Outcome    `json:"outcome"`
	Verdict    approval.Verdict    `json:"verdict"`
	Stars      int                 `json:"stars"`
	Cause      string              `json:"cause"`
	SignOffs   int                 `json:"signOffs"`
	Officer    roster.PersonID     `json:"officer"`
	Was        roster.PersonID     `json:"was"`
	Person     roster.PersonID     `json:"person"`
	When       approval.AddedWhen  `json:"when"`
	Binding    bool                `json:"binding"`
	Opinion    approval.Opinion    `json:"opinion"`
	Substitute roster.PersonID     `json:"substitute"`
	Sender     roster.DepartmentID `json:"sender"`
	Department roster.DepartmentID `json:"department"`
	Ended      bool                `json:"ended"`
	Waiting    []int               `json:"waiting"`
	Standing   []int               `json:"standing"`
	Days       int                 `json:"days"`
	Unit       calendar.Unit       `json:"unit"`
	Secretary  roster.PersonID     `json:"secretary"`
	Branch     roster.BranchID     `json:"branch"`
	From       calendar.Date       `json:"from"`
	Matter     catalog.MatterCode  `json:"matter"`
	Rule       catalog.JoinRule    `json:"rule"`
	Void       []int               `json:"void"`
	Mentions   []roster.PersonID   `json:"mentions"`
	Below      roster.Tier         `json:"below"`
	Tried      *bool               `json:"tried"`
	Untried    string              `json:"untried"`
	Skipped    string              `json:"skipped"`
	Remedy     approval.Remedy     `json:"remedy"`
	Until      calendar.Date       `json:"until"`
	Name       string              `json:"name"`
	Size       int64               `json:"size"`
	Purpose    approval.Purpose    `json:"purpose"`
	Followed   []approval.Followed `json:"followed"`
	Moved      []approval.Moved    `json:"moved"`
	Watched    []int               `json:"watched"`
	Climbs     bool                `json:"climbs"`
	Stop       approval.StopKind   `json:"stop"`
	Whole      *approval.Moved     `json:"whole"`
	Duties     []approval.Term     `json:"duties"`
	Redone     []int               `json:"redone"`

	Notice       int                  `json:"notice"`
	Notices      []int                `json:"notices"`
	OK           bool                 `json:"ok"`
	As           approval.DisposalAs  `json:"as"`
	State        approval.NoticeState `json:"state"`
	About        []int                `json:"about"`
	At           time.Time            `json:"at"`
	Question     string               `json:"question"`
	Party        string               `json:"party"`
	Organisation string               `json:"organisation"`
	Choice       approval.Choice      `json:"choice"`
	Eligible     int                  `json:"eligible"`
	Cast         int                  `json:"cast"`
	For          int                  `json:"for"`
	Against      int                  `json:"against"`
	Abstain      int                  `json:"abstain"`
	Quorate      bool                 `json:"quorate"`
	Passed       bool                 `json:"passed"`
	Version      int                  `json:"version"`
	Resolutions  []string             `json:"resolutions"`
	Agreed       []int                `json:"agreed"`
	Anew         []int                `json:"anew"`
	Vote         string               `json:"vote"`
	Again        bool                 `json:"again"`
	Links        int                  `json:"links"`
	LinkBy       approval.Actor       `json:"linkBy"`
	Tolerance    approval.Tolerated   `json:"tolerance"`
	Alias        string               `json:"alias"`
}

// party is who takes part in a meeting: a unit, or somebody without an account.
func (v *visit) party(unit, name, organisation string) string {
	if unit == "" {
		return v.t("party.outsider", organisation, name)
	}
	return v.unit(unit)
}

// event says what happened. Every kind has its sentence under event.<kind>.
func (v *visit) event(issue *approval.Issue, e *approval.Event) eventView {
	var d eventDetail
	if len(e.Detail) > 0 {
		// A detail that cannot be read leaves its part of the sentence empty.
		if err := json.Unmarshal(e.Detail, &d); err != nil {
			v.Log.WarnContext(v.ctx(), "event detail cannot be read", "issue", e.Issue, "event", e.Seq, "error", err)
		}
	}
	out := eventView{Seq: e.Seq, At: v.moment(e.At), Ground: e.Ground, Reason: e.Reason, Class: "person"}
	who := v.actor(e.By)
	switch e.By {
	case approval.Machine:
		out.Class = "machine"
	case approval.Outsider:
		who = v.t("outsider.by", v.party("", d.Name, d.Organisation), v.actor(d.LinkBy))
	}
	task := ""
	if s := issue.SignOff(e.SignOff); s != nil {
		task = v.t("task.named", s.N, v.subject(s), v.department(s.Department))
	}
	key := "event." + e.Kind
	switch e.Kind {
	case approval.EvRaise:
		out.Text = v.t(key, who, d.SignOffs)
	case approval.EvRoute:
		if len(d.Opened) == 0 {
			out.Text = v.t(key + ".none")
		} else {
			out.Text = v.t(key, v.numbers(d.Opened))
		}
	case approval.EvOpen:
		if task == "" {
			out.Text = v.t(key+".many", d.After, v.numbers(d.Opened))
		} else {
			out.Text = v.t(key, task, d.After, v.date(d.Due))
		}
	case approval.EvAsk:
		if task == "" {
			out.Text = v.t(key + ".consultation")
		} else {
			out.Text = v.t(key, task)
		}
	case approval.EvCommit, approval.EvCondition, approval.EvGaps:
		out.Text = v.t(key, who, task, v.terms(&d))
	case approval.EvRequest:
		out.Text, out.Papers = v.t(key, who, task, len(d.Papers)), d.Papers
		if !d.Until.IsZero() {
			out.Text += v.t(key+".until", v.date(d.Until))
		}
	case approval.EvAnswer:
		out.Text = v.t(key, who, task) + v.goesOn(d.Due)
	case approval.EvReassign:
		officer := v.person(d.Officer)
		if d.Substitute != "" {
			officer = v.t("person.for", v.person(d.Substitute), officer)
		}
		if d.Was == "" {
			out.Text = v.t(key, who, task, officer)
		} else {
			out.Text = v.t(key+".from", who, task, v.person(d.Was), officer)
		}
	case approval.EvHandOver:
		switch {
		case d.Branch == "":
			out.Text = v.t(key, v.person(d.Was), v.person(d.Secretary))
		case d.Secretary == "":
			out.Text = v.t(key+".vacant", v.unit(string(d.Branch)))
		default:
			out.Text = v.t(key+".branch", v.unit(string(d.Branch)), v.person(d.Secretary))
		}
	case approval.EvOfficer:
		out.Text = v.t(key, who, v.person(d.Was), v.person(d.Officer))
	case approval.EvTransfer:
		out.Text = v.t(key, who, task, v.department(d.Sender), v.department(d.Department), v.date(d.Due))
	case approval.EvSendBack:
		out.Text = v.t(key, who, task, v.department(d.Department))
	case approval.EvAssign:
		out.Text = v.t(key, who, task, v.department(d.Department))
	case approval.EvComment:
		if e.By.Role == roster.Overseer {
			key += ".note"
		}
		if task == "" {
			out.Text = v.t(key, who, e.Reason)
		} else {
			out.Text = v.t(key+".task", who, e.Reason, task)
		}
		if len(d.Mentions) > 0 {
			var names []string
			for _, id := range d.Mentions {
				names = append(names, v.person(id))
			}
			out.Text += v.t("event.comment.mentions", v.list(names))
		}
		out.Reason = "" // it is no reason for anything
	case approval.EvAttach, approval.EvDetach:
		paper := v.t("attachment", v.t("purpose."+string(d.Purpose)), d.Name, size(d.Size))
		if task == "" {
			out.Text = v.t(key, who, paper)
		} else {
			out.Text = v.t(key+".task", who, paper, task)
		}
	case approval.EvUrge:
		out.Text = v.t(key, who, task)
		if e.Reason != "" {
			out.Text = v.t(key+".text", who, task, e.Reason)
		}
		out.Reason = ""
	case approval.EvReport, approval.EvMeet:
		out.Text, out.Reason = v.t(key, who, task, cmp.Or(d.What, v.t("duty.unnamed")), e.Reason), ""
	case approval.EvMiss:
		out.Text, out.Class = v.t(key, task, v.terms(&d)), "alarm"
	case approval.EvRevoke:
		out.Class = "alarm"
		if d.Ended {
			out.Text = v.t(key+".ended", who, task)
			break
		}
		out.Text = v.t(key, who, task)
		if len(d.Waiting) > 0 {
			out.Text += v.t(key+".waiting", v.numbers(d.Waiting))
		}
		if len(d.Standing) > 0 {
			out.Text += v.t(key+".standing", v.numbers(d.Standing))
		}
		if others := slices.DeleteFunc(d.Redone, func(n int) bool { return n == e.SignOff }); len(others) > 0 {
			out.Text += v.t(key+".redone", v.numbers(others))
		}
	case approval.EvReopen:
		if e.By.Person == "" {
			key += ".machine"
		}
		out.Text = v.t(key, who, e.Round, v.numbers(d.Redone))
	case approval.EvAskExtend, approval.EvNotExtend:
		out.Text = v.t(key, who, task, v.limit(calendar.Limit{Days: d.Days, Unit: d.Unit}))
	case approval.EvExtend:
		out.Text = v.t(key, who, task, v.limit(calendar.Limit{Days: d.Days, Unit: d.Unit}), v.date(d.From), v.date(d.Due))
	case approval.EvAccept:
		out.Text = v.t(key, who, task, v.date(d.Due))
	case approval.EvDeem:
		out.Text = v.t(key, task, v.date(d.From))
	case approval.EvStop:
		out.Text = v.t(key, who, task, v.t("stop."+string(cmp.Or(d.Stop, approval.StopHearing))), d.Days, v.date(d.Until))
	case approval.EvEndStop:
		out.Text = v.t(key, who, task, v.t("stop."+string(cmp.Or(d.Stop, approval.StopHearing)))) + v.goesOn(d.Due)
	case approval.EvStopEnds:
		out.Text = v.t(key, task, v.t("stop."+string(cmp.Or(d.Stop, approval.StopHearing)))) + v.goesOn(d.Due)
	case approval.EvPapersBack:
		out.Text, out.Papers, out.Class = v.t(key, task, v.date(d.By)), d.Papers, "alarm"
	case approval.EvYellow, approval.EvRed:
		out.Text, out.Class = v.t(key, task, v.date(d.Due)), "alarm"
	case approval.EvEscalate:
		out.Class = "alarm"
		if len(d.Duties) > 0 {
			out.Text = v.t(key+".duty", task, v.tier(roster.Tier(e.After)), v.terms(&d))
		} else if task == "" {
			out.Text = v.t(key+".consultation", v.tier(roster.Tier(e.Before)), v.tier(roster.Tier(e.After)))
		} else {
			out.Text = v.t(key, task, v.tier(cmp.Or(d.Tier, roster.Tier(e.After))))
			if d.Tried != nil && !*d.Tried {
				out.Text += v.t(key+".untried", v.tier(d.Below))
			}
		}
	case approval.EvRemind:
		out.Text = v.t(key, task, v.date(d.Due))
	case approval.EvDispose:
		out.Text = v.t(key, who, task, v.tier(d.Tier), v.t("remedy."+string(cmp.Or(d.Remedy, approval.Urged))))
	case approval.EvPassUp:
		out.Class = "alarm"
		out.Text = v.t(key, who, task, v.tier(d.Below), v.tier(d.Tier))
		if d.Untried != "" {
			out.Text += v.t(key+".untried", d.Untried)
		}
		if d.Skipped != "" {
			out.Text += v.t(key+".skipped", d.Skipped)
		}
	case approval.EvSupervise:
		out.Class = "alarm"
		if e.By.Person == "" {
			out.Text = v.t(key+".ladder", d.Notice, task, v.department(d.Department), v.date(d.Due), v.tier(d.Tier))
		} else {
			out.Text = v.t(key, d.Notice, task, v.department(d.Department), v.date(d.Due), who)
		}
	case approval.EvReplyNotice:
		out.Text = v.t(key, who, d.Notice)
		if !d.Due.IsZero() && calendar.Of(e.At) > d.Due {
			out.Text = v.t(key+".late", who, d.Notice, v.date(d.Due))
		}
	case approval.EvRecheck:
		switch {
		case d.OK:
			out.Text = v.t(key, who, d.Notice)
		case e.After == string(approval.NoticeClosed):
			out.Text = v.t(key+".closed", who, d.Notice)
		default:
			out.Text = v.t(key+".sent_back", who, d.Notice, v.date(d.Due))
		}
	case approval.EvLapse:
		out.Class = "alarm"
		if e.Before == e.After {
			out.Text = v.t(key+".again", d.Notice, v.date(d.Due))
		} else {
			out.Text = v.t(key, d.Notice, v.tier(d.Below), v.tier(cmp.Or(d.Tier, roster.Tier(e.After))), v.date(d.Due))
		}
	case approval.EvDisposeWarning:
		out.Text = v.t(key, who, v.t("disposal."+string(cmp.Or(d.As, approval.Handled))))
	case approval.EvProposeTolerance, approval.EvConfirmTolerance, approval.EvRefuseTolerance, approval.EvEndTolerance:
		out.Text = v.t(key, who, task, v.t("tolerance."+string(cmp.Or(d.Tolerance, approval.OverrunTolerated))))
	case approval.EvCloseNotice:
		out.Text = v.t(key, v.numbers(d.Notices))
	case approval.EvPauseLadder:
		out.Text = v.t(key, who, task, v.date(d.Until))
	case approval.EvConsult:
		out.Text = v.t(key, v.tier(d.Tier), v.date(d.Due))
		if d.Cause != "" {
			out.Text = v.t(key+".convened", who, v.t("cause."+d.Cause), v.date(d.Due))
			if len(d.About) > 0 {
				out.Text += v.t(key+".about", v.numbers(d.About))
			}
		}
	case approval.EvSchedule:
		out.Text = v.t(key, who, v.moment(d.At))
		if d.Question != "" {
			out.Text += v.t(key+".vote", d.Question, v.date(d.Until))
		}
		if d.Links > 0 {
			out.Text += v.t(key+".links", d.Links)
		}
	case approval.EvInvite:
		if d.Again {
			key += ".again"
		}
		out.Text = v.t(key, who, v.party("", d.Name, d.Organisation), v.date(d.Until))
	case approval.EvVote:
		party := who
		if e.By != approval.Outsider {
			party = v.party(d.Party, d.Name, d.Organisation)
		}
		out.Text = v.t(key, party)
		if d.Choice != "" {
			out.Text = v.t(key+".open", party, v.t("choice."+string(d.Choice)))
		}
	case approval.EvExcuse:
		out.Text = v.t(key, who)
	case approval.EvCount:
		out.Text = v.t(key, d.Eligible, d.Cast, d.For, d.Against, d.Abstain) + v.t("ballot."+result(d.Passed, d.Quorate))
	case approval.EvMinute:
		out.Text, out.Papers = v.t(key, who, d.Version), d.Resolutions
	case approval.EvRefer:
		out.Text, out.Class = v.t(key, who, v.tier(roster.Tier(e.Before)), v.tier(roster.Tier(e.After))), "alarm"
	case approval.EvSettle:
		out.Text = v.t(key, who)
		if len(d.Agreed) > 0 {
			out.Text += v.t(key+".agreed", v.numbers(d.Agreed))
		}
		if len(d.Anew) > 0 {
			out.Text += v.t(key+".anew", v.numbers(d.Anew))
			if others := slices.DeleteFunc(d.Redone, func(n int) bool { return slices.Contains(d.Anew, n) }); len(others) > 0 {
				out.Text += v.t("event.revoke.redone", v.numbers(others))
			}
		}
	case approval.EvAddSigner:
		out.Text, out.Reason = v.t(key, who, task, v.signer(d.Department, d.Person), v.addedKind(d.When, d.Binding), e.Reason), ""
	case approval.EvAnswerAdded:
		out.Text = v.t(key, who, task, v.t("opinion."+string(d.Opinion)))
	case approval.EvCancelAdded:
		out.Text = v.t(key, who, task, v.signer(d.Department, d.Person))
	case approval.EvCounter, approval.EvUncounter:
		out.Text = v.t(key, task)
	case approval.EvCarry:
		out.Text = v.t(key, v.matter(d.Matter), v.name(d.Rule.Name()), v.numbers(d.Void))
	case approval.EvUnowned:
		out.Text, out.Class = v.t(key, v.numbers(d.Opened)), "alarm"
	case approval.EvFollow:
		var parts []string
		for _, f := range d.Followed {
			switch {
			case f.Mute:
				parts = append(parts, v.t(key+".mute", f.Party, v.department(f.To)))
			case f.Party != 0:
				parts = append(parts, v.t(key+".party", f.Party, v.department(f.From), v.department(f.To)))
			case f.Added != 0 && f.Person != "":
				parts = append(parts, v.t(key+".signer", f.SignOff, v.person(f.Person), v.department(f.To)))
			case f.Added != 0:
				parts = append(parts, v.t(key+".added", f.SignOff, v.department(f.From), v.department(f.To)))
			case f.Duty != 0:
				parts = append(parts, v.t(key+".duty", f.SignOff, v.department(f.From), v.department(f.To)))
			case f.Person != "":
				parts = append(parts, v.t(key+".left", f.SignOff, v.person(f.Person), v.department(f.To)))
			default:
				parts = append(parts, v.t(key+".task", f.SignOff, v.department(f.From), v.department(f.To)))
			}
		}
		out.Text = v.t(key, strings.Join(parts, v.t("list.separator")))
	case approval.EvRestate:
		var parts []string
		for _, m := range d.Moved {
			switch {
			case m.SignOff == 0:
				parts = append(parts, v.t(key+".consultation", v.date(m.From.On), v.date(m.To.On)))
			case m.Added != 0:
				parts = append(parts, v.t(key+".added", m.SignOff, v.date(m.From.On), v.date(m.To.On)))
			default:
				parts = append(parts, v.t(key+".task", m.SignOff, v.date(m.From.On), v.date(m.To.On)))
			}
		}
		if len(d.Watched) > 0 {
			parts = append(parts, v.t(key+".watched", v.numbers(d.Watched)))
		}
		if d.Climbs {
			parts = append(parts, v.t(key+".duties"))
		}
		if w := d.Whole; w != nil {
			parts = append(parts, v.t(key+".whole", v.date(w.From.On), v.date(w.To.On)))
		}
		out.Text = v.t(key, strings.Join(parts, v.t("list.separator")))
	case approval.EvRule:
		out.Text = v.t(key, who, task, v.t("outcome."+string(d.Outcome)))
		if d.Vote != "" {
			out.Text += v.t("ruling." + d.Vote)
		}
	case approval.EvConclude, approval.EvCloseRound:
		verdict := string(d.Verdict)
		if e.Kind == approval.EvCloseRound {
			verdict = e.After
		}
		out.Text = v.t(key, v.t("verdict."+verdict), e.Round)
	case approval.EvConfirm:
		out.Text = v.t(key, who, v.t("stars", d.Stars))
	case approval.EvStuck:
		out.Text, out.Class = v.t(key), "alarm"
	case approval.EvRedact:
		out.Text = v.t(key, who, d.Alias)
	case approval.EvResubmit:
		out.Text = v.t(key, who, e.Round)
	case approval.EvReturn, approval.EvRouse, approval.EvCarryOver:
		out.Text = v.t(key)
	case approval.EvDraft, approval.EvWithdraw, approval.EvResume:
		out.Text = v.t(key, who)
	default: // claim, release, recuse, approve, object: somebody and a sign-off
		out.Text = v.t(key, who, task)
	}
	return out
}

// goesOn says until when a clock goes on that stood still, or that it does not yet.
func (v *visit) goesOn(due calendar.Date) string {
	if due.IsZero() {
		return v.t("stop.stands")
	}
	return v.t("stop.goes", v.date(due))
}

// terms are the duties that an event is about, the one of an older event too.
func (v *visit) terms(d *eventDetail) string {
	if len(d.Duties) == 0 {
		return v.term(&approval.Term{What: d.What, By: d.By, Checker: d.Checker})
	}
	terms := make([]string, len(d.Duties))
	for k := range d.Duties {
		terms[k] = v.term(&d.Duties[k])
	}
	return v.list(terms)
}

// events are the issue's events after a number, oldest first. The machine's
// questions that follow one another at once are one line.
func (v *visit) events(issue *approval.Issue, after int64) ([]eventView, error) {
	var all []eventView
	var asked []int // sign-offs of the run of questions that the last line stands for
	page := approval.Page{Limit: 200}
	for {
		list, next, err := v.Service.Store().Events(v.ctx(), issue.ID, after, page)
		if err != nil {
			return nil, err
		}
		for k := range list {
			e := &list[k]
			view := v.event(issue, e)
			if e.Kind != approval.EvAsk || e.SignOff == 0 {
				asked = nil
			} else if asked = append(asked, e.SignOff); len(asked) > 1 && all[len(all)-1].At == view.At {
				slices.Sort(asked)
				view.Text = v.t("event.ask.several", v.numbers(slices.Compact(asked)))
				all[len(all)-1] = view
				continue
			} else {
				asked = []int{e.SignOff}
			}
			all = append(all, view)
		}
		if next == "" {
			return all, nil
		}
		page.Cursor = next
	}
}
