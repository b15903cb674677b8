// Package roster says who exists: districts, key projects, temporary party
// branches and the tiers above them, departments, people and the posts they
// hold, substitutes and interests.
//
// It must not know what anybody decides or when: no issues, no sign-offs, no
// catalogue, no login, no storage. It imports the standard library and calendar.
//
// # Units and tiers
//
// A unit is a branch or a department; a [Post] is a role in a unit. One person
// may hold several posts (一肩挑) and then chooses which one to act in.
//
//	headquarters 总指挥部
//	      ▲
//	general branch 临时党总支
//	      ▲
//	branch 临时党支部 ──── one or several key projects 重点项目
//
// An issue climbs along the Parent of its branch: see [Roster.Up]. The key
// project bureau (重点项目局) is a department and no tier, because it measures
// and never changes an approval.
//
// # What is known, and what is assumed
//
// Every entry carries an [Origin]: the report or law that states it, and in
// words for the screen what no source states. People of the embedded [Demo] are
// invented; each says so in Fictional.
//
// # Guarantees
//
// A [Roster] never changes and may be shared. [Load] checks it whole: whatever
// names something names something that exists, every project has one branch and
// a responsible officer, tiers end at the headquarters, every deciding
// department has an officer and a lead. Lists come in the order of the file.
package roster
