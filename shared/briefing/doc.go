// Package briefing draws up what an office reads at its meetings and sends out under
// its name: the weekly agenda (周例会议程), a branch's monthly list (联席清单), an area's
// quarterly bulletin (督查通报) and a branch's half-year report (述职). All of it comes from
// workflow facts; what a person adds stands apart under the person's name.
//
// It must not know HTTP, pages, SQL or AWS. It imports approval and docket, whose facts
// and records it reads and keeps, the registers they rest on, measure and ledger, whose
// figures of departments and of investment it shows, vitality, which rates branches, and
// sheet, through which a briefing leaves as a workbook.
//
// # A briefing's life
//
//	nothing ── drawn up ──▶ version 1, a draft (送审稿) ── signed off (签发) ──▶ published
//	                          │ drawn up again: version 2, a draft; version 1 stays
//	                          ▼
//	                        …
//
// A version is what was read at one moment and never changes. Its content is named by
// its SHA-256, so that the same facts on the same day make the same bytes; who drew it
// up, when, by which query, on which data and under which rules and catalogue stands
// with the version. Before the signature those see it who work on it; the last version
// signed off is seen by everybody who is signed in, and by nobody else.
//
// # Who may
//
// Drafting and signing are separate steps of an official document (党政机关公文处理工作条例
// art. 18 to 22: 起草、审核、签发), so that nobody signs what the same person has drawn up; and a
// secretary does not sign what is about the own branch.
//
//	                 drawn up by                     signed off by
//	agenda           the unit, the bureau            the unit, or the one above it
//	monthly list     the branch, the bureau          a tier above the branch
//	bulletin         the bureau of the area          another person of it, the headquarters
//	half-year        the branch, the bureau          a tier above the branch
//
// A unit whose projects lie in several districts has its briefings in the list of the
// smallest area that encloses them.
//
// # Figures
//
// Every figure names the facts that it counts: issues or sign-offs, each with how much it
// adds. A figure is the sum of what it names; one that
// is not cannot be stored. A table may hold figures of package measure, which hides small
// groups; the version of that data stands on the briefing.
package briefing
