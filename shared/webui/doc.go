// Package webui is the pages: what people see and fill in, rendered on the
// server, in Chinese first and in English by a switch.
//
// It must not know any rule. Whether something may be done is asked of
// [approval.Rules.Apply] with the command the form would send, and its refusal is
// printed as it was worded; no template compares a role, a state or a date to
// decide anything. It must not know how issues are stored or who runs the
// workflow. It reads no clock but the service's, and calls no network.
//
// # How a page comes about
//
//	request ─▶ dispatch ─▶ handler ─▶ view model ─▶ template ─▶ buffer ─▶ response
//	             │            │
//	             │            └─ returns an error: one place turns it into a page
//	             └─ language, who is signed in, cross-origin check, the form's token, the page's policy
//
// Forms are plain and work without script, which only adds. After a form did its
// work the browser is sent on by 303, so that reloading repeats nothing. When a
// form is refused, the same page comes back with the refusal at its field and
// everything typed still there.
//
// # What a form carries
//
// First a token that is bound to the session, which one place puts into every form and one
// place checks; a form that was made for another session comes back with all that was typed. Then
// four hidden fields ([stamp]): an idempotency key made at rendering, so that a
// double click is one act; the version seen; a seal over the part of the issue
// that the form is about; and the number of the last event seen. An issue moves
// on whenever any department answers. Only if what the form is about has
// changed is the form stale; the page then shows what happened since beside what
// was typed.
//
// # Deeds
//
// Whatever an office does by a command without a page of its own is a [deed]: a list
// of fields and the command that they fill. One template draws them all. A deed is
// offered when the rules take the command with nothing typed, or refuse nothing but a
// field: every command looks at who may first, then at the state, then at what was
// typed. What waits for the viewer stands in the open; the rest is folded in groups.
// Requests, matters of the pool and change sets of the register, which are no issues,
// ask the rules of their own packages in the same way.
//
// # Pictures
//
// LIANBAN_SCREENSHOTS=DIR go test ./shared/webui -run 'EveryPage|ABrowser' writes a picture
// of every page at 360 and 1440 pixels, in both languages, on paper and in the dark, for
// eyes to check. The same walk looks for faults of WCAG 2.2 AA with axe-core.
//
// # Texts
//
// Every text is in text/zh.json and text/en.json under the same key. Names and
// sentences of the domain come from roster, catalog and approval, which have both
// languages themselves.
package webui
