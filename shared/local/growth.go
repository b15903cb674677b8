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
	Work     float64 // sign-offs
	Seconds  float64
	Resident float64 // MiB; below 0 where the system does not tell
	Bytes    float64 // of data files
}

// stages are after how many cities the work is looked at: one, two, five, ten and so on.
func looksAt(n int) bool {
	for n%10 == 0 && n > 0 {
		n /= 10
	}
	return n == 1 || n == 2 || n == 5
}

// cities plays city after city, each with a seed of its own, and keeps of each only
// what the figures need; it prints what the work took as it grew.
func (c *Simulate) cities(ctx context.Context, s *Streams, from calendar.Date) error {
	w := words{c.Lang}
	var grown stage
	var stages []stage
	var span saving.Histogram
	progress := countProgress(s.Err, "城市 cities")
	begin := time.Now()
	played := 0
	for k := range c.Cities {
		one, result, err := c.measure(ctx, c.Seed+uint64(k), c.Projects, from)
		if err != nil {
			return err
		}
		if !result.Complete {
			break
		}
		played++
		if progress != nil {
			progress(played, c.Cities)
		}
		span = saving.Merge(span, result.Result.Span)
		debug.FreeOSMemory() // what is resident then is what is kept
		grown = stage{What: fmt.Sprint(played), Work: grown.Work + one.Work, Seconds: time.Since(begin).Seconds(), Resident: Resident("self"), Bytes: grown.Bytes + one.Bytes}
		if looksAt(played) || played == c.Cities {
			stages = append(stages, grown)
		}
	}
	if played > 0 && stages[len(stages)-1].What != grown.What {
		stages = append(stages, grown) // it was stopped
	}
	fmt.Fprintln(s.Out, w.t(fmt.Sprintf("%d 座虚构城市（每座 %d 个项目、%d 个月），逐座模拟，不同时保留在内存中", played, c.Projects, c.Months),
		fmt.Sprintf("%d made-up cities (%d projects and %d months each), one after the other, not kept in memory", played, c.Projects, c.Months)))
	w.stages(s, w.t("城市", "cities"), stages)
	sum := saving.Summarize(span)
	fmt.Fprintln(s.Out, w.t("全部问题自提出至办结（工作日）：", "All issues, from raising to the end (working days): ")+fmt.Sprintf("n=%d  ", sum.N)+w.quantiles(sum))
	return nil
}

// sizes plays one city of each size, and prints what the work took.
func (c *Simulate) sizes(ctx context.Context, s *Streams, from calendar.Date) error {
	w := words{c.Lang}
	var stages []stage
	for _, projects := range c.Sizes {
		one, result, err := c.measure(ctx, c.Seed, projects, from)
		if err != nil {
			return err
		}
		if !result.Complete {
			break
		}
		stages = append(stages, one)
	}
	fmt.Fprintln(s.Out, w.t("一座虚构城市，规模递增", "One made-up city, of growing size"))
	w.stages(s, w.t("项目", "projects"), stages)
	return nil
}

// measure plays one city into a data file that is thrown away.
func (c *Simulate) measure(ctx context.Context, seed uint64, projects int, from calendar.Date) (one stage, year PlayedYear, err error) {
	made, err := city.New(city.Plan{Seed: seed, Projects: projects, Months: c.Months, From: from, Assumed: city.Assumed()})
	if err != nil {
		return one, year, err
	}
	dir, err := os.MkdirTemp("", "lianban-city-")
	if err != nil {
		return one, year, fmt.Errorf("a folder for the simulated data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "city.db")
	begin := time.Now()
	years, err := PlayCity(ctx, made, path, false, nil)
	if err != nil {
		return one, year, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return one, year, err
	}
	return stage{
		What: fmt.Sprint(projects), Work: float64(years[0].SignOffs), Seconds: time.Since(begin).Seconds(), Resident: Resident("self"), Bytes: float64(info.Size()),
	}, years[0], nil
}

// stages prints them with how each figure grows with the work.
func (w words) stages(s *Streams, what string, stages []stage) {
	fmt.Fprintf(s.Out, "%10s %12s %10s %14s %12s %12s %12s\n", what, w.t("会签任务", "sign-offs"), w.t("秒", "seconds"), w.t("每秒任务", "per second"), w.t("内存MiB", "MiB resident"), w.t("数据MiB", "MiB on disk"), w.t("每项字节", "bytes each"))
	for _, x := range stages {
		fmt.Fprintf(s.Out, "%10s %12.0f %10.1f %14.0f %12.0f %12.1f %12.0f\n", x.What, x.Work, x.Seconds, x.Work/x.Seconds, x.Resident, x.Bytes/(1<<20), x.Bytes/x.Work)
	}
	fit := func(of func(stage) float64) string {
		var xs, ys []float64
		for _, x := range stages {
			xs, ys = append(xs, x.Work), append(ys, of(x))
		}
		e, ok := exponent(xs, ys)
		if !ok {
			return w.t("点数不足", "too few points")
		}
		return fmt.Sprintf("%.2f", e)
	}
	fmt.Fprintln(s.Out, w.t(fmt.Sprintf("随任务数增长的指数（双对数最小二乘，n=%d）：用时 %s，内存 %s，数据 %s", len(stages), fit(func(x stage) float64 { return x.Seconds }), fit(func(x stage) float64 { return x.Resident }), fit(func(x stage) float64 { return x.Bytes })),
		fmt.Sprintf("exponents of the growth with the sign-offs (least squares of the logarithms, n=%d): time %s, resident memory %s, data %s", len(stages), fit(func(x stage) float64 { return x.Seconds }), fit(func(x stage) float64 { return x.Resident }), fit(func(x stage) float64 { return x.Bytes }))))
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
func Resident(pid string) float64 {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	return -1
}
