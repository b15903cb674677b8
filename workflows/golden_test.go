package workflows_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/roster"
)

// act is one step of a story: what somebody does at a moment, or, without a
// command, the sweep.
type act struct {
	at  string
	by  approval.Actor
	cmd approval.Command
}

// story is a case told from raising to its end.
type story struct {
	name string
	end  approval.Status
	acts []act
}

func raise(p approval.Petition) approval.Raise { return approval.Raise{Petition: &p} }

// pledge approves on a commitment that is verified by a day.
func pledge(n int, what, by string, checker roster.DepartmentID) approval.GrantOnTerms {
	term := approval.Term{What: what, By: calendar.MustParse(by), Checker: checker}
	return approval.GrantOnTerms{SignOff: n, Kind: approval.OnPledge, Duties: []approval.Term{term}}
}

func stories() []story {
	water, transport, police, housing := officer("cc-water"), officer("cc-transport"), officer("cc-traffic-police"), officer("cc-housing")
	resources, drawings, streets := officer("cc-natural-resources"), officer("cc-drawing-review"), officer("cc-urban-management")
	confirm := approval.Confirm{Stars: 5}
	object := func(n int) approval.Oppose {
		return approval.Oppose{SignOff: n, Ground: "防洪法第二十七条", Reason: "方案影响行洪"}
	}
	rule := func(n int, o approval.Outcome) approval.Rule {
		return approval.Rule{SignOff: n, Outcome: o, Reason: "会商决定"}
	}
	// 1 item 24 ── 2 item 25 ──┬── 3 item 28      4 item 33 also builds on 2
	graph := approval.Petition{Project: "fenjiang-west-bank", Title: "方案、规划、审图与占道", Items: []catalog.ItemNo{24, 25, 28, 33}}
	permit := approval.Petition{Project: "fenjiang-west-bank", Title: "规划许可", Items: []catalog.ItemNo{25}}
	committed := graph
	committed.Commitments = []catalog.ItemNo{28, 33}
	five := parties("cc-water", "cc-transport", "cc-traffic-police", "cc-housing", "cc-urban-management")
	twoOfFour := parties("cc-water", "cc-transport", "cc-traffic-police", "cc-housing")
	twoOfFour.Joins = []approval.Join{{Matter: "river_works", Rule: catalog.JoinKofN, K: 2}}
	standIn := approval.Actor{Person: "cc-housing-officer-2", Role: roster.Officer, Unit: "cc-housing", For: housing.Person} // from the 11th to the 13th
	return []story{
		{"approve_all", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(five)},
			{"2026-03-10 10:00", water, approval.Grant{SignOff: 1}},
			{"2026-03-10 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-10 14:00", police, approval.Grant{SignOff: 3}},
			{"2026-03-11 09:30", housing, approval.Grant{SignOff: 4}},
			{"2026-03-11 16:00", streets, approval.Grant{SignOff: 5}},
			{"2026-03-12 09:00", secretary, confirm},
		}},
		{"commitment", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(committed)},
			{"2026-03-10 10:00", drawings, pledge(3, "规划许可取得后十日内补齐", "2026-04-20", "")},
			{"2026-03-10 11:00", streets, pledge(4, "开工前补齐", "2026-04-20", "cc-housing")},
			{"2026-03-11 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-03-12 10:00", resources, approval.Grant{SignOff: 2}},
			{"2026-03-12 15:00", secretary, confirm},
		}},
		{"commitment_met", approval.Confirmed, []act{ // reported, verified in time
			{"2026-03-09 09:00", secretary, raise(permit)},
			{"2026-03-10 10:00", resources, pledge(1, "一个月内补齐地质勘察报告", "2026-04-10", "cc-housing")},
			{"2026-03-10 15:00", secretary, confirm},
			{"2026-04-08 10:00", secretary, approval.ReportDuty{SignOff: 1, Duty: 1, Text: "报告已补交"}},
			{"2026-04-09 10:00", housing, approval.Meet{SignOff: 1, Duty: 1, Evidence: "已核对原件"}},
			{"2026-04-13 10:00", approval.Machine, nil},
		}},
		{"commitment_missed_and_revoked", approval.Concluded, []act{ // what stood on it is decided anew, the rest stands
			{"2026-03-09 09:00", secretary, raise(graph)},
			{"2026-03-10 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-03-11 10:00", resources, pledge(2, "十日内补齐地质勘察报告", "2026-03-20", "")},
			{"2026-03-12 10:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-03-21 00:05", approval.Machine, nil},
			{"2026-03-23 10:00", leader("cc-natural-resources"), approval.Revoke{SignOff: 2, Code: "commitment_broken", Reason: "逾期未补齐"}},
			{"2026-03-24 10:00", resources, approval.Grant{SignOff: 2, Reason: "材料已补齐"}},
			{"2026-03-25 10:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-03-25 11:00", streets, approval.Grant{SignOff: 4}},
		}},
		{"commitment_revoked_after_the_end", approval.Confirmed, []act{ // a second round
			{"2026-03-09 09:00", secretary, raise(permit)},
			{"2026-03-10 10:00", resources, pledge(1, "补齐地质勘察报告", "2026-04-10", "")},
			{"2026-03-10 15:00", secretary, confirm},
			{"2026-04-11 00:05", approval.Machine, nil},
			{"2026-04-13 10:00", resources, approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "逾期未补齐"}},
			{"2026-04-20 10:00", resources, approval.Grant{SignOff: 1, Reason: "材料已补齐"}},
			{"2026-04-20 15:00", secretary, approval.Confirm{Stars: 2, Comment: "反复"}},
		}},
		{"commitment_false_and_revoked", approval.Confirmed, []act{ // by who gave it, long before the date; a second round
			{"2026-03-09 09:00", secretary, raise(permit)},
			{"2026-03-10 10:00", resources, pledge(1, "补齐地质勘察报告", "2026-04-10", "")},
			{"2026-03-10 15:00", secretary, confirm},
			{"2026-03-16 10:00", leader("cc-natural-resources"), approval.Revoke{SignOff: 1, Code: "commitment_false", Reason: "承诺已完成的勘察并未进行"}},
			{"2026-03-23 10:00", resources, approval.Grant{SignOff: 1, Reason: "勘察报告已核"}},
			{"2026-03-23 15:00", secretary, approval.Confirm{Stars: 3}},
		}},
		{"commitment_missed_and_escalated", approval.Confirmed, []act{ // general branch, headquarters, met at last
			{"2026-03-09 09:00", secretary, raise(permit)},
			{"2026-03-10 10:00", resources, pledge(1, "补齐地质勘察报告", "2026-03-20", "")},
			{"2026-03-10 15:00", secretary, confirm},
			{"2026-03-21 00:05", approval.Machine, nil},
			{"2026-03-26 00:05", approval.Machine, nil},
			{"2026-04-02 00:05", approval.Machine, nil},
			{"2026-04-03 10:00", resources, approval.Meet{SignOff: 1, Duty: 1, Evidence: "逾期补齐，已核对"}},
		}},
		{"conditions_and_gaps", approval.Concluded, []act{
			{"2026-03-09 09:00", secretary, raise(approval.Petition{
				Project: "fenjiang-west-bank", Title: "规划许可与交通疏解", Items: []catalog.ItemNo{25}, Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-traffic-police"}},
			})},
			{"2026-03-10 10:00", police, approval.GrantOnTerms{SignOff: 2, Kind: approval.OnCondition, Duties: []approval.Term{
				{What: "设置导改标志", By: calendar.MustParse("2026-03-20")}, {What: "早高峰不占道", By: calendar.MustParse("2026-04-20"), Checker: "cc-transport"},
			}}},
			{"2026-03-11 10:00", resources, approval.GrantOnTerms{SignOff: 1, Kind: approval.WithGaps, Duties: []approval.Term{{What: "日照分析报告", By: calendar.MustParse("2026-03-25")}}}},
		}},
		{"reopened", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(graph)},
			{"2026-03-10 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-03-11 10:00", resources, approval.Grant{SignOff: 2}},
			{"2026-03-12 10:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-03-12 11:00", streets, approval.Grant{SignOff: 4}},
			{"2026-03-13 10:00", secretary, confirm},
			{"2026-04-01 10:00", generalBranch, approval.Reopen{SignOffs: []int{2}, Reason: "用地红线调整"}},
			{"2026-04-02 10:00", resources, approval.Grant{SignOff: 2}},
			{"2026-04-03 10:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-04-03 11:00", streets, approval.Grant{SignOff: 4}},
			{"2026-04-03 15:00", secretary, approval.Confirm{Stars: 4}},
		}},
		{"objection_set_aside", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(graph)},
			{"2026-03-10 10:00", resources, object(1)},
			{"2026-03-11 15:00", generalBranch, rule(1, approval.SetAside)},
			{"2026-03-12 10:00", resources, approval.Grant{SignOff: 2}},
			{"2026-03-13 10:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-03-13 11:00", streets, approval.Grant{SignOff: 4}},
			{"2026-03-13 15:00", secretary, confirm},
		}},
		{"objection_upheld", approval.Concluded, []act{
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport", "cc-housing"))},
			{"2026-03-10 10:00", water, object(1)},
			{"2026-03-10 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-11 15:00", generalBranch, rule(1, approval.Uphold)},
		}},
		{"objection_revised", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(graph)},
			{"2026-03-10 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-03-11 10:00", resources, object(2)},
			{"2026-03-12 15:00", generalBranch, rule(2, approval.Revise)},
			{"2026-03-16 09:00", secretary, approval.Resubmit{Note: "已退让蓝线"}},
			{"2026-03-17 10:00", resources, approval.Grant{SignOff: 2}},
			{"2026-03-18 10:00", streets, approval.Grant{SignOff: 4}},
			{"2026-03-18 11:00", drawings, approval.Grant{SignOff: 3}},
			{"2026-03-18 15:00", secretary, confirm},
		}},
		{"supplement", approval.Confirmed, []act{
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-11 10:00", water, approval.AskSupplement{SignOff: 1, Papers: []string{"行洪论证报告", "断面图"}}},
			{"2026-03-11 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-20 09:00", secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补交"}},
			{"2026-03-25 10:00", water, approval.Grant{SignOff: 1}}, // the last day: it has turned yellow
			{"2026-03-25 15:00", secretary, confirm},
		}},
		{"extension", approval.Confirmed, []act{ // asked for when yellow, which the grant takes back
			{"2026-03-09 09:00", secretary, raise(permit)},
			{"2026-04-02 10:00", resources, approval.AskExtension{SignOff: 1, Days: 10, Reason: "需组织专家论证"}},
			{"2026-04-03 10:00", leader("cc-natural-resources"), approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted, Note: "同意"}},
			{"2026-04-20 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-04-20 15:00", secretary, confirm},
		}},
		{"transfer_and_bounce", approval.Confirmed, []act{ // the clock goes on from Monday, whoever has it
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-10 10:00", water, approval.Transfer{SignOff: 1, To: "cc-urban-management", Reason: "属城市排水"}},
			{"2026-03-11 10:00", leader("cc-urban-management"), approval.SendBack{SignOff: 1, Reason: "属河道管理"}},
			{"2026-03-11 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-12 15:00", generalBranch, approval.Assign{SignOff: 1, To: "cc-urban-management", Reason: "按三定规定"}},
			{"2026-03-16 10:00", streets, approval.Grant{SignOff: 1}}, // the last day: it has turned yellow
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"timeout", approval.Confirmed, []act{ // yellow, red, general branch, headquarters, silence
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-10 10:00", transport, approval.Grant{SignOff: 2}},
			{"2026-05-12 10:00", water, approval.Grant{SignOff: 1, Reason: "逾期，已说明"}},
			{"2026-05-12 15:00", secretary, approval.Confirm{Stars: 1, Comment: "拖了两个月"}},
		}},
		{"three_tiers_climbed", approval.Confirmed, []act{ // each tier on its own clock, and a notice replied to late
			{"2026-03-09 09:00", secretary, raise(parties("cc-water"))},
			{"2026-03-12 10:00", secretary, approval.Urge{SignOff: 1}},
			{"2026-03-19 10:00", generalBranch, approval.Dispose{SignOff: 1, What: approval.Coordinated, Text: "现场协调未果"}},
			{"2026-03-21 09:00", approval.Machine, nil}, // no reply by the 20th: the notice climbs
			{"2026-03-25 10:00", leader("cc-water"), approval.ReplyNotice{K: 1, Text: "迟复：补充论证，二十七日办结"}},
			{"2026-03-26 10:00", headquarters, approval.RecheckNotice{K: 1, OK: true, Text: "属实"}},
			{"2026-03-27 10:00", water, approval.Grant{SignOff: 1, Reason: "逾期原因：补充行洪论证"}},
			{"2026-03-27 15:00", secretary, approval.Confirm{Stars: 2, Comment: "拖延"}},
		}},
		{"ladder_paused", approval.Confirmed, []act{ // red all the same; it climbs when the pause is over
			{"2026-03-09 09:00", secretary, raise(parties("cc-water"))},
			{"2026-03-16 10:00", generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-20"), Reason: "等待现场会"}},
			{"2026-03-23 10:00", water, approval.Grant{SignOff: 1, Reason: "逾期原因：等待现场会"}},
			{"2026-03-23 15:00", secretary, confirm},
		}},
		{"consultation_timeout", approval.Confirmed, []act{ // two tiers let their deadlines pass
			{"2026-03-09 09:00", secretary, raise(parties("cc-water"))},
			{"2026-03-10 10:00", water, object(1)},
			{"2026-03-19 15:00", headquarters, rule(1, approval.SetAside)},
			{"2026-03-19 16:00", secretary, confirm},
		}},
		{"binding_signer_disagrees", approval.Concluded, []act{ // the department objects on that ground
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-09 15:00", water, approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.Before, Binding: true, Question: "是否影响饮用水源保护区"}},
			{"2026-03-10 10:00", transport, approval.AddSigner{SignOff: 2, Department: "cc-traffic-police", When: approval.After, Binding: true, Question: "请复核交通组织方案"}},
			{"2026-03-10 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-11 10:00", officer("cc-ecology"), approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Disagree, Reason: "位于二级保护区内"}},
			{"2026-03-11 11:00", police, approval.AnswerAdded{SignOff: 2, K: 1, Opinion: approval.Agree}},
			{"2026-03-11 15:00", water, approval.Oppose{SignOff: 1, Ground: "水污染防治法第六十六条", Reason: "生态环境部门约束性意见为不同意"}},
			{"2026-03-12 15:00", generalBranch, rule(1, approval.Uphold)},
		}},
		{"substitute_during_a_claim", approval.Confirmed, []act{ // the claim stays the officer's, before and after
			{"2026-03-09 09:00", secretary, raise(parties("cc-housing", "cc-transport"))},
			{"2026-03-10 10:00", housing, approval.Claim{SignOff: 1}},
			{"2026-03-11 10:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-11 11:00", standIn, approval.AskSupplement{SignOff: 1, Papers: []string{"用地范围图"}}},
			{"2026-03-13 09:00", secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补交"}},
			{"2026-03-16 10:00", housing, approval.Grant{SignOff: 1}},
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"two_of_four", approval.Confirmed, []act{ // an objection that does not count, then the fourth is needed no more
			{"2026-03-09 09:00", secretary, raise(twoOfFour)},
			{"2026-03-10 10:00", water, object(1)},
			{"2026-03-10 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-11 10:00", police, approval.Grant{SignOff: 3}},
			{"2026-03-11 15:00", secretary, confirm},
		}},
		{"supplement_unanswered", approval.Confirmed, []act{ // the papers go back, and are handed in anew
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-11 10:00", water, approval.AskSupplement{SignOff: 1, Papers: []string{"行洪论证报告"}, Days: 5}},
			{"2026-03-11 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-20 09:00", secretary, approval.Refile{SignOff: 1, Text: "材料已齐"}},
			{"2026-03-24 10:00", water, approval.Grant{SignOff: 1}},
			{"2026-03-24 15:00", secretary, confirm},
		}},
		{"hearing_overlaps_supplement", approval.Confirmed, []act{ // the hearing ends by itself while the supplement is waited for
			{"2026-03-09 09:00", secretary, raise(parties("cc-water"))},
			{"2026-03-10 10:00", water, approval.StopClock{SignOff: 1, Kind: approval.StopHearing, Days: 3, Reason: "沿岸居民听证"}},
			{"2026-03-12 10:00", water, approval.AskSupplement{SignOff: 1, Papers: []string{"断面图"}}},
			{"2026-03-17 10:00", secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补交"}},
			{"2026-03-18 10:00", water, approval.StopClock{SignOff: 1, Kind: approval.StopReview, Days: 10, Reason: "行洪专家评审"}},
			{"2026-03-23 10:00", water, approval.EndStop{SignOff: 1, Kind: approval.StopReview, Result: "评审通过"}},
			{"2026-03-24 10:00", water, approval.Grant{SignOff: 1}},
			{"2026-03-24 15:00", secretary, confirm},
		}},
		{"deemed_acceptance", approval.Confirmed, []act{ // one item without a word for five working days, one accepted on the second
			{"2026-03-09 09:00", secretary, raise(approval.Petition{Project: "fenjiang-west-bank", Title: "规划许可与方案", Items: []catalog.ItemNo{24, 36}})},
			{"2026-03-11 10:00", water, approval.Accept{SignOff: 2}},
			{"2026-03-18 10:00", resources, approval.Grant{SignOff: 1}},
			{"2026-03-18 11:00", water, approval.Grant{SignOff: 2}},
			{"2026-03-18 15:00", secretary, confirm},
		}},
		{"consultation_vote", approval.Confirmed, []act{ // a meeting, a vote passed by all, an agreed action that is done
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-10 09:00", water, object(1)},
			{"2026-03-10 09:30", transport, approval.Grant{SignOff: 2}},
			{"2026-03-10 10:00", generalBranch, meeting("2026-03-10 14:00", "2026-03-12")},
			{"2026-03-10 15:00", water, approval.Cast{Choice: approval.For}},
			{"2026-03-11 10:00", transport, approval.Cast{Choice: approval.For}},
			{"2026-03-12 10:00", housing, approval.Cast{Choice: approval.For}},
			{"2026-03-12 11:00", generalBranch, approval.Minute{Text: "各方一致同意", Present: []int{1, 2, 3}}},
			{"2026-03-12 15:00", generalBranch, approval.Conclude{
				Findings: []approval.Finding{{SignOff: 1, Outcome: approval.SetAside}},
				Actions:  []approval.Undertaking{{Department: "cc-water", What: "汛前完成改河", By: calendar.MustParse("2026-03-20")}},
			}},
			{"2026-03-16 10:00", water, approval.Grant{SignOff: 3}},
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"consultation_vote_by_link", approval.Confirmed, []act{ // a village committee without an account has a voice; its first link is lost
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-10 09:00", water, object(1)},
			{"2026-03-10 09:30", transport, approval.Grant{SignOff: 2}},
			{"2026-03-10 10:00", generalBranch, withVillage(meeting("2026-03-10 14:00", "2026-03-12"))},
			{"2026-03-10 10:05", generalBranch, approval.Invite{Attendee: 4, Hash: approval.HashLink("lost")}},
			{"2026-03-10 15:00", water, approval.Cast{Choice: approval.Against}},
			{"2026-03-11 10:00", transport, approval.Cast{Choice: approval.For}},
			{"2026-03-11 11:00", generalBranch, approval.Invite{Attendee: 4, Hash: approval.HashLink("second")}},
			{"2026-03-12 09:00", housing, approval.Cast{Choice: approval.For}},
			{"2026-03-12 10:00", approval.Outsider, approval.CastByLink{Link: approval.LinkKey{Attendee: 4, Hash: approval.HashLink("second")}, Vote: approval.Cast{Choice: approval.For, Reason: "村民已表决同意"}}},
			{"2026-03-12 11:00", generalBranch, approval.Minute{Text: "三方赞成、一方反对，表决通过", Present: []int{1, 2, 3, 4}}},
			{"2026-03-12 15:00", generalBranch, approval.Conclude{Findings: []approval.Finding{{SignOff: 1, Outcome: approval.SetAside}}}},
			{"2026-03-12 16:00", secretary, confirm},
		}},
		{"consultation_referred", approval.Concluded, []act{ // the vote ends with its day, the tier passes it up, which upholds
			{"2026-03-09 09:00", secretary, raise(parties("cc-water"))},
			{"2026-03-10 09:00", water, object(1)},
			{"2026-03-10 10:00", generalBranch, meeting("2026-03-10 14:00", "2026-03-11")},
			{"2026-03-10 15:00", water, approval.Cast{Choice: approval.Against}},
			{"2026-03-12 10:00", generalBranch, approval.Refer{Reason: "涉及市级河道"}},
			{"2026-03-13 10:00", headquarters, approval.Conclude{Findings: []approval.Finding{{SignOff: 1, Outcome: approval.Uphold, Reason: "影响行洪"}}}},
		}},
		{"consultation_revised", approval.Confirmed, []act{ // the meeting votes for a revision: a second round of what was objected to
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport", "cc-housing"))},
			{"2026-03-10 09:00", water, object(1)},
			{"2026-03-10 09:30", transport, approval.Grant{SignOff: 2}},
			{"2026-03-10 10:00", generalBranch, onMotion(meeting("2026-03-10 14:00", "2026-03-11"), "岸线后退五米，退回修改", approval.Revise)},
			{"2026-03-10 15:00", water, approval.Cast{Choice: approval.For}},
			{"2026-03-10 15:10", transport, approval.Cast{Choice: approval.For}},
			{"2026-03-11 10:00", housing, approval.Cast{Choice: approval.For}},
			{"2026-03-11 11:00", generalBranch, approval.Minute{Text: "岸线后退五米后再议", Present: []int{1, 2, 3}, Resolutions: []string{"修改岸线方案"}}},
			{"2026-03-11 15:00", generalBranch, approval.Conclude{Findings: []approval.Finding{{SignOff: 1, Outcome: approval.Revise}}}},
			{"2026-03-13 09:00", secretary, approval.Resubmit{Note: "岸线已后退五米"}},
			{"2026-03-16 10:00", water, approval.Grant{SignOff: 1}},
			{"2026-03-16 11:00", housing, approval.Grant{SignOff: 3}},
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"consultation_on_conflict", approval.Confirmed, []act{ // two conditions exclude each other: one is decided anew, what is agreed becomes a sign-off
			{"2026-03-09 09:00", secretary, raise(parties("cc-traffic-police", "cc-transport", "cc-housing"))},
			{"2026-03-10 10:00", police, condition(1, "夜间施工，白天恢复通行", "2026-04-20")},
			{"2026-03-10 11:00", transport, condition(2, "夜间不施工，白天半幅封闭", "2026-04-20")},
			{"2026-03-10 14:00", generalBranch, approval.Convene{Cause: approval.OnConflict, SignOffs: []int{1, 2}, Reason: "两部门所附条件不能同时满足"}},
			{"2026-03-11 10:00", housing, approval.Grant{SignOff: 3}}, // the others go on meanwhile
			{"2026-03-11 15:00", generalBranch, approval.Conclude{
				Anew:    []int{2},
				Actions: []approval.Undertaking{{Department: "cc-traffic-police", What: "出具夜间导改方案", By: calendar.MustParse("2026-03-18")}},
				Reason:  "按夜间施工执行，占道条件由交通部门重新出具",
			}},
			{"2026-03-13 10:00", transport, condition(2, "夜间导改标志由交警验收后进场", "2026-04-20")},
			{"2026-03-16 10:00", police, approval.Grant{SignOff: 4}},
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"consultation_on_disputed_owner", approval.Confirmed, []act{ // the clock goes on from Monday while it is settled whose the task is
			{"2026-03-09 09:00", secretary, raise(parties("cc-water", "cc-transport"))},
			{"2026-03-10 10:00", water, approval.Transfer{SignOff: 1, To: "cc-urban-management", Reason: "属城市排水"}},
			{"2026-03-11 10:00", leader("cc-urban-management"), approval.SendBack{SignOff: 1, Reason: "属河道管理"}},
			{"2026-03-11 11:00", transport, approval.Grant{SignOff: 2}},
			{"2026-03-11 14:00", generalBranch, approval.Convene{Cause: approval.OnDispute, SignOffs: []int{1}, Reason: "两部门均认为不属本部门职责"}},
			{"2026-03-12 15:00", generalBranch, approval.Conclude{
				Owners: []approval.Assign{{SignOff: 1, To: "cc-urban-management", Reason: "按三定规定"}}, Reason: "由城管部门承办",
			}},
			{"2026-03-16 10:00", streets, approval.Grant{SignOff: 1}},
			{"2026-03-16 15:00", secretary, confirm},
		}},
		{"withdraw", approval.Withdrawn, []act{
			{"2026-03-09 09:00", secretary, raise(graph)},
			{"2026-03-10 10:00", resources, approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}},
			{"2026-03-11 10:00", secretary, approval.Withdraw{Reason: "线位调整"}},
		}},
	}
}

// meeting is one at a moment, with a vote of three departments until a day.
func meeting(at, until string) approval.Schedule {
	return approval.Schedule{
		At: shanghai(at), Place: "指挥部一号会议室", Agenda: []string{"岸线方案"},
		Attendees: []approval.Attendee{{Unit: "cc-water", Votes: true}, {Unit: "cc-transport", Votes: true}, {Unit: "cc-housing", Votes: true}},
		Ballot:    &approval.Ballot{Question: "按修改后的方案实施", Motion: approval.SetAside, Quorum: 67, Threshold: approval.All, Of: approval.OfCast, Until: calendar.MustParse(until)},
	}
}

// onMotion has the meeting vote on another question and outcome.
func onMotion(s approval.Schedule, question string, o approval.Outcome) approval.Schedule {
	b := *s.Ballot
	b.Question, b.Motion = question, o
	s.Ballot = &b
	return s
}

// withVillage gives a village committee a vote, as party number 4, and lets two thirds
// decide.
func withVillage(s approval.Schedule) approval.Schedule {
	b := *s.Ballot
	b.Threshold = approval.TwoThirds
	s.Ballot, s.Attendees = &b, append(s.Attendees, approval.Attendee{Name: "何村代表", Organisation: "白坭村民委员会", Votes: true})
	return s
}

// condition approves on a condition, which the own department checks by a day.
func condition(n int, what, by string) approval.GrantOnTerms {
	return approval.GrantOnTerms{SignOff: n, Kind: approval.OnCondition, Duties: []approval.Term{{What: what, By: calendar.MustParse(by)}}}
}

// play tells a story; a house whose power goes off is opened again and told on.
func (h *house) play(s story) {
	h.Helper()
	for k, a := range s.acts {
		h.survive(func() error { return h.until(shanghai(a.at)) })
		h.survive(func() error {
			if a.cmd == nil {
				_, err := h.sweeper().Run(h.ctx)
				return err
			}
			return h.try(a.by, a.cmd, fmt.Sprint("act-", k))
		})
		h.survive(h.settle)
	}
	h.ended(s.end)
}

// survive does something again after a crash in the middle of it.
func (h *house) survive(do func() error) {
	h.Helper()
	err := do()
	if h.power.dead {
		h.reopen()
		err = do()
	}
	if err != nil && !errors.Is(err, errPower) {
		h.Fatal(err)
	}
}

// TestHistoriesAreThoseOfTheGoldenFiles runs the workflow file on the engine and
// compares every history and every audit trail.
func TestHistoriesAreThoseOfTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.play(s)
			golden(t, s.name, h.record())
		})
	}
}

