package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"testing"
	"time"

	"lianban/shared/sheet"
)

const manyRows = 100_000

// many is a table of twelve columns.
func many() sheet.Table {
	return sheet.Table{
		Name:    "月报",
		Heading: []string{"项目编号", "项目名称", "区", "行业", "年份", "截至", "累计完成", "计划", "到位资金", "形象进度", "填报人", "备注"},
		Rows: iter.Seq[[]any](func(yield func([]any) bool) {
			day := time.Date(2022, 7, 15, 0, 0, 0, 0, time.UTC)
			for k := range manyRows {
				if !yield([]any{fmt.Sprint("project-", k), fmt.Sprint("某重点项目第", k, "标段"), "禅城区", "基础设施", 2022, day, int64(k * 7), int64(k * 11), int64(k), "主体结构施工", "张某", "按计划推进"}) {
					return
				}
			}
		}),
	}
}

// highest is the most memory in use while f runs, in MB, as the runtime has it from
// the system.
func highest(f func()) float64 {
	runtime.GC()
	done := make(chan struct{})
	var most uint64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	f()
	close(done)
	wg.Wait()
	return float64(most) / (1 << 20)
}

func BenchmarkHundredThousandRows(b *testing.B) {
	for _, format := range []struct {
		name  string
		write func(io.Writer, sheet.Table) error
	}{
		{"XLSX", func(w io.Writer, t sheet.Table) error { return sheet.WriteXLSX(w, t) }},
		{"CSV", sheet.WriteCSV},
	} {
		var file bytes.Buffer
		if err := format.write(&file, many()); err != nil {
			b.Fatal(err)
		}
		b.Run("Write"+format.name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(highest(func() {
					if err := format.write(io.Discard, many()); err != nil {
						b.Fatal(err)
					}
				}), "MB")
			}
		})
		b.Run("Read"+format.name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(highest(func() {
					book, err := sheet.Open(file.Bytes())
					if err != nil {
						b.Fatal(err)
					}
					defer book.Close()
					n := 0
					if err := book.Each(book.Sheets()[0], func(int, []string) error { n++; return nil }); err != nil || n != manyRows+1 {
						b.Fatal(n, err)
					}
				}), "MB")
			}
		})
	}
}
