package webui

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/httpapi"
	"lianban/shared/invest"
	"lianban/shared/ledger"
	"lianban/shared/roster"
)

// investmentRoutes are the pages of the investment ledger.
func (s *server) investmentRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Ledger == nil {
		return
	}
	page("GET /investment", signedIn((*visit).investment))
	page("GET /investment/{year}", signedIn((*visit).boardPage))
	page("GET /investment/{year}/wall", signedIn((*visit).wall))
	page("GET /investment/{year}/projects", signedIn((*visit).investmentRows))
	page("GET /investment/{year}/projects/{id}", signedIn((*visit).investmentProject))
	page("POST /investment/{year}/projects/{id}", signedIn((*visit).enterFigures))
	page("GET /investment/{year}/import", signedIn((*visit).importPage))
	page(importPattern, signedIn((*visit).importFile))
	page("GET /investment/{year}/import/{job}", signedIn((*visit).jobPage))
	page("POST /investment/{year}/import/{job}", signedIn((*visit).importTried))
	page("GET /investment/{year}/entries", signedIn((*visit).ledgerEntries))
}

// example stands for a year in the address of the board whose totals are published.
const example = "example"

// investmentYear is the year that the address names.
func (v *visit) investmentYear() (int, error) {
	year, err := strconv.Atoi(v.r.PathValue("year"))
	if err != nil {
		return 0, noPage
	}
	return year, nil
}

// ledgerBoard is the board that the address asks for.
func (v *visit) ledgerBoard() (*ledger.Board, error) {
	if v.r.PathValue("year") == example {
		if _, err := v.Ledger.Reads(v.viewer.Actor); err != nil {
			return nil, err
		}
		return ledger.Example(), nil
	}
	year, err := v.investmentYear()
	if err != nil {
		return nil, err
	}
	var p invest.Period
	if asked := v.r.URL.Query().Get("period"); asked != "" {
		var ok bool
		if p, ok = invest.ParsePeriod(asked); !ok {
			return nil, noPage
		}
	}
	return v.Ledger.Board(v.ctx(), year, p, v.viewer.Actor)
}

// investment goes to this year's board, or the last one's while this year's ledger is
// empty.
func (v *visit) investment() error {
	if _, err := v.Ledger.Reads(v.viewer.Actor); err != nil {
		return err
	}
	years, err := v.ledgerYears()
	if err != nil {
		return err
	}
	year, _, _ := v.today.Civil()
	if len(years) > 0 {
		year = years[0]
	}
	v.redirect("/investment/" + strconv.Itoa(year))
	return nil
}

// ledgerYears are this year and the last one, as far as anything was entered for them.
func (v *visit) ledgerYears() (years []int, err error) {
	now, _, _ := v.today.Civil()
	for _, year := range []int{now, now - 1} {
		_, entries, err := v.Ledger.Year(v.ctx(), year)
		if err != nil {
			return nil, err
		}
		if len(entries) > 0 {
			years = append(years, year)
		}
	}
	return years, nil
}

// number is a figure with its name, and what has to be known with it.
type number struct{ Name, Value, Note string }

type boardPage struct {
	frame
	Lead      string
	Mark      string // what of it is made up
	Empty     string // what to do while there is nothing
	Tabs      []link
	Periods   []choice
	Wall      string
	Import    string // where files are entered, for those who may
	Entries   string
	Numbers   []number
	Missing   []string
	Course    *courseChart
	Bars      *barChart
	Groups    []lineTable
	League    leagueTable
	Issues    bool // the projects can have issues, which the example's cannot
	Held      rowTable
	Starts    invest.NewStarts
	StartsSay string
	Overdue   rowTable
	OverdueN  int
	Finishes  []finishRow
	More      int // finishes that are not listed
	Undated   int
	Exports   []exportLink
	Made      string // of which data, when
}

type lineTable struct {
	ID, Title, Name string // Name heads the first column
	Lines           []lineRow
}

// lineRow is a group of projects in words.
type lineRow struct {
	Name, URL                     string
	Projects, Counted, OnSchedule int
	Plan, Done, Completion, Lead  string
	Behind                        bool
	Red, Held                     string
	Missing                       string // which of the group could not be counted
	Rank                          int
	completion                    invest.Points
	has                           bool
}

