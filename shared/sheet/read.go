package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// The limits of a file. All are assumed: many times what a city's tables need, and
// little enough for a function with half a gigabyte.
const (
	MaxBytes   = 64 << 20  // of the file
	MaxUnzip   = 512 << 20 // of what a workbook unpacks to; sheets go to a temporary file
	maxInside  = 48 << 20  // of that, what is no sheet and is held in memory
	maxParts   = 2000      // files in a workbook
	MaxRows    = 200_000   // of a sheet, the heading included
	MaxColumns = 200
	MaxCell    = 32_767 // characters, which is also a spreadsheet's own limit

	// inMemory is from which size on a sheet is unpacked to a temporary file.
	inMemory = 4 << 20
)

// Book is a file opened for reading. A CSV is a book with one sheet, named "".
type Book struct {
	sheets []string
	text   []byte // a CSV, without byte order mark
	gb     bool   // it is GB18030
	file   *excelize.File
	epoch  epoch // of a workbook's day numbers
}

// Open looks what a file is and opens it, or answers a *Fault that says what to do.
func Open(data []byte) (*Book, error) {
	switch {
	case len(data) == 0:
		return nil, whole("文件是空的，请选择要导入的表格。", "The file is empty; choose the table to import.")
	case len(data) > MaxBytes:
		return nil, whole("文件超过 %d MB，请拆分后再导入。", "The file is larger than %d MB; split it.", MaxBytes>>20)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return openWorkbook(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, whole("这是旧版 .xls 或加密的工作簿，请去掉密码并另存为 .xlsx 后再导入。", "This is an old .xls or an encrypted workbook; save it as .xlsx without a password.")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, whole("文件是 UTF-16 编码，请另存为“CSV UTF-8”或 .xlsx 后再导入。", "The file is in UTF-16; save it as “CSV UTF-8” or .xlsx.")
	}
	return openText(data)
}

func openText(data []byte) (*Book, error) {
	b := &Book{sheets: []string{""}, text: bytes.TrimPrefix(data, []byte("\ufeff"))}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, notATable()
	}
	b.gb = !utf8.Valid(b.text)
	if !b.gb {
		return b, nil
	}
	// Whatever is neither is hardly a text: an image, a PDF. Wrong bytes here and
	// there are reported with their row and column instead.
	head := b.text[:min(len(b.text), 4096)]
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(head)
	if err != nil || 10*bytes.Count(decoded, []byte("\ufffd")) > utf8.RuneCount(decoded) {
		return nil, notATable()
	}
	return b, nil
}

func notATable() *Fault {
	return whole("无法识别该文件，请上传 .xlsx 工作簿，或 UTF-8、GB18030 编码的 CSV。", "This file is not understood; use an .xlsx workbook, or CSV in UTF-8 or GB18030.")
}

func openWorkbook(data []byte) (*Book, error) {
	if err := weigh(data); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: MaxUnzip, UnzipXMLSizeLimit: inMemory, RawCellValue: true})
	if err != nil {
		return nil, broken(err)
	}
	b := &Book{file: file}
	for _, name := range file.GetSheetList() {
		if visible, err := file.GetSheetVisible(name); err == nil && visible {
			b.sheets = append(b.sheets, name)
		}
	}
	if props, err := file.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		b.epoch = epoch1904
	}
	if len(b.sheets) == 0 {
		return nil, errors.Join(whole("工作簿没有可见的工作表。", "The workbook has no visible sheet."), file.Close())
	}
	return b, nil
}

// weigh refuses a workbook by what its directory declares, and one whose parts are
// not what it declares: the library would read as much as it finds and say nothing.
func weigh(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return broken(err)
	}
	var all, inside uint64
	for _, f := range z.File {
		all += f.UncompressedSize64
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if sheet := strings.HasPrefix(name, "xl/worksheets/sheet") && path.Ext(name) == ".xml"; !sheet && name != "xl/sharedstrings.xml" {
			inside += f.UncompressedSize64
		}
		if all > MaxUnzip || inside > maxInside || len(z.File) > maxParts {
			return whole("工作簿解压后过大，可能已损坏或被篡改；请只保留要导入的表格，另存后再试。", "The workbook unpacks to too much and may be damaged or forged; keep only the table and save it anew.")
		}
	}
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			return broken(err)
		}
		_, err = io.Copy(io.Discard, part)
		if err = errors.Join(err, part.Close()); err != nil {
			return broken(err)
		}
	}
	return nil
}

