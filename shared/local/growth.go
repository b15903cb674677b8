package local

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

// stage is what so much work took.
type stage struct {
	What     string  // how many cities, or projects
	Issues   float64 // raised
	Work     float64 // sign-offs
	Seconds  float64
	Resident float64 // MiB that are kept afterwards; below 0 where the system does not tell
	Peak     float64 // MiB at most since the start; below 0 where the system does not tell
	Bytes    float64 // of data files
}

// looksAt is whether the work is looked at after so many cities: one, two, five, ten and so on.
func looksAt(n int) bool {
	for n%10 == 0 && n > 0 {
		n /= 10
	}
	return n == 1 || n == 2 || n == 5
}

// cities plays city after city, each with a seed of its own, and keeps of each only
// what the figures need; it prints what the work took as it grows. With a data file,
// the city played last is kept there, also one that was stopped in its middle.
func (c *Simulate) cities(ctx context.Context, s *Streams, from calendar.Date) error {
	if err := free("--data", c.Data); err != nil {
		return err
	}
	w := words{c.Lang}
	fmt.Fprintln(s.Out, w.t(fmt.Sprintf("%d 座虚构城市（每座 %d 个项目、%d 个月），逐座模拟，不同时保留在内存中", c.Cities, c.Projects, c.Months),
		fmt.Sprintf("%d made-up cities (%d projects and %d months each), one after the other, not kept in memory", c.Cities, c.Projects, c.Months)))
	w.head(s, w.t("城市", "cities"))
	var grown stage
	var stages []stage
	var span saving.Histogram
	look := func() {
		w.row(s, grown)
		stages = append(stages, grown)
	}
	bar := countProgress(s.Err, "模拟天数 days")
	begin := time.Now()
	played := 0
	for played < c.Cities && ctx.Err() == nil {
		var progress func(done, all int)
		if bar != nil {
			progress = func(done, all int) { bar(played*all+done, c.Cities*all) }
		}
		one, year, err := c.measure(ctx, c.Seed+uint64(played), c.Projects, from, progress)
		if err != nil {
			return err
		}
		if !year.Complete {
			break
		}
		played++
		span = saving.Merge(span, year.Result.Span)
		debug.FreeOSMemory() // what is resident then is what is kept
		grown = stage{
			What: fmt.Sprint(played), Issues: grown.Issues + one.Issues, Work: grown.Work + one.Work, Seconds: time.Since(begin).Seconds(),
			Resident: Resident("self"), Peak: one.Peak, Bytes: grown.Bytes + one.Bytes,
		}
		if looksAt(played) || played == c.Cities {
			look()
		}
	}
	if played < c.Cities {
		if played > 0 && !looksAt(played) {
			look()
		}
		fmt.Fprintln(s.Out, w.t(fmt.Sprintf("提前停止：完成 %d 座城市，以下为至此的情况。", played), fmt.Sprintf("Stopped early after %d whole cities; this is how it stood.", played)))
	}
	w.exponents(s, stages)
	sum := saving.Summarize(span)
	fmt.Fprintln(s.Out, w.t("全部问题自提出至办结（工作日）：", "All issues, from raising to the end (working days): ")+fmt.Sprintf("n=%d  ", sum.N)+w.quantiles(sum))
	if c.Data != "" {
		fmt.Fprintln(s.Out, w.t("最后一座城市的数据文件：", "Data file of the last city: ")+c.Data)
	}
	return nil
}

// sizes plays one city of each size, and prints what the work took.
func (c *Simulate) sizes(ctx context.Context, s *Streams, from calendar.Date) error {
	w := words{c.Lang}
	fmt.Fprintln(s.Out, w.t("一座虚构城市，规模递增", "One made-up city, of growing size"))
	w.head(s, w.t("项目", "projects"))
	var stages []stage
	for _, projects := range c.Sizes {
		one, year, err := c.measure(ctx, c.Seed, projects, from, countProgress(s.Err, "模拟天数 days"))
		if err != nil {
			return err
		}
		if !year.Complete {
			fmt.Fprintln(s.Out, w.t(fmt.Sprintf("提前停止于 %d 个项目的城市。", projects), fmt.Sprintf("Stopped early in the city of %d projects.", projects)))
			break
		}
		w.row(s, one)
		stages = append(stages, one)
	}
	w.exponents(s, stages)
	return nil
}

