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
// # How it changes
//
// A roster shows one day. [Roster.With] makes the next one: departments merged,
// split and renamed (机构改革), branches founded and dissolved, secretaries appointed,
// renewed and followed, projects finished, people who come and leave. What ended stays
// on the roster, because histories name it, and knows who took over: see
// [Roster.Successor] and [Roster.Predecessors]. When a change comes into force, who
// proposed and who approved it, is not decided here.
//
// # Guarantees
//
// A [Roster] never changes and may be shared. [Load] and [Roster.With] check it whole:
// whatever names something names something that exists, no project has two branches,
// every project has a responsible officer, tiers end at the headquarters, every deciding
// department that acts has an officer and a lead, and every one that no longer acts leads
// to one that does. Every fault is a sentence in both languages: see [Faults]. A project
// without a branch and a branch without a secretary are lawful, and not covered. Lists
// come in the order of the file.
package roster
