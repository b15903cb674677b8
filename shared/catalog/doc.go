// Package catalog says what must be approved, by whom, how fast, and what must
// come first: the approval items (审批事项) of a construction project with their
// limits, the coordination matters (协调事项), the prerequisites between items,
// and which department is competent where and since when.
//
// It must not know any issue, sign-off or clock: it states limits and orders,
// others count and route. It imports the standard library, calendar and roster.
//
// # Marks
//
// A limit is worth what its source is worth, so a [Mark] travels with every
// limit to the screen:
//
//	law         a specific law or rule states it
//	guide       a government guide or power list prints it
//	provincial  a provincial rule states it
//	default     行政许可法 art. 42; whether a special rule exists was not checked
//	unsourced   no source was found: there is no statutory limit here
//	promised    an example of what some office promised
//	assumed     this product supposes it
//
// What a cell prints and what could be read from it stand side by side; nothing
// is rounded off in between. "日" in a law other than 行政许可法 is a calendar
// day unless that law says otherwise (行政许可法 art. 82 settles its own limits
// only).
//
// # Prerequisites
//
// They are a graph, not a list. An edge says why it is there: a law and article,
// or that it is assumed. [Catalog.Graph] closes it over the items not asked for,
// except through those that only some projects need. A commitment (告知承诺)
// removes the waivable edges of the item it is given for, and the graph reports
// what it removed.
//
// # Competence
//
// A row gives an item, or a kind of department, in a district to a department
// from a day on. Competences move on a day ([Catalog.Transfer]); who was
// competent on the day an issue was raised stays a question that has an answer.
//
// # Guarantees
//
// A [Catalog] never changes and may be shared; what changes it returns another
// one. It is checked whole on load and all problems are reported together.
package catalog
