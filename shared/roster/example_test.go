package roster_test

import (
	"fmt"

	"lianban/shared/roster"
)

// Who rules on an objection to a project's issue, tier by tier.
func ExampleRoster_Up() {
	r := roster.Demo()
	branch, _ := r.BranchOf("tod-nanzhuang")
	for _, tier := range []roster.Tier{roster.TierBranch, roster.TierGeneralBranch, roster.TierHeadquarters} {
		unit, _ := r.Up(branch.ID, tier)
		fmt.Println(r.UnitName(string(unit)).EN, len(r.Responsible(branch.ID, tier)))
	}
	// Output:
	// Temporary Branch of the Metro Line 2 TOD 1
	// Chancheng Key Projects General Branch 3
	// Chancheng Key Projects Headquarters 3
}

// A person who holds several posts chooses which one to act in.
func ExampleRoster_Posts() {
	r := roster.Demo()
	for _, post := range r.Posts("qingke-secretary") {
		fmt.Println(post.Role.Name().ZH, r.UnitName(post.Unit).ZH)
	}
	// Output:
	// 支部书记 青柯街雨水箱涵工程临时党支部
	// 部门承办人 禅城区住房和城乡建设局
}