type leagueTable struct {
	Ranked []lineRow
	Hidden string
}

// rowTable is a table of projects, cut short.
type rowTable struct {
	ID, Caption string
	Rows        []projectRow
	More        string // where the rest is
}

// projectRow is a project in words.
type projectRow struct {
	Name, URL, District, Sort    string
	Plan, Done, Completion, Lead string
	Behind                       bool
	Red                          int
	Held, Start                  string
}

type finishRow struct {
	Name, URL, Planned, Finished, Days string
	Late                               bool
}

type exportLink struct{ Name, XLSX, CSV string }

// sectionRows is how many projects a section of the board lists (assumed).
const sectionRows = 10

func (v *visit) boardPage() error {
	b, err := v.ledgerBoard()
	if err != nil {
		return err
	}
	p := boardPage{frame: v.frame(v.t("invest.title", b.Year)), Lead: v.t("invest.lead", v.date(b.Period.Last())), Mark: v.name(b.Mark)}
	base := "/investment/" + v.r.PathValue("year")
	p.Wall = base + "/wall"
	if p.Tabs, err = v.boardTabs(b); err != nil {
		return err
	}
	if p.Issues = v.r.PathValue("year") != example; p.Issues {
		p.Periods = v.periods(b)
		if v.viewer.Role == roster.Bureau {
			p.Import = base + "/import"
		}
		if v.viewer.Role == roster.Bureau || v.viewer.Role == roster.Overseer {
			p.Entries = base + "/entries"
		}
	}
	if len(b.Rows) == 0 {
		p.Empty = v.t("invest.empty." + map[bool]string{true: "bureau", false: "others"}[v.viewer.Role == roster.Bureau])
		return v.render(http.StatusOK, "investment.html", p)
	}
	all := b.All()
	p.Numbers, p.Missing = v.headline(b, all), v.missing(all)
	p.Course = v.course(b)
	for _, d := range invest.Dimensions() {
		t := lineTable{ID: "by-" + string(d), Title: v.t("invest.by." + string(d)), Name: v.t("invest.of." + string(d))}
		for _, l := range b.By(d) {
			t.Lines = append(t.Lines, v.line(b, d, l))
		}
		p.Groups = append(p.Groups, t)
	}
	p.Bars = v.bars(b, p.Groups[0].Lines)
	p.League = v.league(b)
	p.Held = v.projectRows(b, "held", b.Held(), base+"/projects?red=1")
	p.Starts = invest.Starts(b.Rows, b.Period)
	p.StartsSay = v.t("invest.starts.say", p.Starts.Planned, p.Starts.Due, p.Starts.DueBegun, p.Starts.Begun, p.Starts.Undated)
	p.Overdue, p.OverdueN = v.projectRows(b, "overdue", p.Starts.Overdue, ""), len(p.Starts.Overdue)
	v.finishes(b, &p)
	if v.r.PathValue("year") != example {
		p.Exports = v.exports(b)
	}
	p.Made = v.made(b)
	return v.render(http.StatusOK, "investment.html", p)
}

// boardTabs are the years with a ledger, this year, and the published example.
func (v *visit) boardTabs(b *ledger.Board) (tabs []link, err error) {
	years, err := v.ledgerYears()
	if err != nil {
		return nil, err
	}
	now, _, _ := v.today.Civil()
	here := v.r.PathValue("year")
	shown := []int{now}
	if n, err := strconv.Atoi(here); err == nil {
		shown = append(shown, n)
	}
	years = append(years, shown...)
	slices.Sort(years)
	years = slices.Compact(years)
	slices.Reverse(years)
	for _, year := range years {
		tabs = append(tabs, link{Text: v.t("invest.year", year), URL: "/investment/" + strconv.Itoa(year), Here: here == strconv.Itoa(year)})
	}
	return append(tabs, link{Text: v.t("invest.example"), URL: "/investment/" + example, Here: here == example}), nil
}

