// Package sheet reads and writes tables as offices keep them: XLSX, and CSV in
// UTF-8 or GB18030. It says what is wrong by sheet, row and column, in words.
//
// It must not know what a table is about, nor where a file came from. It imports
// excelize and x/text, and nothing of this module, so that everybody may use it.
//
// # Promises
//
//   - What a file is, its content says; its name is not looked at.
//   - A file costs memory and time in proportion to what it declares, and is refused
//     before that is too much: see the limits. A zip that holds more than it declares
//     is refused while it is read.
//   - Rows are numbered as a spreadsheet shows them, from 1, empty ones included.
//   - No cell that is written is ever a formula, not even after the file is saved as
//     CSV and opened again by a spreadsheet; numbers stay numbers. What was written
//     here as text is read here as the same text.
//   - Reading and writing go row by row, so that a large table needs little memory.
package sheet
