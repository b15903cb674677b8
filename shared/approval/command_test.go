package approval_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

var update = flag.Bool("update", false, "write the golden files anew")

// situations are every status of an issue with every state that sign-off n may
// have in it.
var situations = []struct {
	name string
	n    int // the sign-off that commands name
	play func(g *game)
}{
	{"draft", 1, func(g *game) { g.must(secretary, approval.Save{Petition: chain()}) }},
	{"raised waiting", 1, func(g *game) { g.raise(chain()) }},
	{"in_signoff open", 1, func(g *game) { g.raise(chain()).route() }},
	{"in_signoff extendable", 1, func(g *game) { g.raise(one(25)).route() }},
	{"in_signoff claimed", 1, func(g *game) { g.raise(chain()).route().must(g.by(1), approval.Claim{SignOff: 1}) }},
	{"in_signoff claimant left", 1, func(g *game) {
		gone := officer("cc-natural-resources", 2).Person
		g.raise(chain()).route().must(officer("cc-natural-resources", 2), approval.Claim{SignOff: 1})
		g.change(roster.Change{People: &roster.PersonChange{Person: gone, Leave: true}})
	}},
	{"in_signoff recused", 1, func(g *game) {
		g.raise(chain()).route().must(g.by(1), approval.Recuse{SignOff: 1, Reason: "亲属在项目单位"})
	}},
	{"in_signoff transferred", 1, func(g *game) { g.raise(chain()).route().transfer(1, "cc-housing") }},
	{"in_signoff disputed", 1, func(g *game) { g.raise(chain()).route().transfer(1, "cc-housing").sendBack(1) }},
	{"in_signoff assigned", 1, func(g *game) { g.raise(chain()).route().transfer(1, "cc-housing").sendBack(1).assign(1, "cc-housing") }},
	{"in_signoff signer added", 1, func(g *game) { g.raise(chain()).route().add(approval.Beside, true) }},
	{"in_signoff countersigned", 1, func(g *game) { g.raise(chain()).route().add(approval.After, true).grant(1) }},
	{"in_signoff urged", 1, func(g *game) { g.raise(chain()).route().must(secretary, approval.Urge{SignOff: 1}) }},
	{"in_signoff overdue", 1, func(g *game) {
		g.raise(chain()).route().at("2026-04-20 10:00")
		for _, n := range []int{1, 5, 6} {
			g.look(n)
		}
	}},
	{"in_signoff tolerance proposed", 1, func(g *game) {
		g.raise(chain()).route().at("2026-04-20 10:00")
		for _, n := range []int{1, 5, 6} {
			g.look(n)
		}
		g.must(generalBranch, tolerating(1))
	}},
	{"in_signoff tolerated", 1, func(g *game) {
		g.raise(chain()).route().at("2026-04-20 10:00")
		for _, n := range []int{1, 5, 6} {
			g.look(n)
		}
		g.must(generalBranch, tolerating(1))
		g.must(bureau, approval.AnswerTolerance{SignOff: 1, Answer: approval.ToleranceConfirmed})
	}},
	{"in_signoff passed up", 1, func(g *game) {
		g.raise(chain()).route().must(secretary, approval.PassUp{SignOff: 1, To: roster.TierGeneralBranch, Reason: "须总支协调", Untried: "部门已函复"})
	}},
	{"in_signoff supervised", 1, func(g *game) { g.raise(chain()).route().supervise(1) }},
	{"in_signoff notice replied", 1, func(g *game) {
		g.raise(chain()).route().supervise(1).must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "下周办结"})
	}},
	{"in_signoff notice sent back", 1, func(g *game) {
		g.raise(chain()).route().supervise(1).must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "下周办结"})
		g.must(generalBranch, approval.RecheckNotice{K: 1, Text: "未说明原因"})
	}},
	{"in_signoff ladder paused", 1, func(g *game) { g.raise(chain()).route().pauseLadder(1) }},
	{"in_signoff attached", 1, func(g *game) { g.raise(chain()).route().must(secretary, attach(approval.ForPetition, 0, "a")) }},
	{"in_signoff waiting", 2, func(g *game) { g.raise(chain()).route() }},
	{"in_signoff supplement", 1, func(g *game) {
		g.raise(chain()).route()
		g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"总平面图"}})
	}},
	{"in_signoff accepted", 1, func(g *game) { g.raise(chain()).route().must(g.by(1), approval.Accept{SignOff: 1}) }},
	{"in_signoff stopped", 1, func(g *game) { g.raise(chain()).route().stopClock(1, approval.StopHearing, 10) }},
	{"in_signoff papers back", 1, func(g *game) {
		g.raise(chain()).route().papersBack(1)
		g.look(5)
		g.look(6)
	}},
	{"in_signoff granted", 1, func(g *game) { g.raise(chain()).route().grant(1) }},
	{"in_signoff extension asked", 1, func(g *game) {
		g.raise(one(25)).route()
		g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 10, Reason: "论证"})
	}},
	{"in_signoff pledged", 1, func(g *game) { g.raise(chain()).route().pledge(1, 9) }},
	{"in_signoff on condition", 1, func(g *game) { g.raise(chain()).route().must(g.by(1), onTerms(1, approval.OnCondition, 9)) }},
	{"in_signoff duty met", 1, func(g *game) {
		g.raise(chain()).route().pledge(1, 9).must(g.by(1), approval.Meet{SignOff: 1, Duty: 1, Evidence: "现场核查"})
	}},
	{"in_signoff duty missed", 1, func(g *game) { g.raise(chain()).route().pledge(1, 1).at("2026-03-11 00:00") }},
	{"in_signoff revoked", 1, func(g *game) { g.raise(chain()).route().pledge(1, 1).at("2026-03-11 00:00").revoke(1) }},
	{"in_signoff outvoted", 1, func(g *game) { outvoted(g) }},
	{"consulting open", 5, func(g *game) { g.raise(chain()).route().object(1) }},
	{"consulting objected", 1, func(g *game) { g.raise(chain()).route().object(1) }},
	{"consulting held", 2, func(g *game) { g.raise(chain()).route().object(1) }},
	{"consulting convened", 1, func(g *game) { g.raise(chain()).route().must(generalBranch, ownAccord) }},
	{"consulting voting", 1, func(g *game) {
		g.raise(chain()).route().object(1)
		g.must(generalBranch, ballotOn())
		g.must(officer("cc-culture", 1), approval.Cast{Choice: approval.For})
		g.must(generalBranch, inviteVillage)
	}},
	{"consulting voted by link", 1, func(g *game) {
		g.raise(chain()).route().object(1)
		g.must(generalBranch, ballotOn())
		g.must(officer("cc-culture", 1), approval.Cast{Choice: approval.For})
		g.must(generalBranch, inviteVillage)
		g.must(approval.Outsider, approval.CastByLink{Link: villageLink, Vote: vote(approval.For)})
	}},
	{"consulting refused", 1, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Uphold) }},
	{"consulting void", 2, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Uphold) }},
	{"returned open", 5, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Revise) }},
	{"returned objected", 1, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Revise) }},
	{"returned held", 2, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Revise) }},
	{"returned supplement", 5, func(g *game) {
		g.raise(chain()).route().object(1)
		g.must(g.by(5), approval.AskSupplement{SignOff: 5, Papers: []string{"总平面图"}})
		g.rule(1, approval.Revise)
	}},
	{"returned waiting", 2, func(g *game) { g.raise(chain()).route().object(5); g.rule(5, approval.Revise) }},
	{"raised again open", 5, func(g *game) { again(g) }},
	{"raised again waiting", 1, func(g *game) { again(g) }},
	{"held for an operator", 1, func(g *game) {
		g.raise(chain()).route().must(approval.Machine, approval.HoldCommand(1, "token", "Internal", "disk on fire"))
	}},
	{"concluded agreed", 1, func(g *game) { agreed(g) }},
	{"concluded late", 1, func(g *game) {
		g.raise(one(25)).route().at("2026-06-20 10:00").look(1)
		g.must(g.by(1), approval.Grant{SignOff: 1, Reason: "汛情封航，逾期办结"})
		g.close()
	}},
	{"concluded duty missed", 1, func(g *game) {
		g.raise(one(25)).route().pledge(1, 9).close()
		g.at("2026-03-19 00:00")
	}},
	{"revoked after the end", 1, func(g *game) {
		g.raise(one(25)).route().pledge(1, 9).close()
		g.at("2026-03-19 00:00").revoke(1)
	}},
	{"confirmed duty missed", 1, func(g *game) {
		g.raise(one(25)).route().pledge(1, 9).close()
		g.must(secretary, approval.Confirm{Stars: 5})
		g.at("2026-03-19 00:00")
	}},
	{"reopened", 1, func(g *game) {
		agreed(g)
		g.must(secretary, approval.Reopen{SignOffs: []int{2}, Reason: "用地红线调整"})
	}},
	{"concluded refused", 1, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Uphold); g.close() }},
	{"concluded void", 2, func(g *game) { g.raise(chain()).route().object(1); g.rule(1, approval.Uphold); g.close() }},
	{"confirmed", 1, func(g *game) { agreed(g); g.must(secretary, approval.Confirm{Stars: 5}) }},
	{"withdrawn", 1, func(g *game) { g.raise(chain()).route().must(secretary, approval.Withdraw{Reason: "线位调整"}) }},
	{"draft withdrawn", 1, func(g *game) {
		g.must(secretary, approval.Save{Petition: chain()})
		g.must(secretary, approval.Withdraw{Reason: "重复"})
	}},
}

