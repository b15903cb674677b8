// Package ledger keeps the figures of package invest (台账): who enters them, file by
// file or one by one, who reads them, and how they leave as tables.
//
// It must not know HTTP, pages, SQL or AWS. It imports invest, whose rules it asks,
// sheet, through which files come and go, docket, which keeps its records, and
// approval, for issues and for what all records share.
//
// # How a file is entered whole or not at all
//
// A file may hold more than one commit takes. Its facts are first staged, in parts
// named by their content, which nobody reads; then one commit on the year's record
// adds an entry that names them, and with it the file counts:
//
//	staged part, staged part, ... ─▶ entry n of the year ─▶ read by everybody
//
// Who is cut off before the entry has entered nothing; the same file again finds its
// parts staged and goes on. A part that no entry names is never read. An entry is
// made on the state that was checked: when another one was faster, the file is
// checked again. The same file twice makes one entry, known by its digest.
//
// # Who may
//
// The bureau enters figures for projects in its area, and reads them, as overseers
// do. Headquarters and general branches read those of the projects below them, a
// branch secretary those of the own project.
package ledger
