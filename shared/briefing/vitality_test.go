package briefing_test

import (
	"errors"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/roster"
	"lianban/shared/vitality"
)

func TestAVitalityIndexCountsWhatIsOnRecordAndStandsInListAndReport(t *testing.T) {
	houses(t, func(h *house) { testAVitalityIndexCountsWhatIsOnRecordAndStandsInListAndReport(h) })
}

// Five issues are raised on the day of their drafts; after eight days one task of each is
// overdue, the plan of the whole is past, and the branch urged in two of them. That is 5 of 5,
// 2 of 5 and 0 of 5: fifteen cases, but they weigh 15 + 10 + 15 of 100, which is too little.
// With another issue concluded and confirmed, which weighs 10, it is 6 of 6, 2 of 5, 1 of 6
// and 1 of 1 in 50: 30 + 8 + 5 + 20 points.
func testAVitalityIndexCountsWhatIsOnRecordAndStandsInListAndReport(h *house) {
	var ids []approval.IssueID
	for _, title := range []string{"绕行一", "绕行二", "绕行三", "绕行四", "绕行五"} {
		id := h.raised(title)
		h.do(id, police, approval.Grant{SignOff: 1, Reason: "同意。"})
		ids = append(ids, id)
	}
	h.pass(8, ids...)
	for _, id := range ids[:2] {
		h.do(id, secretary, approval.Urge{SignOff: 2, Text: "请尽快办理。"})
	}
	h.settle()
	read := func() briefing.Vitality {
		h.settle()
		got, err := h.keeper.Vitality(h.Context(), "branch-fenjiang", "2026-H1", secretary)
		if err != nil {
			h.Fatal(err)
		}
		return got
	}
	met := func(v *briefing.Vitality, code vitality.Code) (all, met int) {
		for _, s := range v.Scores {
			if s.Code == code {
				return len(s.Cases), s.Met
			}
		}
		return 0, 0
	}
	before := read()
	if before.Rated() || before.Basis != 40 || before.Cases != 15 || len(before.Titles) != 5 {
		h.Errorf("%d stars on %d cases that weigh %d", before.Stars, before.Cases, before.Basis)
	}
	if all, done := met(&before, vitality.Urges); all != 5 || done != 2 {
		h.Errorf("urged in %d of %d", done, all)
	}
	done := h.raised("占道")
	h.do(done, police, approval.Grant{SignOff: 1, Reason: "同意。"})
	h.do(done, transport, approval.Grant{SignOff: 2, Reason: "同意。"})
	if _, err := h.service.Close(h.Context(), done, 1); err != nil {
		h.Fatal(err)
	}
	h.do(done, secretary, approval.Confirm{Stars: 4, Comment: "及时。"})
	after := read()
	if after.Points.String() != "63.00" || after.Stars != 2 || after.Basis != 50 || after.Cases != 18 {
		h.Errorf("%s points, %d stars, on %d cases that weigh %d", after.Points, after.Stars, after.Cases, after.Basis)
	}

	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	pack := h.drawn(briefing.Pack, "branch-fenjiang", secretary)
	for _, v := range []*briefing.View{&list, &pack} {
		h.counts(v, map[string]int{"vitality_raised_of": 6, "vitality_raised": 6, "vitality_urges_of": 5, "vitality_urges": 2, "vitality_closed_of": 6, "vitality_closed": 1, "vitality_rated": 1})
		last := v.Document.Sections[len(v.Document.Sections)-1]
		if last.Says[0].ZH != "★★☆☆☆ 2星（63.00分）" || len(last.Table.Rows) != len(vitality.Codes()) {
			h.Errorf("%s, with %d indicators", last.Says[0].ZH, len(last.Table.Rows))
		}
	}
	for _, lang := range []string{"zh", "en"} {
		if file, err := after.Workbook(h.service.Rules().Roster, lang); err != nil || len(file) == 0 {
			h.Errorf("as a workbook: %v", err)
		}
	}
}

func TestAnIndexIsForTheBranchAndThoseAboveIt(t *testing.T) {
	houses(t, func(h *house) { testAnIndexIsForTheBranchAndThoseAboveIt(h) })
}

func testAnIndexIsForTheBranchAndThoseAboveIt(h *house) {
	overseer := approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"}
	for name, c := range map[string]struct {
		by     approval.Actor
		branch roster.BranchID
		period string
		kind   approval.Kind
		field  string
	}{
		"the own":             {secretary, "branch-fenjiang", "", "", ""},
		"another's":           {secretary, "branch-u-valley", "", approval.NotFound, "id"},
		"of the tier above":   {general, "branch-fenjiang", "2025-H2", "", ""},
		"of the bureau":       {bureau, "branch-fenjiang", "", "", ""},
		"of an overseer":      {overseer, "branch-u-valley", "", "", ""},
		"of an officer":       {police, "branch-fenjiang", "", approval.Forbidden, ""},
		"no branch":           {bureau, "general-branch", "", approval.NotFound, "id"},
		"no period":           {bureau, "branch-fenjiang", "2026-Q1", approval.Invalid, "period"},
		"a period that comes": {bureau, "branch-fenjiang", "2026-H2", approval.Invalid, "period"},
	} {
		_, err := h.keeper.Vitality(h.Context(), c.branch, c.period, c.by)
		if e, ok := errors.AsType[*approval.Error](err); c.kind == "" && err != nil || c.kind != "" && (!ok || e.Kind != c.kind || e.Field != c.field) {
			h.Errorf("%s: %v", name, err)
		}
	}
	own, _, err := h.keeper.Vitalities(h.Context(), "", secretary, approval.Page{Limit: 10})
	if err != nil || len(own) != 1 || own[0].Branch != "branch-fenjiang" {
		h.Errorf("a secretary's list: %+v, %v", own, err)
	}
	whole, _, err := h.keeper.Vitalities(h.Context(), "", overseer, approval.Page{Limit: 200})
	if err != nil || len(whole) < 2 {
		h.Fatalf("an overseer's list: %d, %v", len(whole), err)
	}
	var paged []roster.BranchID
	for page := (approval.Page{Limit: 1}); ; {
		some, next, err := h.keeper.Vitalities(h.Context(), "", overseer, page)
		if err != nil {
			h.Fatal(err)
		}
		for _, v := range some {
			paged = append(paged, v.Branch)
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	if len(paged) != len(whole) {
		h.Errorf("by pages of one there are %v, of %d", paged, len(whole))
	}
}