// periods are those of the year that have ended, the latest first.
func (v *visit) periods(b *ledger.Board) (all []choice) {
	for half := max(invest.Upto(b.Year, v.today).Half, b.Period.Half); half > 0; half-- {
		p := invest.Period{Year: b.Year, Half: half}
		all = append(all, choice{Value: p.String(), Text: v.t("invest.upto", v.date(p.Last())), On: p == b.Period})
	}
	return all
}

// amount is money as a headline says it: 亿元 from ten thousand 万元 on.
func (v *visit) amount(m invest.Money) string {
	switch {
	case m < 10_000:
		return v.money(int64(m))
	case v.lang == en:
		return v.t("money.large", fmt.Sprintf("%d.%03d", (m+50)/100_000, (m+50)/100%1000))
	}
	return v.t("money.large", fmt.Sprintf("%d.%02d", (m+50)/10_000, (m+50)/100%100))
}

// ahead says a lead with its sign, and whether it is behind.
func (v *visit) ahead(p invest.Points) (text string, behind bool) {
	if p < 0 {
		return v.t("invest.behind", (-p).String()), true
	}
	return v.t("invest.ahead", p.String()), false
}

// headline are the board's first figures.
func (v *visit) headline(b *ledger.Board, all invest.Line) []number {
	list := []number{{v.t("invest.projects"), v.t("invest.of.projects", all.Counted, all.Projects), v.t("invest.projects.note")}}
	if all.Counted > 0 {
		list = append(list, number{v.t("invest.plan"), v.amount(all.Plan), v.money(int64(all.Plan))}, number{v.t("invest.done"), v.amount(all.Done), v.money(int64(all.Done))})
	}
	if all.HasCompletion {
		lead := number{v.t("invest.lead.name"), v.t("invest.points", all.Lead.String()), v.t("invest.lead.note")}
		if all.Lead < 0 {
			lead.Name, lead.Value = v.t("invest.lag"), v.t("invest.points", (-all.Lead).String())
		}
		list = append(list, number{v.t("invest.completion"), v.t("invest.percent", all.Completion.String()), v.t("invest.completion.note")},
			number{v.t("invest.time"), v.t("invest.percent", b.Period.Elapsed().String()), v.t("invest.time.note")}, lead,
			number{v.t("invest.onschedule"), v.t("invest.of.projects", all.OnSchedule, all.Counted), v.t("invest.onschedule.note")})
	}
	if v.r.PathValue("year") == example {
		return list
	}
	held, note := v.amount(all.Held), v.t("invest.held.note", all.Red)
	if all.HeldUnknown > 0 {
		note = v.t("invest.held.unknown", all.Red, all.HeldUnknown)
		if all.Red == all.HeldUnknown {
			held = v.t("invest.unknown")
		}
	}
	return append(list, number{v.t("invest.held"), held, note})
}

// missing says which projects the fraction leaves out, and which stand with an older
// figure.
func (v *visit) missing(l invest.Line) (said []string) {
	if l.Carried > 0 {
		said = append(said, v.t("invest.carried", l.Carried))
	}
	if l.Silent > 0 {
		said = append(said, v.t("invest.silent", l.Silent, v.money(int64(l.SilentPlan))))
	}
	if l.Unplanned > 0 {
		said = append(said, v.t("invest.unplanned", l.Unplanned))
	}
	return said
}

func (v *visit) line(b *ledger.Board, d invest.Dimension, l invest.Line) lineRow {
	r := lineRow{
		Name: v.name(b.Name(d, l.Key)), Projects: l.Projects, Counted: l.Counted, OnSchedule: l.OnSchedule, Red: v.t("none"), Missing: v.list(v.missing(l)), completion: l.Completion, has: l.HasCompletion,
	}
	if v.r.PathValue("year") != example {
		r.URL, r.Red = v.rowsURL(b, url.Values{string(d): {l.Key}}), strconv.Itoa(l.Red)
	}
	if l.Counted > 0 {
		r.Plan, r.Done = v.money(int64(l.Plan)), v.money(int64(l.Done))
	}
	if l.HasCompletion {
		r.Completion = v.t("invest.percent", l.Completion.String())
		r.Lead, r.Behind = v.ahead(l.Lead)
	}
	if l.Red > l.HeldUnknown {
		r.Held = v.money(int64(l.Held))
	}
	return r
}

