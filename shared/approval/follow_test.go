package approval_test

import (
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestAnAddedSignaturePassesToTheSuccessor(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Before, true)
	due := g.so(1).Added[0].Due
	g.change(roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: "cc-ecology", To: "cc-urban-management"}}}})
	g.must(approval.Machine, approval.Conform{Ground: "机构改革方案"})
	if a := g.so(1).Added[0]; a.Department != "cc-urban-management" || a.Due != due {
		t.Errorf("asked: %+v", a)
	}
	if put := g.last.Added; len(put) != 1 || put[0].Added.Department != "cc-urban-management" {
		t.Errorf("listed: %+v", put)
	}
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvFollow || !strings.Contains(string(e.Detail), `"added":1`) {
		t.Errorf("on record: %+v", e)
	}
	version := g.issue.Version
	g.must(approval.Machine, approval.Conform{Ground: "机构改革方案"})
	if g.issue.Version != version {
		t.Error("it passed on twice")
	}
	// Who was asked has moved along with the department.
	signer := approval.Actor{Person: "cc-ecology-officer-1", Role: roster.Officer, Unit: "cc-urban-management"}
	g.must(signer, approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Agree, Reason: "按环评批复"})
	g.must(g.by(1), grantOne)
}

func TestAnAddedSignatureThatComesHomeIsNeededNoMore(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Before, true)
	g.change(roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: "cc-ecology", To: "cc-water"}}}})
	g.must(approval.Machine, approval.Conform{Ground: "机构改革方案"})
	if a := g.so(1).Added[0]; a.State != approval.AddedLapsed {
		t.Errorf("asked of the own department: %+v", a)
	}
	g.must(g.by(1), grantOne)
}

func TestAnApprovalWhoseSignerComesHomeTakesEffect(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.After, true)
	g.must(g.by(1), grantOne)
	g.want(approval.Open, approval.Open)
	g.change(roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: "cc-ecology", To: "cc-water"}}}})
	g.must(approval.Machine, approval.Conform{Ground: "机构改革方案"})
	g.want(approval.Granted, approval.Open)
}
