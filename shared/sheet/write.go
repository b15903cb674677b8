package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Table is a table to be written. Rows come one by one, so that it need not be held
// in memory; a cell is a string, an int, an int64, a [Decimal], a time.Time (its
// day) or nil. Notes stand below the table, a row apart.
type Table struct {
	Name    string // of its sheet
	Heading []string
	Rows    iter.Seq[[]any]
	Notes   []string
	Wide    []float64 // widths of the columns in characters; 16 where not given
}

// Decimal is an exact decimal number: Units × 10^-Places.
type Decimal struct {
	Units  int64
	Places int
}

// String writes it with all its places: 71.40.
func (d Decimal) String() string {
	sign, digits := "", strconv.FormatInt(d.Units, 10)
	if d.Units < 0 {
		sign, digits = "-", digits[1:]
	}
	if d.Places == 0 {
		return sign + digits
	}
	if short := d.Places + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	at := len(digits) - d.Places
	return sign + digits[:at] + "." + digits[at:]
}

// WriteCSV writes the table in UTF-8 with a byte order mark, by which a spreadsheet
// knows it.
func WriteCSV(w io.Writer, t Table) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	line := make([]string, 0, len(t.Heading))
	for _, h := range t.Heading {
		line = append(line, guarded(h))
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for cells := range t.Rows {
		line = line[:0]
		for _, c := range cells {
			text, isText, err := written(c)
			if err != nil {
				return err
			}
			if isText {
				text = guarded(text)
			}
			line = append(line, text)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	for k, note := range t.Notes {
		if k == 0 {
			if err := out.Write(make([]string, max(2, len(t.Heading)))); err != nil {
				return err
			}
		}
		if err := out.Write([]string{guarded(note)}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// written is a cell as text, and whether it is a text.
func written(c any) (text string, isText bool, err error) {
	switch v := c.(type) {
	case nil:
		return "", false, nil
	case string:
		if len(v) > MaxCell && utf8.RuneCountInString(v) > MaxCell {
			return "", false, fmt.Errorf("sheet: a cell of more than %d characters", MaxCell)
		}
		return v, true, nil
	case int:
		return strconv.Itoa(v), false, nil
	case int64:
		return strconv.FormatInt(v, 10), false, nil
	case Decimal:
		return v.String(), false, nil
	case time.Time:
		return v.Format(time.DateOnly), false, nil
	}
	return "", false, fmt.Errorf("sheet: a cell of type %T", c)
}

// WriteXLSX writes a workbook with a sheet for each table. Texts are written as
// texts, so that no formula arises.
func WriteXLSX(w io.Writer, tables ...Table) (err error) {
	file := excelize.NewFile()
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	styles, err := newStyles(file)
	if err != nil {
		return err
	}
	for k, t := range tables {
		if k == 0 {
			err = file.SetSheetName("Sheet1", t.Name)
		} else {
			_, err = file.NewSheet(t.Name)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", t.Name, err)
		}
		if err = writeSheet(file, styles, t); err != nil {
			return fmt.Errorf("sheet %s: %w", t.Name, err)
		}
	}
	_, err = file.WriteTo(w)
	return err
}

// styles are the numbers of a workbook's few formats.
type styles struct {
	file    *excelize.File
	heading int
	day     int
	plain   int
	decimal map[int]int // by places
}

func newStyles(file *excelize.File) (*styles, error) {
	s := &styles{file: file, decimal: map[int]int{}}
	var err error
	add := func(to *int, style *excelize.Style) {
		if err == nil {
			*to, err = file.NewStyle(style)
		}
	}
	day := "yyyy-mm-dd"
	add(&s.heading, &excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EDF3"}}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	add(&s.day, &excelize.Style{CustomNumFmt: &day})
	add(&s.plain, &excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return s, err
}

func (s *styles) places(n int) (int, error) {
	if id, ok := s.decimal[n]; ok {
		return id, nil
	}
	format := "0"
	if n > 0 {
		format += "." + strings.Repeat("0", n)
	}
	id, err := s.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
	s.decimal[n] = id
	return id, err
}

func writeSheet(file *excelize.File, s *styles, t Table) error {
	out, err := file.NewStreamWriter(t.Name)
	if err != nil {
		return err
	}
	for k := range t.Heading {
		width := 16.0
		if k < len(t.Wide) {
			width = t.Wide[k]
		}
		if err := out.SetColWidth(k+1, k+1, width); err != nil {
			return err
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	n := 0
	row := func(cells ...any) error {
		n++
		return out.SetRow("A"+strconv.Itoa(n), cells)
	}
	line := make([]any, 0, len(t.Heading))
	for _, h := range t.Heading {
		line = append(line, excelize.Cell{StyleID: s.heading, Value: h})
	}
	if err := row(line...); err != nil {
		return err
	}
	for cells := range t.Rows {
		line = line[:0]
		for _, c := range cells {
			cell, err := s.cell(c)
			if err != nil {
				return err
			}
			line = append(line, cell)
		}
		if err := row(line...); err != nil {
			return err
		}
	}
	n++
	for _, note := range t.Notes {
		if err := row(note); err != nil {
			return err
		}
	}
	return out.Flush()
}

// exact is from which size on a spreadsheet no longer holds every whole number.
const exact = 1 << 53

func (s *styles) cell(c any) (any, error) {
	text, isText, err := written(c)
	if err != nil || isText {
		return excelize.Cell{StyleID: s.plain, Value: text}, err
	}
	switch v := c.(type) {
	case int64:
		if v >= exact || v <= -exact {
			return text, nil
		}
	case Decimal:
		id, err := s.places(v.Places)
		return excelize.Cell{StyleID: id, Value: float64(v.Units) / math.Pow10(v.Places)}, err
	case time.Time:
		return excelize.Cell{StyleID: s.day, Value: v}, nil
	}
	return c, nil
}