func again(g *game) {
	g.raise(chain()).route().object(1)
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已按意见修改"})
}

func agreed(g *game) {
	g.raise(chain()).route().grant(1, 2, 3, 4, 5, 6)
	g.close()
}

var roles = []struct {
	name  string
	actor func(g *game, n int) approval.Actor
}{
	{"secretary", always(secretary)},
	{"other secretary", always(stranger)},
	{"officer", func(g *game, n int) approval.Actor {
		if g.so(n) == nil {
			return officer("cc-natural-resources", 1)
		}
		return g.by(n)
	}},
	{"signer", always(officer("cc-ecology", 1))},
	{"other officer", always(officer("cc-culture", 1))},
	{"lead", func(g *game, n int) approval.Actor {
		if g.so(n) == nil {
			return lead
		}
		return g.leadOf(n)
	}},
	{"other lead", always(approval.Actor{Person: "cc-culture-lead", Role: roster.Lead, Unit: "cc-culture"})},
	{"general branch", always(generalBranch)},
	{"headquarters", always(headquarters)},
	{"bureau", always(bureau)},
	{"overseer", always(overseer)},
	{"administrator", always(administrator)},
	{"outsider", always(approval.Outsider)},
	{"machine", always(approval.Machine)},
}

func always(a approval.Actor) func(*game, int) approval.Actor {
	return func(*game, int) approval.Actor { return a }
}