func (v *visit) rowsURL(b *ledger.Board, q url.Values) string {
	q.Set("period", b.Period.String())
	return "/investment/" + v.r.PathValue("year") + "/projects?" + q.Encode()
}

func (v *visit) league(b *ledger.Board) (t leagueTable) {
	ranked, hidden := invest.League(b.By(invest.ByDistrict))
	for _, p := range ranked {
		r := v.line(b, invest.ByDistrict, p.Line)
		r.Rank = p.Rank
		t.Ranked = append(t.Ranked, r)
	}
	if len(hidden) > 0 {
		names := make([]string, len(hidden))
		for k, key := range hidden {
			names[k] = v.name(b.Name(invest.ByDistrict, key))
		}
		t.Hidden = v.t("invest.league.hidden", v.list(names), invest.SmallestRanked)
	}
	return t
}

// projectRows are the first of the projects.
func (v *visit) projectRows(b *ledger.Board, id string, rows []invest.Row, more string) rowTable {
	t := rowTable{ID: id, Caption: v.t("invest." + id)}
	if len(rows) > sectionRows {
		rows, t.More = rows[:sectionRows], more
	}
	for k := range rows {
		t.Rows = append(t.Rows, v.projectRow(b, &rows[k]))
	}
	return t
}

// projectRow leaves out what is not known.
func (v *visit) projectRow(b *ledger.Board, r *invest.Row) projectRow {
	l := r.Listing
	out := projectRow{
		Name: v.name(l.Name()), District: v.name(b.Name(invest.ByDistrict, string(l.District))), Red: b.Reds[l.Project],
		Sort: v.t("invest.sort", v.name(l.Sector.Name()), v.name(l.Tier.Name()), v.name(l.Type.Name())), Start: v.date(l.Start),
	}
	if v.r.PathValue("year") != example {
		out.URL = "/investment/" + v.r.PathValue("year") + "/projects/" + url.PathEscape(string(l.Project)) + "?period=" + b.Period.String()
	}
	if r.Planned {
		out.Plan = v.money(int64(r.Plan))
	}
	if r.Reported {
		out.Done = v.money(int64(r.Done))
		if r.Half < b.Period.Half {
			out.Done = v.t("invest.asof", out.Done, v.date(invest.Period{Year: b.Year, Half: r.Half}.Last()))
		}
	}
	if r.Counts() {
		out.Completion = v.t("invest.percent", r.Completion.String())
		out.Lead, out.Behind = v.ahead(r.Lead)
	}
	if held, known := r.Held(); r.Red && known {
		out.Held = v.money(int64(held))
	}
	return out
}

func (v *visit) finishes(b *ledger.Board, p *boardPage) {
	list, undated := invest.Finishes(b.Rows, b.Period)
	p.Undated = undated
	if len(list) > sectionRows {
		list, p.More = list[:sectionRows], len(list)-sectionRows
	}
	for k := range list {
		f := &list[k]
		row := v.projectRow(b, &f.Row)
		out := finishRow{Name: row.Name, URL: row.URL, Planned: v.date(f.Listing.Finish), Finished: v.date(f.Finished), Late: f.Days < 0}
		switch {
		case f.Open:
			out.Finished, out.Days = v.t("invest.finish.open"), v.t("invest.finish.overdue", -f.Days)
		case f.Days < 0:
			out.Days = v.t("invest.finish.late", -f.Days)
		case f.Days == 0:
			out.Days = v.t("invest.finish.onday")
		default:
			out.Days = v.t("invest.finish.early", f.Days)
		}
		p.Finishes = append(p.Finishes, out)
	}
}

// exports are the board's tables as files.
func (v *visit) exports(b *ledger.Board) []exportLink {
	address := func(name, format string) string {
		q := url.Values{"period": {b.Period.String()}, "format": {format}, "lang": {v.lang}}
		return fmt.Sprintf("%s/investment/%d/tables/%s?%s", httpapi.Base, b.Year, name, q.Encode())
	}
	list := []exportLink{{Name: v.t("invest.table.all"), XLSX: address("all", "xlsx")}}
	for _, name := range ledger.Tables() {
		list = append(list, exportLink{v.name(ledger.TableName(name)), address(name, "xlsx"), address(name, "csv")})
	}
	return list
}

