package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"lianban/shared/sheet"
)

type line struct {
	Row   int
	Cells []string
}

func read(t testing.TB, data []byte, name string) []line {
	t.Helper()
	b, err := sheet.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var lines []line
	if err := b.Each(name, func(row int, cells []string) error {
		lines = append(lines, line{row, slices.Clone(cells)})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return lines
}

func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadsOneTableInEveryEncoding(t *testing.T) {
	t.Parallel()
	const text = "项目,金额\r\n\r\n南庄,\"1,200\"\r\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []line{{1, []string{"项目", "金额"}}, {3, []string{"南庄", "1,200"}}}
	for name, data := range map[string]string{"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "GB18030": gb} {
		if diff := cmp.Diff(want, read(t, []byte(data), "")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	data := workbook(t, func(f *excelize.File) {
		_ = f.SetSheetRow("Sheet1", "A1", &[]any{"项目", "金额"})
		_ = f.SetSheetRow("Sheet1", "A3", &[]any{"南庄", "1,200"})
	})
	if diff := cmp.Diff(want, read(t, data, "Sheet1")); diff != "" {
		t.Errorf("XLSX: %s", diff)
	}
}

func TestCountsRowsAsASpreadsheetDoes(t *testing.T) {
	t.Parallel()
	got := read(t, []byte("a\n\n\"two\nlines\",x\n\nb\n"), "")
	if diff := cmp.Diff([]line{{1, []string{"a"}}, {3, []string{"two\nlines", "x"}}, {5, []string{"b"}}}, got); diff != "" {
		t.Error(diff)
	}
}

func fault(t testing.TB, err error) *sheet.Fault {
	t.Helper()
	f, ok := errors.AsType[*sheet.Fault](err)
	if !ok || f.Words.ZH == "" || f.Words.EN == "" {
		t.Fatalf("the error is %v", err)
	}
	return f
}

func TestSaysWhatToDoWithAFileItCannotRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, says string }{
		"nothing":        {"", "空"},
		"an old .xls":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ".xlsx"},
		"UTF-16":         {"\xff\xfea\x00", "UTF-16"},
		"a picture":      {"\x89PNG\r\n\x1a\n\x00\x00", "无法识别"},
		"noise":          {strings.Repeat("\xff\xfd\x81", 50), "无法识别"},
		"half a zip":     {"PK\x03\x04 and no directory", "损坏"},
		"another's zip":  {string(zipped(t, "word/document.xml", "<x/>")), "工作"},
		"a broken quote": {"a\n\"b\n", "引号"},
	} {
		b, err := sheet.Open([]byte(c.data))
		if err == nil {
			err = b.Each("", func(int, []string) error { return nil })
		}
		if f := fault(t, err); !strings.Contains(f.Words.ZH, c.says) {
			t.Errorf("%s: %s", name, f.Words.ZH)
		}
	}
}

func zipped(t testing.TB, name, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bomb is a workbook one of whose parts unpacks to so many megabytes of nothing.
func bomb(t testing.TB, part string, megabytes int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range megabytes {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefusesAZipBomb(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("packs a gigabyte")
	}
	for part, megabytes := range map[string]int{"xl/worksheets/sheet1.xml": 513, "xl/sharedStrings.xml": 513, "xl/styles.xml": 49} {
		_, err := sheet.Open(bomb(t, part, megabytes))
		if f := fault(t, err); !strings.Contains(f.Words.ZH, "解压后过大") {
			t.Errorf("%s: %s", part, f.Words.ZH)
		}
	}
}

// TestRefusesAZipThatHoldsMoreThanItDeclares: the directory is made to say that the
// sheet is of 100 bytes.
func TestRefusesAZipThatHoldsMoreThanItDeclares(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File) { _ = f.SetCellValue("Sheet1", "A1", strings.Repeat("x", 5000)) })
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		header := f.FileHeader
		header.Flags &^= 8
		if strings.HasPrefix(f.Name, "xl/sharedStrings") || strings.HasPrefix(f.Name, "xl/worksheets") {
			header.UncompressedSize64 = 100
		}
		to, err := w.CreateRaw(&header)
		if err == nil {
			_, err = io.Copy(to, raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = sheet.Open(out.Bytes())
	fault(t, err)
}

func TestReportsWhatIsWrongByRowAndColumn(t *testing.T) {
	t.Parallel()
	b, err := sheet.Open([]byte("项目, 金额（万元） ,日期,多余\nx,12.5,2022-13-01\ny,1e3,44757,,here\n"))
	if err != nil {
		t.Fatal(err)
	}
	columns := []sheet.Column{{Name: "项目", Needed: true}, {Name: "金额(万元)"}, {Name: "日期"}}
	faults, err := b.Records("", columns, func(sheet.Record) error { t.Error("a record under a wrong heading"); return nil })
	if err != nil || len(faults) != 1 || faults[0].Row != 1 || faults[0].Column != "多余" {
		t.Fatalf("the heading's faults are %+v, %v", faults, err)
	}
	columns = append(columns, sheet.Column{Name: "多余"})
	var wrong []sheet.Fault
	faults, err = b.Records("", columns, func(r sheet.Record) error {
		amount, f := r.Whole(1)
		day, g := r.Date(2)
		for _, f := range []*sheet.Fault{f, g} {
			if f != nil {
				wrong = append(wrong, *f)
			}
		}
		if r.Row == 3 && (amount != 1000 || day.Format(time.DateOnly) != "2022-07-15") {
			t.Errorf("row 3 is %d, %s", amount, day)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, f := range append(wrong, faults...) {
		places = append(places, fmt.Sprint(f.Row, f.Column))
	}
	if diff := cmp.Diff([]string{"2金额(万元)", "2日期", "3E"}, places); diff != "" {
		t.Error(diff)
	}
}

func TestReadsDatesAsOfficesWriteThem(t *testing.T) {
	t.Parallel()
	written := []string{"2022-07-15", "2022/7/15", "2022.7.15", "2022年7月15日", "20220715", "２０２２－０７－１５", "44757", "2022-07-15 00:00:00"}
	b, err := sheet.Open([]byte("日期\n" + strings.Join(written, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Records("", []sheet.Column{{Name: "日期"}}, func(r sheet.Record) error {
		if day, f := r.Date(0); f != nil || day.Format(time.DateOnly) != "2022-07-15" {
			t.Errorf("%q is read as %v, %v", r.Text(0), day, f)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestReadsADateCellOfAWorkbookAsTheDayItShows(t *testing.T) {
	t.Parallel()
	day := time.Date(2022, 7, 15, 0, 0, 0, 0, time.UTC)
	for _, old := range []bool{false, true} {
		data := workbook(t, func(f *excelize.File) {
			_ = f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &old})
			_ = f.SetCellValue("Sheet1", "A1", "日期")
			_ = f.SetCellValue("Sheet1", "A2", day)
		})
		b, err := sheet.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		if _, err := b.Records("Sheet1", []sheet.Column{{Name: "日期"}}, func(r sheet.Record) error {
			seen++
			if got, f := r.Date(0); f != nil || !got.Equal(day) {
				t.Errorf("numbered from 1904 (%t): %s, %v", old, got, f)
			}
			return nil
		}); err != nil || seen != 1 {
			t.Errorf("%d records, %v", seen, err)
		}
		_ = b.Close()
	}
}

func TestHiddenSheetsAreNotRead(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File) {
		_, _ = f.NewSheet("计划")
		_ = f.SetSheetVisible("Sheet1", false)
		f.SetActiveSheet(1)
		_ = f.SetSheetVisible("Sheet1", false)
	})
	b, err := sheet.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if diff := cmp.Diff([]string{"计划"}, b.Sheets()); diff != "" {
		t.Error(diff)
	}
}

func rowsOf(rows [][]any) iter.Seq[[]any] { return slices.Values(rows) }

// attacks are what a spreadsheet would compute if it stood in a CSV unguarded.
var attacks = []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "　=1", "＝1", "'=1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")"}

func TestNoCellBecomesAFormula(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for _, a := range attacks {
		rows = append(rows, []any{a, int64(-12), sheet.Decimal{Units: -1234, Places: 2}})
	}
	table := sheet.Table{Name: "表", Heading: []string{"=H()", "数", "率"}, Rows: rowsOf(rows), Notes: []string{"=N()"}}
	var text, book bytes.Buffer
	if err := errors.Join(sheet.WriteCSV(&text, table), sheet.WriteXLSX(&book, table)); err != nil {
		t.Fatal(err)
	}
	for _, cell := range strings.FieldsFunc(strings.TrimPrefix(text.String(), "\ufeff"), func(r rune) bool { return r == ',' || r == '\n' }) {
		cell = strings.TrimLeft(strings.Trim(strings.TrimSpace(cell), `"`), " \t\r\u3000")
		if cell != "-12" && cell != "-12.34" && cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
			t.Errorf("the CSV has a cell %q", cell)
		}
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := range len(attacks) + 4 {
		for _, column := range []string{"A", "B", "C"} {
			if formula, err := f.GetCellFormula("表", fmt.Sprint(column, n+1)); err != nil || formula != "" {
				t.Errorf("%s%d holds the formula %q, %v", column, n+1, formula, err)
			}
		}
	}
	for _, c := range []struct{ cell, want string }{{"B2", "-12"}, {"C2", "-12.34"}} {
		if kind, err := f.GetCellType("表", c.cell); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
			t.Errorf("%s is of type %v, %v: no number", c.cell, kind, err)
		}
		if got, err := f.GetCellValue("表", c.cell); err != nil || got != c.want {
			t.Errorf("%s shows %q, %v", c.cell, got, err)
		}
	}
}

func TestReadsWhatItWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(attacks), rapid.StringMatching(`[='+@\-a，。"，汉字 ]{0,8}`))
		rows := rapid.SliceOfN(rapid.SliceOfN(text, 2, 2), 1, 6).Draw(t, "rows")
		var cells [][]any
		want := []line{{1, []string{"甲", "乙"}}}
		for k, r := range rows {
			cells = append(cells, []any{r[0], r[1]})
			a, b := strings.TrimSpace(r[0]), strings.TrimSpace(r[1])
			if a != "" || b != "" {
				want = append(want, line{k + 2, []string{a, b}})
			}
		}
		table := sheet.Table{Name: "表", Heading: []string{"甲", "乙"}, Rows: rowsOf(cells)}
		for name, write := range map[string]func(io.Writer, sheet.Table) error{
			"CSV":  sheet.WriteCSV,
			"XLSX": func(w io.Writer, t sheet.Table) error { return sheet.WriteXLSX(w, t) },
		} {
			var out bytes.Buffer
			if err := write(&out, table); err != nil {
				t.Fatal(err)
			}
			b, err := sheet.Open(out.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			var got []line
			if err := b.Each(b.Sheets()[0], func(row int, cells []string) error {
				cells = slices.Clone(cells)
				for len(cells) < 2 {
					cells = append(cells, "")
				}
				got = append(got, line{row, cells})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
			_ = b.Close()
		}
	})
}

func TestDecimalsAreWrittenExactly(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]sheet.Decimal{"71.40": {7140, 2}, "-0.05": {-5, 2}, "0.00": {0, 2}, "12": {12, 0}, "-7.5": {-75, 1}} {
		if got := d.String(); got != want {
			t.Errorf("%+v is written %s, not %s", d, got, want)
		}
	}
}

func TestRefusesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, says string }{
		"too many columns": {strings.Repeat(",", sheet.MaxColumns) + "x", "列"},
		"too long a cell":  {strings.Repeat("字", sheet.MaxCell+1), "字符"},
		"too many rows":    {strings.Repeat("\n", sheet.MaxRows) + "x", "行"},
		"a control code":   {"a\x07b", "字符"},
	} {
		b, err := sheet.Open([]byte(c.data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f := fault(t, b.Each("", func(int, []string) error { return nil })); !strings.Contains(f.Words.ZH, c.says) || f.Row == 0 {
			t.Errorf("%s: row %d, %s", name, f.Row, f.Words.ZH)
		}
	}
}

func FuzzOpenNeverPanics(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("\xef\xbb\xbf项目\n"))
	f.Add([]byte("\xcf\xee\xc4\xbf\n"))
	f.Add(workbook(f, func(x *excelize.File) { _ = x.SetSheetRow("Sheet1", "A1", &[]any{"项目", 1, time.Time{}}) }))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := sheet.Open(data)
		if err != nil {
			return
		}
		defer b.Close()
		for _, name := range b.Sheets() {
			_ = b.Each(name, func(int, []string) error { return nil })
		}
	})
}