// commands are well-formed: what refuses them is who, when or where.
var commands = []struct {
	name string
	only []string // the roles that may ever do it
	make func(n int) approval.Command
}{
	{"save", []string{"secretary"}, func(int) approval.Command { return approval.Save{Petition: chain()} }},
	{"enter", []string{"bureau"}, func(int) approval.Command { return approval.Enter{Petition: chain()} }},
	{"raise", []string{"secretary"}, func(int) approval.Command { return approval.Raise{} }},
	{"claim", []string{"officer"}, func(n int) approval.Command { return approval.Claim{SignOff: n} }},
	{"release", []string{"officer"}, func(n int) approval.Command { return approval.Release{SignOff: n} }},
	{"reassign", []string{"lead"}, func(n int) approval.Command {
		return approval.Reassign{SignOff: n, To: "cc-natural-resources-officer-2", Reason: "调整分工"}
	}},
	{"recuse", []string{"officer"}, func(n int) approval.Command { return approval.Recuse{SignOff: n, Reason: "亲属在项目单位"} }},
	{"transfer", []string{"officer", "lead"}, func(n int) approval.Command {
		return approval.Transfer{SignOff: n, To: "cc-ecology", Reason: "不属本部门职责"}
	}},
	{"send back", []string{"officer", "lead"}, func(n int) approval.Command { return approval.SendBack{SignOff: n, Reason: "亦不属本部门职责"} }},
	{"assign", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.Assign{SignOff: n, To: "cc-ecology", Reason: "按三定规定"}
	}},
	{"add signer", []string{"officer", "lead"}, func(n int) approval.Command {
		return approval.AddSigner{SignOff: n, Department: "cc-water", When: approval.Beside, Question: "有无意见"}
	}},
	{"answer added", []string{"signer"}, func(n int) approval.Command {
		return approval.AnswerAdded{SignOff: n, K: 1, Opinion: approval.Agree}
	}},
	{"cancel added", []string{"officer", "lead"}, func(n int) approval.Command { return approval.CancelAdded{SignOff: n, K: 1, Reason: "已沟通"} }},
	{"grant", []string{"officer"}, func(n int) approval.Command { return approval.Grant{SignOff: n, Reason: "同意"} }},
	{"pledge", []string{"officer"}, func(n int) approval.Command {
		return pledge(n, 30)
	}},
	{"grant on condition", []string{"officer"}, func(n int) approval.Command { return onTerms(n, approval.OnCondition, 30) }},
	{"grant with gaps", []string{"officer"}, func(n int) approval.Command { return onTerms(n, approval.WithGaps, 30) }},
	{"oppose", []string{"officer"}, func(n int) approval.Command { return approval.Oppose{SignOff: n, Ground: "法条", Reason: "理由"} }},
	{"ask supplement", []string{"officer"}, func(n int) approval.Command { return approval.AskSupplement{SignOff: n, Papers: []string{"图"}} }},
	{"answer supplement", []string{"secretary"}, func(n int) approval.Command { return approval.AnswerSupplement{SignOff: n, Text: "已补"} }},
	{"accept", []string{"officer"}, func(n int) approval.Command { return approval.Accept{SignOff: n} }},
	{"stop clock", []string{"officer"}, func(n int) approval.Command {
		return approval.StopClock{SignOff: n, Kind: approval.StopHearing, Days: 5, Reason: "听证"}
	}},
	{"end stop", []string{"officer"}, func(n int) approval.Command {
		return approval.EndStop{SignOff: n, Kind: approval.StopHearing, Result: "已听证"}
	}},
	{"refile", []string{"secretary"}, func(n int) approval.Command { return approval.Refile{SignOff: n, Text: "材料已齐"} }},
	{"ask extension", []string{"officer"}, func(n int) approval.Command {
		return approval.AskExtension{SignOff: n, Days: 10, Reason: "论证"}
	}},
	{"answer extension", []string{"lead"}, func(n int) approval.Command {
		return approval.AnswerExtension{SignOff: n, Answer: approval.ExtensionGranted}
	}},
	{"rule", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.Rule{SignOff: n, Outcome: approval.SetAside, Reason: "会商"}
	}},
	{"convene", []string{"general branch", "headquarters"}, func(int) approval.Command { return ownAccord }},
	{"schedule", []string{"general branch", "headquarters"}, func(int) approval.Command { return ballotOn() }},
	{"cast", []string{"officer", "other officer", "lead", "other lead"}, func(int) approval.Command { return approval.Cast{Choice: approval.For} }},
	{"invite", []string{"general branch", "headquarters"}, func(int) approval.Command { return inviteVillage }},
	{"cast by link", []string{"outsider"}, func(int) approval.Command {
		return approval.CastByLink{Link: villageLink, Vote: vote(approval.Against)}
	}},
	{"excuse by link", []string{"outsider"}, func(int) approval.Command {
		return approval.ExcuseByLink{Link: villageLink, Why: approval.Excuse{Reason: "有利害关系"}}
	}},
	{"excuse", []string{"lead", "other lead"}, func(int) approval.Command { return approval.Excuse{Reason: "有利害关系"} }},
	{"minute", []string{"general branch", "headquarters"}, func(int) approval.Command { return approval.Minute{Text: "一致意见", Present: []int{1}} }},
	{"refer", []string{"general branch", "headquarters"}, func(int) approval.Command { return approval.Refer{Reason: "涉及市级部门"} }},
	{"conclude consultation", []string{"general branch", "headquarters"}, func(n int) approval.Command { return setAside(n, "会商") }},
	{"settle consultation", []string{"general branch", "headquarters"}, func(int) approval.Command { return approval.Conclude{Reason: "已协调一致"} }},
	{"report duty", []string{"secretary"}, func(n int) approval.Command {
		return approval.ReportDuty{SignOff: n, Duty: 1, Text: "已补齐"}
	}},
	{"meet", []string{"officer"}, func(n int) approval.Command { return approval.Meet{SignOff: n, Duty: 1, Evidence: "现场核查"} }},
	{"revoke", []string{"officer", "lead"}, func(n int) approval.Command {
		return approval.Revoke{SignOff: n, Ground: "行政许可法第六十九条", Reason: "逾期未履行"}
	}},
	{"reopen", []string{"secretary", "general branch"}, func(n int) approval.Command {
		return approval.Reopen{SignOffs: []int{n}, Reason: "用地红线调整"}
	}},
	{"urge", []string{"secretary"}, func(n int) approval.Command { return approval.Urge{SignOff: n, Text: "工期紧"} }},
	{"dispose", []string{"secretary", "general branch", "headquarters"}, func(n int) approval.Command {
		return approval.Dispose{SignOff: n, What: approval.Coordinated, Text: "现场协调"}
	}},
	{"pass up", []string{"secretary", "general branch"}, func(n int) approval.Command {
		return approval.PassUp{SignOff: n, To: roster.TierHeadquarters, Reason: "汛期在即", Untried: "无权调度", Skipped: "应当回避"}
	}},
	{"pause ladder", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.PauseLadder{SignOff: n, Until: calendar.Of(monday).Add(3), Reason: "等待现场会"}
	}},
	{"resume ladder", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.ResumeLadder{SignOff: n, Reason: "现场会已开"}
	}},
	{"dispose of a warning as handled", []string{"general branch", "headquarters"}, disposing(approval.Handled)},
	{"dispose of a warning as explained", []string{"lead"}, disposing(approval.Explained)},
	{"dispose of a warning as a false alarm", []string{"overseer"}, disposing(approval.FalseAlarm)},
	{"supervise", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.Supervise{SignOff: n, Demand: "限期办结", ReplyDays: 2}
	}},
	{"reply to a notice", []string{"lead"}, func(int) approval.Command { return approval.ReplyNotice{K: 1, Text: "下周办结"} }},
	{"recheck a notice", []string{"general branch", "headquarters"}, func(int) approval.Command { return approval.RecheckNotice{K: 1, OK: true, Text: "属实"} }},
	{"propose a tolerance", []string{"general branch", "headquarters"}, func(n int) approval.Command {
		return approval.ProposeTolerance{SignOff: n, Of: approval.OverrunTolerated, Code: "unforeseen", Reason: "汛情封航"}
	}},
	{"answer a tolerance", []string{"headquarters", "bureau"}, func(n int) approval.Command {
		return approval.AnswerTolerance{SignOff: n, Answer: approval.ToleranceConfirmed}
	}},
	{"end a tolerance", []string{"general branch", "headquarters", "bureau"}, func(n int) approval.Command {
		return approval.EndTolerance{SignOff: n, Reason: "情况不实"}
	}},
	{"comment", []string{
		"secretary", "other secretary", "officer", "signer", "other officer", "lead", "other lead", "general branch", "headquarters", "bureau", "overseer", "administrator",
	}, func(int) approval.Command { return approval.Comment{Text: "已现场核实"} }},
	{"attach to the issue", []string{"secretary"}, func(int) approval.Command { return attach(approval.ForPetition, 0, "b") }},
	{"attach a supplement", []string{"secretary"}, func(n int) approval.Command { return attach(approval.ForSupplement, n, "b") }},
	{"attach to an opinion", []string{"officer", "signer"}, func(n int) approval.Command { return attach(approval.ForOpinion, n, "b") }},
	{"attach evidence", []string{"officer"}, func(n int) approval.Command { return attach(approval.ForEvidence, n, "b") }},
	{"attach for a consultation", []string{"general branch", "headquarters"}, func(int) approval.Command { return attach(approval.ForConsultation, 0, "b") }},
	{"detach", []string{"secretary"}, func(int) approval.Command { return approval.Detach{ID: hashOf("a"), Reason: "传错"} }},
	{"name officer", []string{"general branch", "bureau"}, func(int) approval.Command {
		return approval.NameOfficer{Person: "cc-bureau-1", Reason: "分工调整"}
	}},
	{"resubmit", []string{"secretary"}, func(int) approval.Command { return approval.Resubmit{Note: "改了"} }},
	{"withdraw", []string{"secretary"}, func(int) approval.Command { return approval.Withdraw{Reason: "不办了"} }},
	{"confirm", []string{"secretary"}, func(int) approval.Command { return approval.Confirm{Stars: 4} }},
	{"resume", []string{"administrator"}, func(int) approval.Command { return approval.Resume{Reason: "已修复"} }},
}