// TestAPowerCutAtAnyWriteGivesTheSameHistory cuts the power at every single write
// to the table or the journal, once before it and once after it reached the
// disk, opens the file again and goes on.
func TestAPowerCutAtAnyWriteGivesTheSameHistory(t *testing.T) {
	t.Parallel()
	told := stories()
	for _, name := range []string{"objection_revised", "supplement", "extension", "transfer_and_bounce", "ladder_paused", "supplement_unanswered", "consultation_vote", "withdraw", "commitment_missed_and_revoked"} {
		var s story
		for k := range told {
			if told[k].name == name {
				s = told[k]
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := newHouse(t)
			whole.play(s)
			want, writes := whole.apart(), whole.power.writes
			for n := 1; n <= writes; n++ {
				for _, written := range []bool{false, true} {
					if testing.Short() && n%7 != 0 {
						continue
					}
					t.Run(fmt.Sprint(n, written), func(t *testing.T) {
						t.Parallel()
						h := newHouse(t)
						h.power.off, h.power.written = n, written
						h.play(s)
						if diff := cmp.Diff(want, h.apart()); diff != "" {
							t.Errorf("power cut at write %d of %d (-without +with):\n%s", n, writes, diff)
						}
					})
				}
			}
		})
	}
}

// TestFivePartiesTakeAtMostTenTransitions is a promise on the bill.
func TestFivePartiesTakeAtMostTenTransitions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.raise(parties("cc-water", "cc-transport", "cc-traffic-police", "cc-housing", "cc-urban-management"))
	h.settled()
	h.grant(1, 2, 3, 4, 5)
	h.ended(approval.Concluded)
	d, err := h.engine.Describe(t.Context(), engine.ExecutionID(machineName, approval.ExecutionName(h.id, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if d.Transitions > 10 {
		t.Errorf("%d state transitions", d.Transitions)
	}
}
