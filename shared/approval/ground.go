package approval

import "cmp"

// GroundCode names a legal ground (法定依据) of the lists below.
type GroundCode string

// OtherGround is for what the lists do not name: its text says what it rests on.
// What was stored before grounds had codes is read as this.
const OtherGround GroundCode = "other"

// Ground is a coded ground: what it says, and the rule that it rests on where there
// is one. A ground without a law has to be given its basis in words.
type Ground struct {
	Code GroundCode `json:"code"`
	Text
	Law     string `json:"law,omitempty"`
	Article string `json:"article,omitempty"`
	// Of is the kind of approval that may be revoked on it; empty: any.
	Of DecisionKind `json:"of,omitempty"`
	// Missed: it rests on a duty that was not met in time, and on nothing less.
	Missed bool `json:"missed,omitempty"`
	// Assumed: this product's own class; no source draws it so.
	Assumed bool `json:"assumed,omitempty"`
}

// Basis is the rule as a decision cites it; empty where there is none.
func (g Ground) Basis() string { return g.Law + g.Article }

// InWords reports whether the basis has to be given in words as well.
func (g Ground) InWords() bool { return g.Code == OtherGround || g.Law == "" }

// ObjectionGrounds are on what a department objects. The articles are those of the
// laws in force in 2026 (文物保护法 as revised in 2024).
var ObjectionGrounds = []Ground{
	{Code: "conditions", Text: Text{"不符合法定条件、标准", "does not meet the conditions or standards of the law"}, Law: "行政许可法", Article: "第三十八条"},
	{Code: "untrue_papers", Text: Text{"申请材料不实", "untrue papers"}, Law: "行政许可法", Article: "第七十八条"},
	{Code: "third_party", Text: Text{"涉及第三方重大利益，尚未听取意见或听证", "touches a third party's major interests, who has not been heard"}, Law: "行政许可法", Article: "第三十六条、第四十七条"},
	{Code: "competence", Text: Text{"超越本部门职权范围", "beyond the department's competence"}, Law: "行政许可法", Article: "第二十二条"},
	{Code: "planning", Text: Text{"不符合规划条件", "against the planning conditions"}, Law: "城乡规划法", Article: "第四十条"},
	{Code: "farmland", Text: Text{"占用永久基本农田", "takes permanent basic farmland"}, Law: "土地管理法", Article: "第三十五条"},
	{Code: "flood", Text: Text{"影响行洪或者堤防安全", "endangers flood discharge or dikes"}, Law: "防洪法", Article: "第二十七条"},
	{Code: "water_source", Text: Text{"涉及饮用水水源保护区", "within a drinking-water protection zone"}, Law: "水污染防治法", Article: "第六十五条、第六十六条"},
	{Code: "environment", Text: Text{"环境影响评价文件未经批准", "the environmental impact assessment is not approved"}, Law: "环境影响评价法", Article: "第二十五条"},
	{Code: "traffic", Text: Text{"占用、挖掘道路或者影响交通安全", "occupies or digs up a road, or endangers traffic"}, Law: "道路交通安全法", Article: "第三十二条"},
	{Code: "fire", Text: Text{"消防设计审查不合格", "the fire design has not passed review"}, Law: "消防法", Article: "第十二条"},
	{Code: "relics", Text: Text{"涉及文物保护范围或者建设控制地带", "within the protected area or control zone of cultural relics"}, Law: "文物保护法", Article: "第二十八条、第二十九条"},
	{Code: "plan_conflict", Text: Text{"与在建或者已批项目冲突", "in conflict with another project built or approved"}, Assumed: true},
	{Code: OtherGround, Text: Text{"其他（须写明依据）", "other (say on what basis)"}, Assumed: true},
}

// RevocationGrounds are on what an approval is revoked. Those of 行政许可法 art. 69 and
// an untrue commitment need no duty that was missed: the approval should not have
// been given.
var RevocationGrounds = []Ground{
	{Code: "commitment_broken", Text: Text{"逾期未履行告知承诺", "the commitment was not kept in time"}, Law: "国办发〔2020〕42号", Of: OnPledge, Missed: true},
	{Code: "commitment_false", Text: Text{"承诺内容不实", "the commitment was untrue"}, Law: "国办发〔2020〕42号", Of: OnPledge},
	{Code: "condition_unmet", Text: Text{"逾期未落实附加条件", "a condition was not met in time"}, Of: OnCondition, Missed: true, Assumed: true},
	{Code: "gaps_left", Text: Text{"逾期未补齐容缺材料", "papers accepted as missing were not handed in"}, Of: WithGaps, Missed: true, Assumed: true},
	{Code: "abuse", Text: Text{"滥用职权、玩忽职守作出", "given by an abuse or neglect of office"}, Law: "行政许可法", Article: "第六十九条第一款第（一）项"},
	{Code: "unqualified", Text: Text{"申请人不具备资格或者不符合法定条件", "the applicant does not qualify or does not meet the law's conditions"}, Law: "行政许可法", Article: "第六十九条第一款第（四）项"},
	{Code: "fraud", Text: Text{"以欺骗、贿赂等不正当手段取得", "obtained by deceit, bribery or other improper means"}, Law: "行政许可法", Article: "第六十九条第二款"},
	{Code: "procedure", Text: Text{"违反法定程序", "against the procedure of the law"}, Law: "行政许可法", Article: "第六十九条第一款第（三）项"},
	{Code: "beyond_power", Text: Text{"超越法定职权", "beyond the powers that the law gives"}, Law: "行政许可法", Article: "第六十九条第一款第（二）项"},
	{Code: OtherGround, Text: Text{"其他依法可以撤销的情形（须写明依据）", "other cases in which the law lets it be revoked (say on what basis)"}, Law: "行政许可法", Article: "第六十九条第一款第（五）项"},
}

// GroundIn finds a ground by its code.
func GroundIn(list []Ground, code GroundCode) (Ground, bool) {
	for _, g := range list {
		if g.Code == code {
			return g, true
		}
	}
	return Ground{}, false
}

// citing completes a ground: the rule of its code stands in for a text that was not
// given. One that rests on no rule of its own, or on any, needs the text.
func citing(list []Ground, code GroundCode, text string) (GroundCode, string, error) {
	code = cmp.Or(code, OtherGround)
	g, ok := GroundIn(list, code)
	if !ok {
		return "", "", refuse(Invalid, "code", "没有这一类依据，请从依据清单中选择。", "There is no such ground; choose one from the list.")
	}
	if err := textField("ground", text, titleRunes, g.InWords()); err != nil {
		return "", "", err
	}
	return code, cmp.Or(text, g.Basis()), nil
}
