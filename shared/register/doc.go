// Package register keeps what the house stands on while it changes: who is
// competent, which departments, branches and people there are, which days are
// worked. A change set (变更) is proposed by one administrator, shown with what it
// will do, approved by another, and in force from its day.
//
// It must not know how anything is stored or shown: no SQL, no HTTP, no AWS. It
// imports docket, approval and the domain packages whose facts it keeps, and sheet, by
// which tables of people and items become change sets.
//
// # A change set's life; each status says who acts next
//
//	proposed ──▶ approved ──▶ entered    nobody: it stands in the register
//	   │  │  └── withdrawn               nobody; by who proposed it
//	   │  └───── refused                 nobody; by the second administrator
//	   └──────── (its day passes: it may still be approved and then counts from the approval on)
//
// Approved is no state at rest: the next step enters the change set, and the
// sweep takes that step when a process died between the two.
//
// # How the facts come about
//
// The register is one record whose audit trail is the list of entered change
// sets, so that it is read in one query and sealed by the chain like everything
// else. Facts are the base (files, or the embedded demonstration) with every
// change set whose day has come, in order of the day. They are computed anew by
// each process when the trail has grown or the date has changed; no process
// decides with half of a change.
//
// Open issues are brought into line by [approval.Conform], one commit an issue:
// tasks of a department that is gone pass to its successor, tasks whose
// competence moved with its open cases go along, issues and drafts go to the branch
// and the secretary that their project has now, due dates follow a new holiday
// notice. [Keeper.Conform] goes through all of them, and has others do so with their
// records ([Keeper.Also]), until nothing is left to do, and is repeated by every
// sweep; each step is harmless when it comes twice.
//
// # Road not taken
//
// To store the facts themselves and change them in place. Then nothing would say
// on which facts a decision of last month rested, and a preview would need rules
// of its own. Here both are the same computation with more or fewer change sets.
package register
