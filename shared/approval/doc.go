// Package approval is the domain of joint sign-off (并联审批): issues, their
// sign-offs, rounds, decisions, consultation and escalation, and the ports
// through which the rest of the world is reached.
//
// It must not know how anything is stored, transported or shown: no SQL, no
// HTTP, no AWS. It imports the standard library and the other domain packages
// (calendar, catalog, roster, saving). It reads no clock and makes no ids of
// its own; both come in.
//
// # How it is built
//
// A rule is a function of (state, command, now): see [Rules.Apply]. It takes an
// [Issue] as it stands and a [Command], and answers a [Change] or an [*Error];
// it opens nothing and waits for nothing, so that a table or a property test
// can reach every transition. [Service] is the thin shell around the rules:
// load, apply, commit, and try again when somebody else was faster.
//
// # An issue's life
//
//	draft ── raise ──▶ raised ── the round is routed ──▶ in_signoff ──┐
//	                                                        ▲         │ an objection
//	                                                        │         ▼
//	                          set aside ────────────────────┴──── consulting
//	                                                                  │ revise      │ upheld
//	                          resubmit ◀── returned ◀─────────────────┘             │
//	                             │                                                  ▼
//	                             └──▶ raised                 agreed ──▶ concluded ◀─┘
//	                                                                        │
//	any open state ── withdraw ──▶ withdrawn                 confirm ──▶ confirmed
//
// A concluded or confirmed issue goes back to raised, in a new round, when it is
// reopened or when an approval in it is revoked; how it ended stays on record.
//
// Routing is not a state at rest: the commit that routes a round also opens its
// first sign-offs. Escalation is not a state either: the Tier says how
// high it has climbed, while departments go on working.
//
// # A sign-off's life; each status says who acts next
//
//	waiting     nobody: a prerequisite is not granted yet
//	open        the department; the general branch, while it is in dispute whose it is
//	supplement  the branch; the clock stands still
//	papers_back the branch: the supplement did not come in time; hand them in anew
//	objected    the tier that rules on objections
//	held        nobody: a prerequisite was objected to
//	granted     nobody: approved, approved on terms, or set aside by a ruling
//	refused     nobody: the objection was upheld
//	void        nobody: no longer needed
//
// # Promises
//
//   - One decision per sign-off and round, unless it was revoked or in conflict with
//     another.
//   - A sign-off that waits is opened in the same commit as the grant of its last
//     prerequisite; never earlier, never later.
//   - Time in which the branch has the matter is no department's overrun: the due
//     date moves by the working days that the clock stood still, and the ladder
//     counts none of them.
//   - Days that several stops cover are counted once, in whatever order they came; a
//     last day moves only with an event that says why (see [MovesDue]).
//   - Who has an interest, or has declared one, neither decides nor claims.
//   - Nothing is done that the policies do not permit to who does it ([Authoriser]): the
//     rules say what is right in a state, the policies who may at all, and both must agree.
//   - An open task waits for nobody who is no officer of its department any more, and an
//     issue follows its project to the branch, and the secretary, that it has now.
//   - An extension is granted by another person than asked for it, once, before the
//     last day has passed, and moves that day by exactly its days.
//   - A transfer never resets a clock: it counts from the original receipt.
//   - A matter that is agreed by its join rule asks nobody any more, and one that can
//     no longer be agreed is consulted on.
//   - A substitute acts on the days of the span and on no other; an interest of
//     either of the two bars the act, and both are on record.
//   - An added signature never moves a clock, and no approval takes effect against a
//     binding one.
//   - A duty that an approval leaves is found to be missed when its date has passed,
//     also after the issue has ended, and climbs while nobody settles it.
//   - An approval is revoked by who checks a duty of it that was missed, or, when it
//     should not have been given, by the lead of the department that gave it.
//   - A revoked approval is decided anew, and so is everything that stood on it,
//     directly or through others; everything else stands. No earlier decision,
//     closing or measure is lost.
//   - A consultation keeps its deadline whatever else is open; above the
//     headquarters it climbs no further.
//   - A link lets one outside party vote once, or stand aside. What is kept of it is a
//     hash, in no event, and not beyond the vote that it opens.
//   - Every commit writes its [Event]s, chained per issue by hash, and at most one
//     [Outbox] record, which the [Relay] hands to the workflow at least once, in
//     order per issue.
//   - The table is the truth; a token only wakes the machine. A lost, late or
//     doubled wake-up changes nothing but the moment at which the machine looks.
package approval
