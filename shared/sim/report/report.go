// Package report writes a simulated year as one page of HTML that needs nothing
// beside it: plots as SVG, made for paper as for the screen, in Chinese or English.
// Every figure stands with the number of cases it rests on, and every assumption is
// listed.
//
// It must not know how a year is played or where it is kept; it imports the city and
// what its figures are made of.
package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

//go:embed report.html
var source string

var page = template.Must(template.New("report").Funcs(language("zh")).Parse(source))

// language are the functions of the template that depend on the reader's language.
func language(lang string) template.FuncMap {
	t := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	return template.FuncMap{
		"t":    t,
		"name": func(n roster.Name) string { return t(n.ZH, n.EN) },
		"days": func(q *saving.Quantile) string {
			switch {
			case q == nil:
				return t("不足十个，不报", "insufficient")
			case !q.Reached():
				return fmt.Sprintf(t("未达到（超过 %v）", "not reached (above %v)"), q.Beyond)
			}
			bound := func(d *saving.WorkingDays) string {
				if d == nil {
					return t("未达到", "not reached")
				}
				return fmt.Sprint(*d)
			}
			return fmt.Sprintf(t("%v（95%% 区间 %s–%s）", "%v (95%% interval %s–%s)"), *q.Days, bound(q.Low), bound(q.High))
		},
		"share": func(s saving.Share) string {
			if s.Share == nil {
				return "–"
			}
			text := fmt.Sprintf("%.1f%% (%d/%d)", 100**s.Share, s.Count, s.Of)
			if s.Insufficient {
				text += t(" 样本不足", " too few")
			}
			return text
		},
		"one":     func(v any) string { return fmt.Sprintf("%.1f", v) },
		"percent": func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) },
	}
}

// Year is what a report is made of.
type Year struct {
	City     *city.City
	Parallel *city.Result
	Compared *city.Comparison // nil when the year was played in one way only
	Played   *city.Played
}

// Write writes the report in a language, zh or en.
func Write(out io.Writer, y Year, lang string) error {
	p, err := page.Clone()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := p.Funcs(language(lang)).Execute(out, y.view(lang)); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// view is what the page shows.
type view struct {
	Year
	Lang     string
	Days     int // working days played
	Last     calendar.Date
	Survival *plot
	Flow     plot
	Offices  []office
	Small    int // departments with too few answers to show
	Worst    []bottleneck
	Assumed  []assumption
}

// office is a row of the departments' table, with its bars.
type office struct {
	Name   roster.Name
	Asked  int
	OnTime saving.Share
	Load   float64
	Bar    float64 // of the load, in percent of the widest
}

// bottleneck is a row of the table of what holds issues up.
type bottleneck struct {
	Name roster.Name
	saving.Bottleneck
	Queue, Touch *saving.Quantile
}

const (
	officesMost = 30
	worstMost   = 15
)

func (y Year) view(lang string) view {
	c, r := y.City, y.Parallel
	v := view{Year: y, Lang: lang, Last: r.At, Days: c.Calendar.WorkingDays(c.From-1, r.At), Assumed: assumptions(&c.Assumed)}
	if y.Compared != nil {
		p := survival(y.Compared)
		v.Survival = &p
	}
	v.Flow = flow(c, r)
	widest := 0.0
	for _, id := range r.Busiest() {
		o := r.Offices[id]
		if rate := o.OnTime.Rate(); rate.Insufficient {
			v.Small++
			continue
		}
		widest = max(widest, o.Load())
		if len(v.Offices) < officesMost {
			v.Offices = append(v.Offices, office{Name: c.Roster.UnitName(string(id)), Asked: o.Asked, OnTime: o.OnTime.Rate(), Load: o.Load(), Bar: 100 * o.Load() / max(widest, 1e-9)})
		}
	}
	parts := r.Bottlenecks.Departments
	worst := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(parts[b].Shorter, parts[a].Shorter), cmp.Compare(a, b))
	})
	for _, id := range worst[:min(worstMost, len(worst))] {
		b := parts[id]
		v.Worst = append(v.Worst, bottleneck{
			Name: c.Roster.UnitName(id), Bottleneck: b, Queue: saving.Summarize(b.Queue).Median, Touch: saving.Summarize(b.Touch).Median,
		})
	}
	return v
}
