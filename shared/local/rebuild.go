package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lianban/shared/approval"
	"lianban/shared/measure"
)

// Rebuild is the command that computes all figures, and the lists in which overseers look for
// events, anew from the issues of a data file, which no other process may have open, and says
// where those kept differ; with Write it sets them right.
type Rebuild struct {
	Data  string `help:"Data file; not in use." default:"lianban.db" placeholder:"FILE"`
	Write bool   `help:"Set right what differs; otherwise nothing is changed."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// ErrDiffer is what a comparison answers that found something kept otherwise than it should be.
var ErrDiffer = errors.New("what is kept differs from what the issues give; --write sets it right")

// rebuilt is what a comparison or a rebuild found.
type rebuilt struct {
	measure.Comparison
	Unlisted int `json:"unlisted"` // events that the overseers' lists lack, or lacked
}

// Run compares, or rebuilds, and prints.
func (c *Rebuild) Run(ctx context.Context, s *Streams) (err error) {
	app, err := openThere(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	var done func()
	app.Figures.Seen, done = counting(s.Err, "issues")
	work := app.Figures.Compare
	if c.Write {
		work = app.Figures.Rebuild
	}
	var found rebuilt
	if found.Comparison, err = work(ctx); err == nil {
		err = app.Figures.Each(ctx, func(id approval.IssueID) error {
			n, err := app.Service.EnterHappenings(ctx, id, !c.Write)
			found.Unlisted += n
			return err
		})
	}
	done()
	if err != nil {
		return fmt.Errorf("figures and lists of %s: %w", c.Data, err)
	}
	if c.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(found)
	} else {
		printComparison(s, &found)
	}
	if !c.Write && len(found.Differences)+found.Unlisted > 0 {
		return errors.Join(err, ErrDiffer)
	}
	return err
}

func printComparison(s *Streams, c *rebuilt) {
	for _, d := range c.Differences {
		fmt.Fprintf(s.Out, "%s %s %s\n  %s\n  %s\n", d.Month, d.District, d.Name, d.Kept, d.Wanted)
	}
	fmt.Fprintf(s.Out, "问题 %d 件，汇总记录 %d 条，尚未计入 %d 件，不一致 %d 条；重新计入 %d 件，改正 %d 条。%d issues, %d records of figures, %d issues not folded yet, %d records differ; %d folded anew, %d set right.\n",
		c.Issues, c.Figures, c.Behind, len(c.Differences), c.Folded, c.Repaired, c.Issues, c.Figures, c.Behind, len(c.Differences), c.Folded, c.Repaired)
	fmt.Fprintf(s.Out, "监督事项清单缺 %d 条。%d events missing from the overseers' lists.\n", c.Unlisted, c.Unlisted)
}
