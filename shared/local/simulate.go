package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lianban/shared/calendar"
	"lianban/shared/sim"
	"lianban/shared/sim/city"
)

// Simulate is the command that plays a made-up city's year.
type Simulate struct {
	Projects int    `help:"Key projects of the city." default:"437"`
	Months   int    `help:"How long the year is." default:"12"`
	Seed     uint64 `help:"The same seed plays the same year." default:"1"`
	From     string `help:"First day." default:"2025-01-01" placeholder:"YYYY-MM-DD"`
	Data     string `help:"Keep the city in this data file, which serve --data opens; it must not exist." placeholder:"FILE"`
	Lang     string `help:"Language of the text: zh or en." enum:"zh,en" default:"zh"`
}

// Run plays the year and prints what happened.
func (c *Simulate) Run(ctx context.Context, s *Streams) (err error) {
	from, err := calendar.Parse(c.From)
	if err != nil {
		return fmt.Errorf("--from %s: %w", c.From, err)
	}
	made, err := city.New(city.Plan{Seed: c.Seed, Projects: c.Projects, Months: c.Months, From: from, Assumed: city.Assumed()})
	if err != nil {
		return err
	}
	path := c.Data
	if path == "" {
		dir, err := os.MkdirTemp("", "lianban-city-")
		if err != nil {
			return fmt.Errorf("a folder for the simulated data: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path = filepath.Join(dir, "city.db")
	}
	played, err := PlayCity(ctx, made, path, yearProgress(s.Err))
	if err != nil {
		return err
	}
	w := words{c.Lang}
	w.played(s.Out, made, &played)
	if c.Data != "" {
		fmt.Fprintln(s.Out, w.t("数据文件：", "Data file: ")+c.Data)
	}
	return nil
}

// PlayCity plays a city's year into a new data file. The file appears whole or not
// at all; a year that was stopped leaves what was played until then.
func PlayCity(ctx context.Context, made *city.City, path string, progress func(done, all int)) (played city.Played, err error) {
	if _, err := os.Stat(path); err == nil {
		return played, fmt.Errorf("--data %s exists already and was left as it is; name a new file", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return played, fmt.Errorf("--data %s: %w", path, err)
	}
	part := path + ".new"
	if err := remove(part); err != nil {
		return played, fmt.Errorf("data file %s: %w", path, err)
	}
	clock := sim.NewClock(made.From.Start())
	// Stopping ends the play, not the writing of what was played.
	writing := context.WithoutCancel(ctx)
	app, err := Open(writing, Config{
		Data: part, Now: clock.Now, NewID: sim.IDs(clock.Now), Rand: sim.Rand(made.Seed), Roster: made.Roster, Catalog: made.Catalog, Memory: true,
	})
	if err != nil {
		return played, err
	}
	err = keepFacts(writing, app.file, made.Roster, made.Catalog)
	if err == nil {
		year := city.Year{City: made, Service: app.Service, World: app, Clock: clock, Progress: progress}
		played, err = year.Play(ctx)
	}
	if err = errors.Join(err, app.Close()); err != nil {
		return played, errors.Join(err, remove(part))
	}
	if err := errors.Join(os.Remove(part+".lock"), os.Rename(part, path)); err != nil {
		return played, fmt.Errorf("data file %s: %w", path, err)
	}
	return played, nil
}

// yearProgress draws a bar of the year's days where a terminal watches.
func yearProgress(w io.Writer) func(done, all int) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("模拟天数 days"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	return func(done, all int) {
		bar.ChangeMax(all)
		_ = bar.Set(done)
	}
}

// played prints what happened in a year.
func (w words) played(out io.Writer, made *city.City, p *city.Played) {
	line := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	line("%s", w.t("一座虚构城市的一年：城市、人员、工作量和概率均为拟定，规则、流程、事项目录和节假日为真实。",
		"A made-up city's year: city, people, workloads and chances are assumed; rules, workflow, catalogue and holidays are real."))
	if !p.Complete {
		line("%s", w.t("（提前停止于 ", "(stopped early at ")+p.Until.In(calendar.Shanghai).Format("2006-01-02 15:04")+w.t("）", ")"))
	}
	line("%s", w.t(fmt.Sprintf("提出问题 %d 个，其中办结或撤回 %d 个", p.Raised, p.Ended), fmt.Sprintf("%d issues raised, of which %d ended", p.Raised, p.Ended)))
	line("%s %s", w.t("办理记录链首摘要（同一种子结果相同）：", "Digest of the audit trails' heads (the same for the same seed):"), p.Heads)
	list := func(title string, of map[string]int) {
		line("%s", title)
		for _, name := range slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(of[b]-of[a], cmp.Compare(a, b)) }) {
			line("  %6d  %s", of[name], name)
		}
	}
	list(w.t("人员办理的动作", "What people did"), p.Acts)
	list(w.t("因情况已变而被规则拒绝的动作", "Acts that the rules refused, because the matter had moved on"), p.Refused)
}