// made says of which data the page is, and when it was made.
func (v *visit) made(b *ledger.Board) string {
	if b.At.IsZero() {
		return v.t("invest.made.example")
	}
	return v.t("invest.made", b.Year, b.Entries, v.moment(b.At))
}

type wallPage struct {
	boardPage
	Still   bool // it does not refresh itself
	Switch  link
	Back    string
	Updated string
}

// wallSeconds is how often the wall display asks again (assumed: figures come in twice
// a month, lights turn once a day).
const wallSeconds = 60

// wall is the board for a large screen. It refreshes itself by a header, until somebody
// stops it.
func (v *visit) wall() error {
	b, err := v.ledgerBoard()
	if err != nil {
		return err
	}
	p := wallPage{boardPage: boardPage{frame: v.frame(v.t("invest.wall.title", b.Year)), Lead: v.t("invest.lead", v.date(b.Period.Last())), Mark: v.name(b.Mark)}}
	base := "/investment/" + v.r.PathValue("year")
	p.Back, p.Still = base, v.r.URL.Query().Get("still") == "1"
	p.Updated = v.t("invest.wall.updated", v.moment(v.now), wallSeconds)
	p.Switch = link{Text: v.t("invest.wall.stop"), URL: base + "/wall?still=1"}
	if p.Still {
		p.Updated, p.Switch = v.t("invest.wall.still", v.moment(v.now)), link{Text: v.t("invest.wall.go"), URL: base + "/wall"}
	} else {
		v.w.Header().Set("Refresh", strconv.Itoa(wallSeconds))
	}
	if len(b.Rows) == 0 {
		p.Empty = v.t("invest.empty.others")
		return v.render(http.StatusOK, "wall.html", p)
	}
	all := b.All()
	p.Numbers, p.Missing, p.Course = v.headline(b, all), v.missing(all), v.course(b)
	for k := range p.Numbers {
		p.Numbers[k].Note = ""
	}
	var lines []lineRow
	for _, l := range b.By(invest.ByDistrict) {
		lines = append(lines, v.line(b, invest.ByDistrict, l))
	}
	p.Bars, p.League = v.bars(b, lines), v.league(b)
	p.Groups = []lineTable{{ID: "by-district", Title: v.t("invest.by.district"), Name: v.t("invest.of.district"), Lines: lines}}
	p.Issues = v.r.PathValue("year") != example
	p.Held = v.projectRows(b, "held", b.Held(), "")
	p.Starts = invest.Starts(b.Rows, b.Period)
	p.StartsSay = v.t("invest.starts.say", p.Starts.Planned, p.Starts.Due, p.Starts.DueBegun, p.Starts.Begun, p.Starts.Undated)
	p.Made = v.made(b)
	return v.render(http.StatusOK, "wall.html", p)
}

type investmentRowsPage struct {
	frame
	Lead        string
	Mark        string
	Back        link
	Filters     []filterGroup
	Table       rowTable
	Count       string
	Next, First string
}

type filterGroup struct {
	Name  string
	Links []link
}

