package webui

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
	"lianban/shared/measure"
	"lianban/shared/measure/export"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// bottleneckRoutes is the page that shows where issues lose their time.
func (s *server) bottleneckRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Figures != nil {
		page("GET /bottlenecks", signedIn((*visit).bottlenecks))
	}
}

// seesFigures reports whether the viewer looks at what all departments do.
func (v *visit) seesFigures() bool {
	return v.Figures != nil && (v.viewer.Role == roster.Bureau || v.viewer.Role == roster.Overseer)
}

type bottleneckPage struct {
	frame
	From, To        []choice // months
	Wrong           string
	Rows            []bottleneckRow
	Hidden          string
	Departments     []flowRow
	Variants        []variantRow
	Chart           *controlChart
	Few             string // why there is no chart
	Exports, Logs   []exportLink
	Months          template.URL // as a query
	Version, Digest string
}

type bottleneckRow struct {
	Subject, Department, Critical, Of, Slack string
	Worst                                    bool // on the longest path of most of its issues
}

type flowRow struct{ Department, Queue, Touch, Supplements, FirstPass string }

type variantRow struct{ Path, Cases, Share, Median string }

type controlChart struct {
	Width, Height, Left, Right, Top, Bottom int
	Mean, Low, High                         int // heights
	MeanText, LowText, HighText             string
	Line                                    string
	Dots                                    []controlDot
	Summary                                 string
}

type controlDot struct {
	X, Y                 int
	Month, Days, Signals string
	Signal               bool
}

func (v *visit) bottlenecks() error {
	if err := measure.SeesAll(v.viewer.Actor); err != nil {
		return err
	}
	p := bottleneckPage{frame: v.frame(v.t("bottlenecks.title"))}
	q, wrong, err := v.figuresAsked()
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p.Wrong = wrong; wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	months := measure.Recorded(v.today)
	p.From, p.To = v.monthChoices(months, string(q.From)), v.monthChoices(months, string(q.To))
	data, err := v.Figures.Recent(v.ctx(), q)
	if err != nil {
		return err
	}
	v.fillBottlenecks(&p, data)
	p.Months = template.URL(url.Values{"from": {string(q.From)}, "to": {string(q.To)}}.Encode())
	p.Exports = v.figureExports(q, "bottlenecks", "department", "variants", "chart")
	for _, code := range q.Districts {
		log := func(format string) string {
			return httpapi.Base + "/event-log?" + url.Values{"district": {string(code)}, "format": {format}}.Encode()
		}
		p.Logs = append(p.Logs, exportLink{v.district(code), log("xes"), log("csv")})
	}
	return v.render(status, "bottlenecks.html", p)
}

// figuresAsked is what the address asks for; where it asks for what cannot be, what that is,
// and the usual months instead.
func (v *visit) figuresAsked() (q measure.Query, wrong string, err error) {
	values := v.r.URL.Query()
	month := func(name string) measure.Month { return measure.Month(values.Get(name)) }
	ask := measure.Ask{From: month("from"), To: month("to"), BaseFrom: month("baseFrom"), BaseTo: month("baseTo"), Heirs: values.Get("heirs") == "yes"}
	for {
		q, err = v.Figures.Query(v.viewer.Actor, ask)
		e, ok := errors.AsType[*approval.Error](err)
		switch {
		case ok && e.Field == "from":
			wrong, ask.From, ask.To = v.t("bottlenecks.wrong"), "", ""
		case ok && e.Field == "baseFrom":
			wrong, ask.BaseFrom, ask.BaseTo = v.t("figures.wrong"), "", ""
		default:
			return q, wrong, err
		}
	}
}

// figureExports are tables of what the page shows as files.
func (v *visit) figureExports(q measure.Query, tables ...string) (links []exportLink) {
	address := func(table, format string) string {
		values := url.Values{"from": {string(q.From)}, "to": {string(q.To)}, "format": {format}, "lang": {v.lang}}
		if q.BaseFrom != "" {
			values.Set("baseFrom", string(q.BaseFrom))
			values.Set("baseTo", string(q.BaseTo))
		}
		if q.Heirs {
			values.Set("heirs", "true")
		}
		return httpapi.Base + "/figures/tables/" + table + "?" + values.Encode()
	}
	for _, table := range tables {
		links = append(links, exportLink{v.name(export.TableName(table)), address(table, "xlsx"), address(table, "csv")})
	}
	return links
}

// monthChoices are months to choose from, the latest first.
func (v *visit) monthChoices(months []measure.Month, on string) (choices []choice) {
	for _, m := range slices.Backward(months) {
		year, month, _ := strings.Cut(string(m), "-")
		y, _ := strconv.Atoi(year)
		n, _ := strconv.Atoi(month)
		choices = append(choices, choice{Value: string(m), Text: v.t("bottlenecks.month.of", y, n), On: string(m) == on})
	}
	return choices
}

