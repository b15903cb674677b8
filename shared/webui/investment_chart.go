package webui

import (
	"fmt"
	"strconv"
	"strings"

	"lianban/shared/invest"
	"lianban/shared/ledger"
)

// tick is a place on an axis and what stands there.
type tick struct {
	X    int
	Text string
}

// courseChart draws completion against time progress over a year (进度曲线).
type courseChart struct {
	Width, Height, Left, Right, Top, Bottom int
	Months, Shares                          []tick
	Time, Done                              string // the two lines' points
	Dots                                    []dot
	NowX                                    int
	Summary                                 string
	Rows                                    []courseRow
}

type dot struct {
	X, Y         int
	Title, Label string
	LabelY       int
}

type courseRow struct {
	Period, Time, Completion, Lead, Plan, Done string
	Counted                                    int
}

const (
	courseWidth, courseHeight = 720, 300
	courseLeft, courseRight   = 48, 700
	courseTop, courseBottom   = 16, 264
)

func (v *visit) course(b *ledger.Board) *courseChart {
	c := &courseChart{Width: courseWidth, Height: courseHeight, Left: courseLeft, Right: courseRight, Top: courseTop, Bottom: courseBottom}
	stages := b.Course()
	most := invest.Points(10_000)
	for _, s := range stages {
		most = max(most, s.Completion)
	}
	most = (most + 2_499) / 2_500 * 2_500
	x := func(p invest.Points) int { return courseLeft + int(p)*(courseRight-courseLeft)/10_000 }
	y := func(p invest.Points) int { return courseBottom - int(p)*(courseBottom-courseTop)/int(most) }
	for month := 1; month <= 12; month++ {
		c.Months = append(c.Months, tick{x(invest.Period{Year: b.Year, Half: 2 * month}.Elapsed()), v.t("invest.month", month)})
	}
	step := max(2_500, (most/4+2_499)/2_500*2_500)
	for share := invest.Points(0); share <= most; share += step {
		c.Shares = append(c.Shares, tick{y(share), v.t("invest.percent", strconv.Itoa(int(share/100)))})
	}
	c.Time = fmt.Sprintf("%d,%d %d,%d", x(0), y(0), x(10_000), y(10_000))
	c.NowX = x(b.Period.Elapsed())
	line := []string{fmt.Sprintf("%d,%d", x(0), y(0))}
	for k, s := range stages {
		row := courseRow{Period: v.date(s.Period.Last()), Time: v.t("invest.percent", s.Period.Elapsed().String()), Plan: v.money(int64(s.Plan)), Done: v.money(int64(s.Line.Done)), Counted: s.Counted}
		if s.HasCompletion {
			at := dot{X: x(s.Period.Elapsed()), Y: y(s.Completion)}
			row.Completion = v.t("invest.percent", s.Completion.String())
			row.Lead, _ = v.ahead(s.Lead)
			at.Title = v.t("invest.course.dot", row.Period, row.Completion, row.Lead)
			if k == len(stages)-1 {
				at.Label, at.LabelY = row.Completion, max(at.Y-10, 12)
			}
			line = append(line, fmt.Sprintf("%d,%d", at.X, at.Y))
			c.Dots = append(c.Dots, at)
		}
		c.Rows = append(c.Rows, row)
	}
	c.Done = strings.Join(line, " ")
	c.Summary = v.t("invest.course.none", v.date(b.Period.Last()), v.t("invest.percent", b.Period.Elapsed().String()))
	if all := b.All(); all.HasCompletion {
		ahead, _ := v.ahead(all.Lead)
		c.Summary = v.t("invest.course.summary", v.date(b.Period.Last()), v.t("invest.percent", all.Completion.String()), v.t("invest.percent", b.Period.Elapsed().String()), ahead)
	}
	return c
}

// barChart draws the completion of groups against time progress.
type barChart struct {
	Width, Height, Left int
	Bars                []groupBar
	TimeX, TimeY        int
	TimeText            string
	Summary             string
}

type groupBar struct {
	Y, W, TextY, ValueX int
	Name, Value, Title  string
	Behind              bool
}

// Pixels: the height of a bar's strip, between a bar and its value, and of the widest
// value ("100.00%").
const (
	groupBarHeight = 30
	valueGap       = 6
	valueWidth     = 62
)

func (v *visit) bars(b *ledger.Board, lines []lineRow) *barChart {
	c := &barChart{Width: courseWidth, Left: 150}
	most := b.Period.Elapsed()
	for _, l := range lines {
		most = max(most, l.completion)
	}
	room := courseWidth - c.Left - 80
	w := func(p invest.Points) int { return int(p) * room / int(max(most, 1)) }
	y := 22
	for _, l := range lines {
		bar := groupBar{Y: y + 4, TextY: y + 19, Name: clip(l.Name, 10), Value: l.Completion, W: w(l.completion), Behind: l.Behind, Title: v.t("invest.bar", l.Name, l.Completion, l.Lead)}
		if v.lang == en {
			bar.Name = clip(l.Name, 20)
		}
		if !l.has {
			bar.Value, bar.Title = v.t("none"), v.t("invest.bar.none", l.Name)
		}
		bar.ValueX = c.Left + bar.W + valueGap
		if line := c.Left + w(b.Period.Elapsed()); bar.ValueX <= line+valueGap && line < bar.ValueX+valueWidth { // else the line would run through it
			bar.ValueX = line + valueGap
		}
		c.Bars = append(c.Bars, bar)
		y += groupBarHeight
	}
	c.Height, c.TimeX, c.TimeY = y+6, c.Left+w(b.Period.Elapsed()), y
	c.TimeText = v.t("invest.bars.time", v.t("invest.percent", b.Period.Elapsed().String()))
	c.Summary = v.t("invest.bars.summary", len(lines), v.t("invest.percent", b.Period.Elapsed().String()))
	return c
}