// broken words what a library says of a file that cannot be read.
func broken(err error) *Fault {
	return whole("工作簿无法读取，可能已损坏（%v）；请在电子表格软件中打开并另存为 .xlsx 后再试。", "The workbook cannot be read and may be damaged (%v); open it in a spreadsheet, save it as .xlsx and try again.", err)
}

// Sheets are the names of the visible sheets, in order.
func (b *Book) Sheets() []string { return slices.Clone(b.sheets) }

// Close removes what was unpacked.
func (b *Book) Close() error {
	if b.file == nil {
		return nil
	}
	return b.file.Close()
}

// Each hands on every row of a sheet that is not empty, with its number; the cells
// are without the white space around them, and valid only during the call. It ends
// with the error of each, or with a *Fault where the sheet cannot be read further.
func (b *Book) Each(sheet string, each func(row int, cells []string) error) error {
	if !slices.Contains(b.sheets, sheet) {
		return whole("工作簿没有名为“%s”的工作表，请使用下载的模板。", "The workbook has no sheet named %q; use the template.", sheet)
	}
	checked := func(row int, cells []string) error {
		if err := within(sheet, row, cells); err != nil {
			return err
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
			return nil
		}
		return each(row, cells)
	}
	if b.file == nil {
		return b.eachOfText(checked)
	}
	return b.eachOfSheet(sheet, checked)
}

// within tidies a row and holds it to the limits.
func within(sheet string, row int, cells []string) error {
	if row > MaxRows {
		return &Fault{sheet, row, "", say("表格超过 %d 行，请拆分后再导入。", "The table has more than %d rows; split it.", MaxRows)}
	}
	for k, c := range cells {
		c = strings.TrimSpace(c)
		if cells[k] = c; c == "" {
			continue
		}
		if k >= MaxColumns {
			return &Fault{sheet, row, Letters(k), say("表格超过 %d 列，请删去多余的列。", "The table has more than %d columns; delete those not needed.", MaxColumns)}
		}
		if len(c) > MaxCell && utf8.RuneCountInString(c) > MaxCell {
			return &Fault{sheet, row, Letters(k), say("单元格超过 %d 个字符，请精简。", "The cell has more than %d characters; shorten it.", MaxCell)}
		}
		if strings.ContainsFunc(c, func(r rune) bool {
			return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
		}) {
			return &Fault{sheet, row, Letters(k), say("单元格中有无法识别的字符，请检查文件编码并重新填写。", "The cell holds characters that cannot be read; check the file's encoding and write it anew.")}
		}
	}
	return nil
}

func (b *Book) eachOfSheet(sheet string, each func(int, []string) error) error {
	rows, err := b.file.Rows(sheet)
	if err != nil {
		return broken(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
		cells, err := rows.Columns()
		if err != nil {
			return broken(err)
		}
		if err := each(n, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return broken(err)
	}
	return nil
}

func (b *Book) eachOfText(each func(int, []string) error) error {
	var text io.Reader = bytes.NewReader(b.text)
	if b.gb {
		text = transform.NewReader(text, simplifiedchinese.GB18030.NewDecoder())
	}
	r := csv.NewReader(bufio.NewReader(text))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	row, line := 0, 0 // the row, and the line on which the one before ended
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return whole("第 %d 行附近引号不成对，表格无法读取，请改正后再导入。", "The table cannot be read: a quote does not close near line %d.", e.Line)
		}
		if err != nil {
			return fmt.Errorf("read CSV: %w", err)
		}
		// Empty lines are rows of a spreadsheet, and the reader skips them; lines
		// within quotes are none.
		first, _ := r.FieldPos(0)
		last, _ := r.FieldPos(len(cells) - 1)
		row += first - line
		line = last + strings.Count(cells[len(cells)-1], "\n")
		for k := range cells {
			cells[k] = unguarded(strings.TrimSpace(cells[k]))
		}
		if err := each(row, cells); err != nil {
			return err
		}
	}
}

// Letters names a column as a spreadsheet does: 0 is A, 26 is AA.
func Letters(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// Text is the first sheet of a file as CSV in UTF-8, row for row, for readers of text. It answers
// a *Fault where the file cannot be read.
func Text(data []byte) (string, error) {
	book, err := Open(data)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	w, next := csv.NewWriter(&out), 1
	err = book.Each(book.sheets[0], func(row int, cells []string) error {
		for ; next < row; next++ { // an empty row keeps its number
			if err := w.Write([]string{""}); err != nil {
				return err
			}
		}
		next++
		return w.Write(cells)
	})
	w.Flush()
	return out.String(), errors.Join(err, w.Error(), book.Close())
}