var ownAccord = approval.Convene{Cause: approval.OwnAccord, Reason: "多方协调"}

// ballotOn is a meeting at once with a vote of four departments and a village committee.
func ballotOn() approval.Schedule {
	s := meeting("2026-03-09", "2026-03-10")
	s.At, s.Ballot.Motion = monday, ""
	s.Attendees = []approval.Attendee{{Unit: "cc-natural-resources", Votes: true}, {Unit: "cc-culture", Votes: true}, {Unit: "cc-housing", Votes: true}, {Unit: "cc-water", Votes: true}, {Name: "何村代表", Organisation: "白坭村民委员会", Votes: true}}
	return s
}

// TestEveryCommandInEveryStateByEveryRole holds who may do what, when, to a
// table that people can read: testdata/commands.golden.
func TestEveryCommandInEveryStateByEveryRole(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	for _, cmd := range commands {
		may := map[string]bool{}
		for _, role := range cmd.only {
			may[role] = true
		}
		fmt.Fprintf(&out, "%s\n", cmd.name)
		for _, s := range situations {
			start := newGame(t)
			s.play(start)
			answers := map[string][]string{}
			var order []string
			for _, role := range roles {
				g := *start
				answer := "ok"
				before := g.issue
				err := g.do(role.actor(&g, s.n), cmd.make(s.n))
				switch e, ok := err.(*approval.Error); { //nolint:errorlint // the rules answer it bare
				case err == nil && g.issue.Version == before.Version:
					answer = "ok, nothing to do"
				case err == nil:
				case !ok:
					t.Fatalf("%s in %s by %s answers a stranger: %v", cmd.name, s.name, role.name, err)
				case e.Text.ZH == "" || e.Text.EN == "" || strings.Contains(e.Text.ZH+e.Text.EN, "%!"):
					t.Errorf("%s in %s by %s answers a broken sentence: %+v", cmd.name, s.name, role.name, e.Text)
				default:
					answer = string(e.Kind)
				}
				if err == nil && !may[role.name] {
					t.Errorf("%s in %s is allowed to the %s", cmd.name, s.name, role.name)
				}
				if answers[answer] == nil {
					order = append(order, answer)
				}
				answers[answer] = append(answers[answer], role.name)
			}
			fmt.Fprintf(&out, "  %-27s", s.name)
			for k, answer := range order {
				who := strings.Join(answers[answer], ", ")
				switch {
				case len(order) == 1:
					who = "everybody"
				case len(answers[answer]) > len(roles)/2:
					who = "everybody else"
				}
				if k > 0 {
					out.WriteString("; ")
				}
				fmt.Fprintf(&out, " %s: %s", answer, who)
			}
			out.WriteString("\n")
		}
	}
	golden(t, "commands.golden", []byte(out.String()))
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
	}
}
