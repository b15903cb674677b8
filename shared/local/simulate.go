package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lianban/shared/calendar"
	"lianban/shared/sim"
	"lianban/shared/sim/city"
	"lianban/shared/sim/report"
)

// Simulate is the command that plays a made-up city's year.
type Simulate struct {
	Projects int    `help:"Key projects of the city." default:"437"`
	Months   int    `help:"How long the year is." default:"12"`
	Seed     uint64 `help:"The same seed plays the same year." default:"1"`
	From     string `help:"First day." default:"2025-01-01" placeholder:"YYYY-MM-DD"`
	Data     string `help:"Keep the city in this data file, which serve --data opens; it must not exist." placeholder:"FILE"`
	Report   string `help:"Write a report with plots to this HTML file; it must not exist." placeholder:"FILE"`
	Compare  bool   `help:"Play the same arrivals one by one as well." default:"true" negatable:""`
	Cities   int    `help:"Play so many cities one after the other, with seeds from --seed on, and print how time, memory and data grow, with the exponents; Ctrl-C stops it and prints what was reached. --data keeps the last city." placeholder:"N"`
	Sizes    []int  `help:"Play one city of each number of projects and print how time, memory and data grow, with the exponents." placeholder:"N,..."`
	Lang     string `help:"Language of the text: zh or en." enum:"zh,en" default:"zh"`
}

// Run plays the year and prints what happened.
func (c *Simulate) Run(ctx context.Context, s *Streams) error {
	from, err := calendar.Parse(c.From)
	if err != nil {
		return fmt.Errorf("--from %s: %w", c.From, err)
	}
	if c.Cities < 0 || c.Cities > 0 && len(c.Sizes) > 0 || (c.Cities > 0 || len(c.Sizes) > 0) && c.Report != "" || len(c.Sizes) > 0 && c.Data != "" {
		return errors.New("--cities N and --sizes N,... print how the work grows: give one of them, from 1, without --report, and --sizes without --data")
	}
	switch {
	case c.Cities > 0:
		return c.cities(ctx, s, from)
	case len(c.Sizes) > 0:
		return c.sizes(ctx, s, from)
	}
	made, err := city.New(city.Plan{Seed: c.Seed, Projects: c.Projects, Months: c.Months, From: from, Assumed: city.Assumed()})
	if err != nil {
		return err
	}
	if err := free("--report", c.Report); err != nil {
		return err
	}
	years, err := PlayCity(ctx, made, c.Data, c.Compare, countProgress(s.Err, "模拟天数 days"))
	if err != nil {
		return err
	}
	w, year := words{c.Lang}, report.Year{City: made, Parallel: &years[0].Result, Played: &years[0].Played}
	if len(years) > 1 {
		compared, err := city.Compare(made.Calendar, &years[1].Result, &years[0].Result, made.Seed)
		if err != nil {
			return err
		}
		year.Compared = &compared
	}
	if c.Report != "" {
		if err := writeReport(c.Report, year, c.Lang); err != nil {
			return err
		}
	}
	w.year(s.Out, &year)
	if c.Report != "" {
		fmt.Fprintln(s.Out, w.t("报告：", "Report: ")+c.Report)
	}
	if c.Data != "" {
		fmt.Fprintln(s.Out, w.t("数据文件：", "Data file: ")+c.Data)
	}
	return nil
}

// free refuses a file that exists.
func free(flag, path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s %s exists already and was left as it is; name a new file", flag, path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %s: %w", flag, path, err)
	}
	return nil
}

func writeReport(path string, year report.Year, lang string) error {
	var page bytes.Buffer
	if err := report.Write(&page, year, lang); err != nil {
		return err
	}
	if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("--report %s: %w", path, err)
	}
	return nil
}

// PlayedYear is a year with what came of it.
type PlayedYear struct {
	city.Played
	Result city.Result
}

// PlayCity plays a city's year in parallel and, to compare, the same arrivals one by
// one beside it; the first of the answers is the one in parallel. With a path, what
// was played in parallel is kept in a new data file there, which appears whole or
// not at all. A context that ends stops the play; what was played until then is
// answered and kept.
func PlayCity(ctx context.Context, made *city.City, path string, compare bool, progress func(done, all int)) ([]PlayedYear, error) {
	if err := free("--data", path); err != nil {
		return nil, err
	}
	ways := []city.Way{city.InParallel}
	if compare {
		ways = append(ways, city.OneByOne)
	}
	years, errs := make([]PlayedYear, len(ways)), make([]error, len(ways))
	// What is in memory stays there to the end: to look for garbage as often as in a
	// server took a fifth of the time, and half as often takes a third more memory.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	var group sync.WaitGroup
	for k, way := range ways {
		target, watch := path, progress
		if k > 0 {
			target, watch = "", nil
		}
		group.Go(func() { years[k], errs[k] = playWay(ctx, made, way, target, watch) })
	}
	group.Wait()
	return years, errors.Join(errs...)
}

func playWay(ctx context.Context, made *city.City, way city.Way, path string, progress func(done, all int)) (year PlayedYear, err error) {
	part := path + ".new"
	if path == "" {
		dir, err := os.MkdirTemp("", "lianban-city-")
		if err != nil {
			return year, fmt.Errorf("a folder for the simulated data: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		part = filepath.Join(dir, "city.db")
	} else if err := remove(part); err != nil {
		return year, fmt.Errorf("data file %s: %w", path, err)
	}
	// Stopping ends the play, not the writing of what was played.
	writing := context.WithoutCancel(ctx)
	clock := sim.NewClock(made.From.Start())
	app, err := Open(writing, Config{
		Data: part, Now: clock.Now, NewID: sim.IDs(clock.Now), Rand: sim.Rand(made.Seed), Roster: made.Roster, Catalog: made.Catalog, Memory: true,
	})
	if err != nil {
		return year, err
	}
	err = keepFacts(writing, app.file, made.Roster, made.Catalog)
	if err == nil {
		play := city.Year{City: made, Way: way, Service: app.Service, World: app, Clock: clock, Progress: progress}
		if year.Played, err = play.Play(ctx); err == nil {
			year.Result, err = play.Result(writing)
		}
	}
	if path == "" {
		app.file.Discard()
	}
	if err = errors.Join(err, app.Close()); err != nil {
		return year, errors.Join(err, remove(part))
	}
	if path == "" {
		return year, nil
	}
	if err := errors.Join(os.Remove(part+".lock"), os.Rename(part, path)); err != nil {
		return year, fmt.Errorf("data file %s: %w", path, err)
	}
	return year, nil
}

// countProgress draws a bar where a terminal watches.
func countProgress(w io.Writer, what string) func(done, all int) {
	if !watched(w) {
		return nil
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	return func(done, all int) {
		bar.ChangeMax(all)
		_ = bar.Set(done)
	}
}

// watched reports whether a terminal shows what is written.
func watched(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// counting draws how many have been seen of nobody knows how many, where a terminal watches.
// It draws nothing on its own: the bar's own ticking is not safe beside the end of it.
func counting(w io.Writer, what string) (seen func(), done func()) {
	if !watched(w) {
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetSpinnerChangeInterval(0))
	return func() { _ = bar.Add(1) }, func() { _ = bar.Finish() }
}