func (v *visit) fillBottlenecks(p *bottleneckPage, data *measure.Data) {
	hidden := 0
	for _, b := range data.Bottlenecks() {
		if b.Hidden {
			hidden++
			continue
		}
		p.Rows = append(p.Rows, bottleneckRow{
			Subject: v.figureSubject(b.Subject), Department: v.department(b.Department), Critical: percent(b.Criticality), Of: strconv.Itoa(b.Criticality.Of),
			Slack: fmt.Sprintf("%.1f", b.Slack), Worst: 2*b.Criticality.Count > b.Criticality.Of,
		})
	}
	if hidden > 0 {
		p.Hidden = v.t("bottlenecks.hidden", hidden, measure.SmallN)
	}
	for _, d := range data.Rows(measure.ByDepartment) {
		if d.Hidden || d.FirstPass.Of == 0 {
			continue
		}
		p.Departments = append(p.Departments, flowRow{
			Department: v.department(roster.DepartmentID(d.Key)), Queue: v.summary(d.Queue), Touch: v.summary(d.Touch),
			Supplements: v.t("bottlenecks.share", percent(d.Supplements), d.Supplements.Count, d.Supplements.Of),
			FirstPass:   v.t("bottlenecks.share", percent(d.FirstPass), d.FirstPass.Count, d.FirstPass.Of),
		})
	}
	variants, all := data.Variants(), 0
	for _, x := range variants {
		all += x.Span.N
	}
	for _, x := range variants {
		path := v.t("bottlenecks.path.plain")
		if len(x.Marks) > 0 {
			var marks []string
			for _, m := range x.Marks {
				marks = append(marks, v.t("bottlenecks.mark."+m))
			}
			path = strings.Join(marks, v.t("bottlenecks.path.then"))
		}
		p.Variants = append(p.Variants, variantRow{Path: path, Cases: strconv.Itoa(x.Span.N), Share: percent(saving.ShareOf(x.Span.N, all)), Median: v.summary(x.Span)})
	}
	if chart := data.Chart(); chart.Insufficient {
		p.Few = v.t("bottlenecks.chart.few", saving.EnoughN, chart.N)
	} else {
		p.Chart = v.controlChart(&chart)
	}
	p.Version = v.t("bottlenecks.version", v.moment(data.Version.FoldedTo))
	p.Digest = data.Version.Digest
}

// figureSubject names what figures are of.
func (v *visit) figureSubject(s measure.Subject) string {
	item, matter := s.Parts()
	return v.subject(&approval.SignOff{Item: item, Matter: matter})
}

// percent is a share in whole percent; "" of nothing.
func percent(s saving.Share) string {
	if s.Share == nil {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100**s.Share)
}

// summary is a median with its cases, or that there are too few.
func (v *visit) summary(s saving.Summary) string {
	switch {
	case s.Insufficient:
		return v.t("bottlenecks.few", s.N)
	case !s.Median.Reached():
		return v.t("archives.beyond", int(s.Median.Beyond))
	}
	return v.t("bottlenecks.median", int(*s.Median.Days), s.N)
}

// controlChart lays the chart out: months from left to right, days from the bottom up.
func (v *visit) controlChart(c *saving.Chart) *controlChart {
	out := &controlChart{Width: 720, Height: 280, Left: 48, Right: 640, Top: 20, Bottom: 240}
	most := float64(c.High)
	for _, p := range c.Points {
		most = max(most, float64(p.Days))
	}
	height := func(days saving.WorkingDays) int {
		return out.Bottom - int(math.Round(float64(days)/max(most, 1)*float64(out.Bottom-out.Top)))
	}
	text := func(days saving.WorkingDays) string { return fmt.Sprintf("%.1f", float64(days)) }
	out.Mean, out.Low, out.High = height(c.Mean), height(c.Low), height(c.High)
	out.MeanText, out.LowText, out.HighText = text(c.Mean), text(c.Low), text(c.High)
	signals := 0
	var line []string
	for k, p := range c.Points {
		d := controlDot{X: out.Left + k*(out.Right-out.Left)/max(1, len(c.Points)-1), Y: height(p.Days), Month: p.ID, Days: text(p.Days), Signal: len(p.Signals) > 0}
		var names []string
		for _, s := range p.Signals {
			names = append(names, v.t("bottlenecks.signal."+string(s)))
		}
		if d.Signals = v.list(names); d.Signal {
			signals++
		}
		line = append(line, fmt.Sprintf("%d,%d", d.X, d.Y))
		out.Dots = append(out.Dots, d)
	}
	out.Line = strings.Join(line, " ")
	out.Summary = v.t("bottlenecks.chart.summary", c.N, out.MeanText, out.LowText, out.HighText, signals)
	return out
}