// investmentRows lists the projects one by one, of a group when the address names one.
func (v *visit) investmentRows() error {
	if v.r.PathValue("year") == example {
		return noPage
	}
	b, err := v.ledgerBoard()
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	p := investmentRowsPage{frame: v.frame(v.t("invest.rows.title", b.Year)), Lead: v.t("invest.lead", v.date(b.Period.Last())), Mark: v.name(b.Mark)}
	p.Back = link{Text: v.t("invest.back"), URL: "/investment/" + v.r.PathValue("year") + "?period=" + b.Period.String()}
	rows := b.Rows
	red := q.Get("red") == "1"
	if red {
		rows = b.Held()
	}
	kept := url.Values{}
	for _, d := range invest.Dimensions() {
		group := filterGroup{Name: v.t("invest.of." + string(d))}
		asked := q.Get(string(d))
		for _, l := range b.By(d) {
			group.Links = append(group.Links, link{Text: v.name(b.Name(d, l.Key)), URL: v.rowsURL(b, url.Values{string(d): {l.Key}}), Here: l.Key == asked})
		}
		p.Filters = append(p.Filters, group)
		if asked != "" {
			kept.Set(string(d), asked)
			rows = slices.DeleteFunc(slices.Clone(rows), func(r invest.Row) bool { return d.Of(r.Listing) != asked })
		}
	}
	p.Filters = append(p.Filters, filterGroup{Name: v.t("invest.show"), Links: []link{
		{Text: v.t("invest.show.all"), URL: v.rowsURL(b, url.Values{}), Here: !red && len(kept) == 0},
		{Text: v.t("invest.show.red"), URL: v.rowsURL(b, url.Values{"red": {"1"}}), Here: red},
	}})
	if red {
		kept.Set("red", "1")
	}
	p.Count = v.t("invest.rows.count", len(rows))
	from, _ := strconv.Atoi(q.Get("from")) // none is the first
	from = min(max(from, 0), len(rows))
	to := min(from+perPage, len(rows))
	if from > 0 {
		p.First = v.rowsURL(b, kept)
	}
	if to < len(rows) {
		next := url.Values{"from": {strconv.Itoa(to)}}
		for name, values := range kept {
			next[name] = values
		}
		p.Next = v.rowsURL(b, next)
	}
	p.Table = rowTable{ID: "rows", Caption: v.t("invest.rows")}
	for k := range rows[from:to] {
		p.Table.Rows = append(p.Table.Rows, v.projectRow(b, &rows[from+k]))
	}
	return v.render(http.StatusOK, "investment_rows.html", p)
}

type investmentProjectPage struct {
	frame
	Mark    string
	Back    link
	Sort    string
	Summary []link
	Numbers []number
	Dates   []number
	Plans   []versionRow
	Figures []figureRow
	Issues  []issueRow
	AllOf   string // where all its issues are
	Known   bool   // it is on the roster, so that it can have issues
	Forms   []deedView
	Made    string
}

// versionRow is a version of a plan with who entered it.
type versionRow struct {
	Amount, From, Ground, By, Reason string
	Counts                           bool
}

type figureRow struct {
	Period, Done, Started, Finished, Why, By string
	Counts                                   bool
}

func (v *visit) investmentProject() error { return v.showInvestmentProject(http.StatusOK, nil) }

func (v *visit) showInvestmentProject(status int, wrong problems) error {
	if v.r.PathValue("year") == example {
		return noPage
	}
	b, err := v.ledgerBoard()
	if err != nil {
		return err
	}
	row, project, ok := b.Project(roster.ProjectID(v.r.PathValue("id")))
	if !ok {
		return noPage
	}
	l := row.Listing
	base := "/investment/" + v.r.PathValue("year")
	p := investmentProjectPage{frame: v.frame(v.t("invest.project.title", v.name(l.Name()), b.Year)), Mark: v.name(b.Mark), Made: v.made(b)}
	p.Back = link{Text: v.t("invest.rows.back"), URL: v.rowsURL(b, url.Values{})}
	told := v.projectRow(b, &row)
	p.Sort = v.t("invest.project.lead", told.District, told.Sort, v.date(b.Period.Last()))
	or := func(text string) string {
		if text == "" {
			return v.t("none")
		}
		return text
	}
	p.Numbers = []number{
		{v.t("invest.plan"), or(told.Plan), ""},
		{v.t("invest.done"), or(told.Done), ""},
		{v.t("invest.completion"), or(told.Completion), ""},
		{v.t("invest.time"), v.t("invest.percent", b.Period.Elapsed().String()), ""},
		{v.t("invest.lead.name"), or(told.Lead), ""},
		{v.t("invest.reds"), strconv.Itoa(told.Red), ""},
		{v.t("invest.held"), or(told.Held), ""},
	}
	p.Dates = []number{
		{v.t("invest.start"), v.date(l.Start), v.t("invest.began", v.date(row.Started))},
		{v.t("invest.finish"), v.date(l.Finish), v.t("invest.finished", v.date(row.Finished))},
	}
	inForce, _ := project.PlanOn(b.Period.Last())
	for _, was := range project.Plans {
		p.Plans = append(p.Plans, versionRow{v.money(int64(was.Value.Amount)), v.date(was.Value.From), was.Value.Ground, v.entered(was.Stamp), was.Reason, was == inForce})
	}
	for half := b.Period.Half; half > 0; half-- {
		all := project.Reported(half)
		for k := len(all) - 1; k >= 0; k-- {
			r := all[k].Value
			p.Figures = append(p.Figures, figureRow{v.date(invest.Period{Year: b.Year, Half: half}.Last()), v.money(int64(r.Done)), v.date(r.Started), v.date(r.Finished), r.Reason, v.entered(all[k].Stamp), k == len(all)-1})
		}
	}
	if _, p.Known = v.Service.Rules().Roster.Project(l.Project); p.Known {
		list, more, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{Project: l.Project}, approval.Page{Limit: perPage})
		if err != nil {
			return err
		}
		for k := range list {
			p.Issues = append(p.Issues, v.row(&list[k]))
		}
		if more != "" {
			p.AllOf = "/issues?project=" + url.QueryEscape(string(l.Project))
		}
	}
	if v.viewer.Role == roster.Bureau {
		p.Forms = v.figureForms(b, base+"/projects/"+url.PathEscape(string(l.Project)), wrong)
		for k := range p.Forms {
			p.Summary = append(p.Summary, p.Forms[k].summary()...)
		}
	}
	return v.render(status, "investment_project.html", p)
}