// measure plays one city into a data file that is thrown away, or takes the place of
// the one that is kept.
func (c *Simulate) measure(ctx context.Context, seed uint64, projects int, from calendar.Date, progress func(done, all int)) (one stage, year PlayedYear, err error) {
	made, err := city.New(city.Plan{Seed: seed, Projects: projects, Months: c.Months, From: from, Assumed: city.Assumed()})
	if err != nil {
		return one, year, err
	}
	beside := ""
	if c.Data != "" {
		beside = filepath.Dir(c.Data) // on the same disk a file changes its name at once
	}
	dir, err := os.MkdirTemp(beside, "lianban-city-")
	if err != nil {
		return one, year, fmt.Errorf("a folder for the simulated data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "city.db")
	begin := time.Now()
	years, err := PlayCity(ctx, made, path, false, progress)
	if err != nil {
		return one, year, err
	}
	took := time.Since(begin).Seconds()
	info, err := os.Stat(path)
	if err != nil {
		return one, year, err
	}
	if c.Data != "" {
		if err := os.Rename(path, c.Data); err != nil {
			return one, year, fmt.Errorf("--data %s: %w", c.Data, err)
		}
	}
	year = years[0]
	return stage{
		What: fmt.Sprint(projects), Issues: float64(year.Raised), Work: float64(year.SignOffs), Seconds: took,
		Resident: Resident("self"), Peak: status("self", "VmHWM"), Bytes: float64(info.Size()),
	}, year, nil
}

// head prints what the columns of a table of stages are.
func (w words) head(s *Streams, what string) {
	fmt.Fprintf(s.Out, "%10s %10s %12s %10s %12s %14s %12s %14s %12s\n", what, w.t("问题", "issues"), w.t("会签任务", "sign-offs"), w.t("秒", "seconds"), w.t("每秒任务", "per second"),
		w.t("常驻内存MiB", "MiB resident"), w.t("峰值MiB", "MiB at most"), w.t("数据MiB", "MiB on disk"), w.t("每项字节", "bytes each"))
}

func (w words) row(s *Streams, x stage) {
	fmt.Fprintf(s.Out, "%10s %10.0f %12.0f %10.1f %12.0f %14.0f %12.0f %14.1f %12.0f\n", x.What, x.Issues, x.Work, x.Seconds, x.Work/x.Seconds, x.Resident, x.Peak, x.Bytes/(1<<20), x.Bytes/x.Work)
}

// exponents prints how each figure grows with the work, and what that means.
func (w words) exponents(s *Streams, stages []stage) {
	fmt.Fprintln(s.Out, w.t(fmt.Sprintf("随会签任务数 x 按 x^e 增长的指数 e（双对数最小二乘，n=%d）：", len(stages)),
		fmt.Sprintf("exponents e of the growth with the sign-offs x, as x^e (least squares of the logarithms, n=%d):", len(stages))))
	for _, figure := range []struct {
		name string
		of   func(stage) float64
	}{
		{w.t("用时", "time"), func(x stage) float64 { return x.Seconds }},
		{w.t("常驻内存", "resident memory"), func(x stage) float64 { return x.Resident }},
		{w.t("内存峰值", "memory at most"), func(x stage) float64 { return x.Peak }},
		{w.t("数据", "data"), func(x stage) float64 { return x.Bytes }},
	} {
		var xs, ys []float64
		for _, x := range stages {
			xs, ys = append(xs, x.Work), append(ys, figure.of(x))
		}
		if e, ok := exponent(xs, ys); ok {
			fmt.Fprintf(s.Out, "  %s: %.2f  %s\n", figure.name, e, w.growth(e))
		} else {
			fmt.Fprintf(s.Out, "  %s: %s\n", figure.name, w.t("点数不足，至少三个", "too few points; it takes three"))
		}
	}
}

// growth says what an exponent means. A tenth is what a machine's unrest makes of a
// measurement: tenfold work then differs by a quarter.
func (w words) growth(e float64) string {
	tenfold := fmt.Sprintf("%.1f", math.Pow(10, e))
	switch {
	case e < 0.1:
		return w.t("任务增至十倍时基本不变", "stays as it is when the work grows tenfold")
	case e < 0.9:
		return w.t("增长慢于任务：任务增至十倍时为 "+tenfold+" 倍", "grows more slowly than the work: "+tenfold+" times for tenfold work")
	case e <= 1.1:
		return w.t("与任务同步增长：任务增至十倍时为 "+tenfold+" 倍", "grows as the work does: "+tenfold+" times for tenfold work")
	}
	return w.t("增长快于任务：任务增至十倍时为 "+tenfold+" 倍", "grows faster than the work: "+tenfold+" times for tenfold work")
}

// exponent fits y = c·x^e by least squares of the logarithms. It needs three points
// of different x, and positive numbers.
func exponent(xs, ys []float64) (e float64, ok bool) {
	if len(xs) < 3 || slices.Min(xs) <= 0 || slices.Min(ys) <= 0 {
		return 0, false
	}
	n := float64(len(xs))
	var sx, sy, sxx, sxy float64
	for k := range xs {
		x, y := math.Log(xs[k]), math.Log(ys[k])
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	below := n*sxx - sx*sx
	if below < 1e-9 {
		return 0, false
	}
	return (n*sxy - sx*sy) / below, true
}

// Resident is this ("self") or another process's resident memory in MiB, from
// /proc; -1 where there is none.
func Resident(pid string) float64 { return status(pid, "VmRSS") }

// status is an amount of memory in a process's status, in MiB; -1 where there is none.
func status(pid, field string) float64 {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, field+": %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	return -1
}