// entered says who entered something, and when.
func (v *visit) entered(s invest.Stamp) string {
	return v.t("invest.entered", v.person(s.By), v.moment(s.At), s.Batch)
}

// figureForms report or correct a figure, and enter or adjust a plan.
func (v *visit) figureForms(b *ledger.Board, address string, wrong problems) []deedView {
	periods := v.periods(b)
	first, last := calendar.On(b.Year, 1, 1).String(), calendar.On(b.Year, 12, 31).String()
	list := []deedView{
		v.filled("enter_figure", 0, 0, v.labelled("enter_figure", []entry{
			{Name: "period", Kind: "select", Choices: periods},
			{Name: "done", Kind: "number", Min: "0"},
			{Name: "started", Kind: "date"},
			{Name: "finished", Kind: "date"},
			{Name: "reason", Kind: "area"},
		}), stamp{Key: rand.Text()}, address, wrong),
		v.filled("enter_plan", 0, 0, v.labelled("enter_plan", []entry{
			{Name: "amount", Kind: "number", Min: "1"},
			{Name: "from", Kind: "date", Min: first, Max: last},
			{Name: "ground", Kind: "text"},
			{Name: "reason", Kind: "area"},
		}), stamp{Key: rand.Text()}, address, wrong),
	}
	return list
}

// enterFigures takes the forms of a project's page.
func (v *visit) enterFigures() error {
	year, err := v.investmentYear()
	if err != nil {
		return err
	}
	id := roster.ProjectID(v.r.PathValue("id"))
	f := filing{Values: v.r.PostForm}
	act := f.text("act")
	var fact invest.Fact
	reason := ""
	switch act {
	case "enter_figure":
		p, _ := invest.ParsePeriod(f.text("period")) // none is refused at its field
		r := invest.Report{Project: id, Half: p.Half, Done: -1, Started: f.date("started"), Finished: f.date("finished"), Reason: f.text("reason")}
		if n, err := strconv.ParseInt(f.text("done"), 10, 64); err == nil {
			r.Done = invest.Money(n)
		}
		fact.Report = &r
	case "enter_plan":
		reason = f.text("reason")
		fact.Plan = &invest.Plan{Project: id, Amount: invest.Money(f.number("amount")), From: f.date("from"), Ground: f.text("ground")}
	default:
		return noPage
	}
	call := v.call()
	call.Expect = 0
	entry, _, err := v.Ledger.Enter(v.ctx(), year, []invest.Fact{fact}, reason, call)
	if err == nil {
		done := act
		if entry == nil {
			done = "figures_unchanged"
		}
		v.redirect(v.r.URL.Path + "?done=" + done)
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showInvestmentProject(statusOf(err), wrong)
}
