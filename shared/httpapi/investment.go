package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/ledger"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// Investment is how a year's investment stands at a period's end, as far as the
// caller may see it. Percentages and points have two places; a lead is the difference
// of the two as printed.
type Investment struct {
	Year         int              `json:"year"`
	Period       string           `json:"period" doc:"2022-07 is up to the end of July, 2022-07-15 up to its middle 期次."`
	UpTo         calendar.Date    `json:"upTo" format:"date" doc:"The period's last day."`
	TimeProgress string           `json:"timeProgress" doc:"Half-months elapsed of 24, in percent 时序进度." example:"54.17"`
	DataVersion  int64            `json:"dataVersion" doc:"How many entries the year's ledger had."`
	Mark         *Name            `json:"mark,omitempty" doc:"What of it is made up; show it with every figure."`
	All          InvestmentLine   `json:"all"`
	Course       []CoursePoint    `json:"course" doc:"At the ends of the periods for which anything was reported, up to this one 进度曲线."`
	Districts    []InvestmentLine `json:"districts"`
	Sectors      []InvestmentLine `json:"sectors"`
	Tiers        []InvestmentLine `json:"tiers"`
	Types        []InvestmentLine `json:"types"`
	League       League           `json:"league" doc:"Districts by their lead."`
	Starts       NewStarts        `json:"newStarts"`
	Finishes     Finishes         `json:"finishes"`
}

// InvestmentLine is projects taken together. The fraction is over those counted; what
// is missing is counted beside it and never read as zero.
type InvestmentLine struct {
	Group       *Ref   `json:"group,omitempty"`
	Projects    int    `json:"projects"`
	Counted     int    `json:"counted" doc:"With a plan in force and a figure: the denominator's projects."`
	Plan        int64  `json:"plan" doc:"Annual plan of the counted, in 万元."`
	Done        int64  `json:"done" doc:"Cumulative investment of the counted, in 万元."`
	Completion  string `json:"completion,omitempty" doc:"In percent, not capped 完成率; absent when nothing counts."`
	Lead        string `json:"lead,omitempty" doc:"Completion minus time progress, in percentage points 超时序."`
	OnSchedule  int    `json:"onSchedule" doc:"Of the counted, not behind time progress."`
	Carried     int    `json:"carried" doc:"Of the counted, with the figure of an earlier period."`
	Silent      int    `json:"silent" doc:"Without any figure of the year; left out."`
	SilentPlan  int64  `json:"silentPlan" doc:"The plan of those, in 万元."`
	Unplanned   int    `json:"unplanned" doc:"Without a plan in force; left out."`
	Red         int    `json:"red" doc:"With a red issue now."`
	Held        int64  `json:"held" doc:"Investment that these hold back: plan minus done, in 万元 受阻投资."`
	HeldUnknown int    `json:"heldUnknown" doc:"Of the red, without a plan or figure, so that it is not known how much they hold back."`
}

// CoursePoint is how all projects stood at an earlier period's end, under the plans then
// in force.
type CoursePoint struct {
	Period       string         `json:"period"`
	TimeProgress string         `json:"timeProgress"`
	All          InvestmentLine `json:"all"`
}

// League is a ranking with its denominators; groups of fewer than five counted
// projects are named and not ranked.
type League struct {
	Ranked []LeaguePlace `json:"ranked"`
	Hidden []Ref         `json:"hidden"`
}

// LeaguePlace is a place; equal leads share one.
type LeaguePlace struct {
	Rank int            `json:"rank"`
	Line InvestmentLine `json:"line"`
}

// NewStarts compares planned and actual new starts 新开工.
type NewStarts struct {
	Planned  int   `json:"planned"`
	Due      int   `json:"due" doc:"To begin by the period's end."`
	Undated  int   `json:"undated" doc:"Without a planned day."`
	Begun    int   `json:"begun"`
	DueBegun int   `json:"dueBegun" doc:"Of the due."`
	Overdue  []Ref `json:"overdue"`
}

// Finishes are early and late completions. They are no part of the time saved in
// approvals.
type Finishes struct {
	Projects []FinishedProject `json:"projects"`
	Undated  int               `json:"undated" doc:"Finished, without a planned day to compare with."`
}

// FinishedProject is finished, or should be.
type FinishedProject struct {
	Project  Ref           `json:"project"`
	Planned  calendar.Date `json:"planned" format:"date"`
	Finished calendar.Date `json:"finished,omitzero" format:"date"`
	Days     int           `json:"days" doc:"Calendar days: positive early 提前, negative late 延期."`
	Open     bool          `json:"open" doc:"Not finished yet though its day has passed."`
}

// InvestmentProject is how a project stands at a period's end.
type InvestmentProject struct {
	Project    Ref           `json:"project"`
	District   Ref           `json:"district"`
	Sector     Ref           `json:"sector"`
	Tier       Ref           `json:"tier"`
	Type       Ref           `json:"type"`
	Start      calendar.Date `json:"plannedStart,omitzero" format:"date"`
	Finish     calendar.Date `json:"plannedFinish,omitzero" format:"date"`
	Started    calendar.Date `json:"started,omitzero" format:"date"`
	Finished   calendar.Date `json:"finished,omitzero" format:"date"`
	Plan       *int64        `json:"plan,omitempty" doc:"In force at the period's end, in 万元; absent when there is none."`
	PlanFrom   calendar.Date `json:"planFrom,omitzero" format:"date"`
	Versions   int           `json:"planVersions"`
	Done       *int64        `json:"done,omitempty" doc:"Cumulative, in 万元; absent when nothing was reported."`
	DonePeriod string        `json:"donePeriod,omitempty" doc:"The figure's period; earlier than asked for when none was reported for that."`
	Completion string        `json:"completion,omitempty"`
	Lead       string        `json:"lead,omitempty"`
	Reds       int           `json:"redIssues"`
	Held       *int64        `json:"held,omitempty" doc:"Of a project with a red issue, when it is known."`
}

// InvestmentHistory is a project with all that was ever entered for it in the year.
type InvestmentHistory struct {
	InvestmentProject
	Plans   []PlanVersion `json:"plans" doc:"Oldest first."`
	Figures []Figure      `json:"figures" doc:"By period; of a corrected one, the old figures first."`
}

// Entered says in which entry something stands, by whom, when and why.
type Entered struct {
	Entry  int64     `json:"entry"`
	By     *Ref      `json:"by,omitempty"`
	Unit   *Ref      `json:"unit,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	Counts bool      `json:"counts" doc:"False: adjusted or corrected since, and kept."`
}

// PlanVersion is a version of an annual plan 计划版本.
type PlanVersion struct {
	Amount int64         `json:"amount" doc:"In 万元."`
	From   calendar.Date `json:"from" format:"date"`
	Ground string        `json:"ground,omitempty"`
	Entered
}

// Figure is a cumulative figure as reported.
type Figure struct {
	Period   string        `json:"period"`
	Done     int64         `json:"done" doc:"In 万元."`
	Started  calendar.Date `json:"started,omitzero" format:"date"`
	Finished calendar.Date `json:"finished,omitzero" format:"date"`
	Why      string        `json:"correction,omitempty" doc:"Why it corrects or reduces an earlier figure."`
	Entered
}

// ImportFigures is a file with projects, plans and figures.
type ImportFigures struct {
	File   []byte `json:"file" contentEncoding:"base64" doc:"XLSX, or CSV in UTF-8 or GB18030, in base64: the template filled in."`
	Name   string `json:"name,omitempty" doc:"The file's name, for the record."`
	Reason string `json:"reason,omitempty" doc:"Needed when the file changes what was entered before."`
}

// ImportedFigures is what became of a file.
type ImportedFigures struct {
	Outcome   string       `json:"outcome" enum:"faults,checked,unchanged,entered" doc:"faults: something is wrong, nothing was entered. checked: it could be entered; this was a dry run. unchanged: the ledger has all of it already. entered: it counts."`
	Advice    Name         `json:"advice"`
	Faults    []FileFault  `json:"faults"`
	More      int          `json:"moreFaults" doc:"Faults beyond those listed."`
	Rows      int          `json:"rows" doc:"Rows read."`
	Changes   FigureCounts `json:"changes" doc:"Rows that say something new."`
	Unchanged int          `json:"unchanged" doc:"Rows that the ledger has already."`
	Entry     *LedgerEntry `json:"entry,omitempty" doc:"Where the file stands in the ledger."`
}

// FileFault is one thing wrong with a file.
type FileFault struct {
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row,omitempty" doc:"As a spreadsheet counts."`
	Column string `json:"column,omitempty"`
	Detail Name   `json:"detail"`
}

// FigureCounts counts rows by kind.
type FigureCounts struct {
	Projects int `json:"projects"`
	Plans    int `json:"plans"`
	Figures  int `json:"figures"`
}

// LedgerEntry is what was entered at once 填报记录.
type LedgerEntry struct {
	N       int64        `json:"n"`
	File    string       `json:"file,omitempty"`
	Digest  string       `json:"sha256,omitempty" doc:"Of the file."`
	Reason  string       `json:"reason,omitempty"`
	Changes FigureCounts `json:"changes"`
	By      Actor        `json:"by"`
	At      time.Time    `json:"at"`
}

// EnterPlan enters a plan, or adjusts one.
type EnterPlan struct {
	Project string        `json:"project"`
	Amount  int64         `json:"amount" doc:"In 万元."`
	From    calendar.Date `json:"from" format:"date" doc:"Since when it is in force; the versions before are kept."`
	Ground  string        `json:"ground,omitempty" doc:"The document of an adjustment."`
	Reason  string        `json:"reason,omitempty" doc:"Needed when a version entered before is corrected."`
}

// EnterFigure reports a cumulative figure, or corrects one.
type EnterFigure struct {
	Project  string        `json:"project"`
	Period   string        `json:"period" doc:"2022-07, or 2022-07-15."`
	Done     int64         `json:"done" doc:"Cumulative since 1 January, in 万元."`
	Started  calendar.Date `json:"started,omitzero" format:"date"`
	Finished calendar.Date `json:"finished,omitzero" format:"date"`
	Reason   string        `json:"reason,omitempty" doc:"Needed when a figure is corrected or reduced; the old one is kept."`
}

// FigureEntered is what became of it.
type FigureEntered struct {
	Changed bool         `json:"changed" doc:"False: the ledger has it already."`
	Entry   *LedgerEntry `json:"entry,omitempty"`
}

type (
	// OfYear names a year and a period of it.
	OfYear struct {
		Year   int    `path:"year" minimum:"2000" maximum:"2100"`
		Period string `query:"period" doc:"2022-07, or 2022-07-15; the last one that has ended when absent."`
	}
	investmentRowsIn struct {
		PageIn
		OfYear
		District string `query:"district"`
		Sector   string `query:"sector"`
		Tier     string `query:"tier"`
		Type     string `query:"type"`
		Red      bool   `query:"red" doc:"Only projects with a red issue, those that hold most back first."`
	}
	investmentRowIn struct {
		OfYear
		ID string `path:"id"`
	}
	investmentTableIn struct {
		OfYear
		Table  string `path:"table" enum:"all,summary,district,sector,tier,type,league,projects,held,starts,finishes,plans,figures" doc:"all: a workbook with every table; XLSX only."`
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		Lang   string `query:"lang" enum:"zh,en" default:"zh"`
	}
	templateIn struct {
		Year int    `path:"year" minimum:"2000" maximum:"2100"`
		Lang string `query:"lang" enum:"zh,en" default:"zh"`
	}
	entriesIn struct {
		PageIn
		Year int `path:"year" minimum:"2000" maximum:"2100"`
	}
	importFiguresIn struct {
		Key
		Year int  `path:"year" minimum:"2000" maximum:"2100"`
		Dry  bool `query:"dry" doc:"Only say what is wrong with the file, and what it would change."`
		Body ImportFigures
	}
	figureOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     FigureEntered
	}
	importFiguresOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the file had been entered before, so that nothing was done again."`
		Body     ImportedFigures
	}
	enterPlanIn struct {
		Key
		Year int `path:"year" minimum:"2000" maximum:"2100"`
		Body EnterPlan
	}
	enterFigureIn struct {
		Key
		Year int `path:"year" minimum:"2000" maximum:"2100"`
		Body EnterFigure
	}
)

func (a *API) investment() {
	get := func(path, id, summary string) huma.Operation {
		return operation("GET", "/investment/"+path, id, summary, "investment", 200, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable)
	}
	file := func(op huma.Operation) huma.Operation {
		op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: binary}, "text/csv": {Schema: binary},
		}}}
		return op
	}
	enter := func(path, id, summary string) huma.Operation {
		return change("/investment/{year}/"+path, id, summary, "investment", 200, http.StatusNotFound, http.StatusServiceUnavailable)
	}
	huma.Register(a.huma, get("example", "getInvestmentExample", "The published totals of July 2022 with a split that is made up 公开数据算例"), a.investmentExample)
	huma.Register(a.huma, get("{year}", "getInvestment", "How a year's investment stands 投资进度"), a.getInvestment)
	huma.Register(a.huma, get("{year}/projects", "listInvestmentProjects", "Its projects one by one 项目投资进度"), a.listInvestmentProjects)
	huma.Register(a.huma, get("{year}/projects/{id}", "getInvestmentProject", "A project's plan versions and figures, corrected ones included 项目计划和填报记录"), a.getInvestmentProject)
	huma.Register(a.huma, get("{year}/entries", "listLedgerEntries", "What was entered, the latest first 填报记录"), a.listLedgerEntries)
	huma.Register(a.huma, file(get("{year}/template", "getInvestmentTemplate", "The workbook to fill in 下载模板")), a.getInvestmentTemplate)
	huma.Register(a.huma, file(get("{year}/tables/{table}", "getInvestmentTable", "A table as a file 导出表格")), a.getInvestmentTable)
	huma.Register(a.huma, enter("imports", "importFigures", "Enter a file of projects, plans and figures, all or nothing 导入计划和进度"), a.importFigures)
	huma.Register(a.huma, enter("plans", "enterPlan", "Enter or adjust an annual plan 填报或调整年度计划"), a.enterPlan)
	huma.Register(a.huma, enter("figures", "enterFigure", "Report or correct a cumulative figure 填报或更正进度"), a.enterFigure)
}

// kept is the ledger, or why there is none.
func (s *server) kept() (*ledger.Ledger, error) {
	if s.ledger == nil {
		return nil, &fault{kind: kindUnavailable, text: text("本服务没有设置投资台账，请联系管理员。", "This service keeps no investment ledger; please ask the administrator.")}
	}
	return s.ledger, nil
}

func (s *server) board(ctx context.Context, in OfYear) (*ledger.Board, error) {
	l, err := s.kept()
	if err != nil {
		return nil, err
	}
	var p invest.Period
	if in.Period != "" {
		var ok bool
		if p, ok = invest.ParsePeriod(in.Period); !ok {
			return nil, &fault{kind: kindInvalid, field: "period", text: text("期次应写作 2022-07（截至月底）或 2022-07-15（截至月中）。", "Write the period as 2022-07, to the month's end, or 2022-07-15, to its middle.")}
		}
	}
	return l.Board(ctx, in.Year, p, callOf(ctx).actor)
}

func (s *server) getInvestment(ctx context.Context, in *OfYear) (*one[Investment], error) {
	b, err := s.board(ctx, *in)
	if err != nil {
		return nil, err
	}
	return &one[Investment]{viewInvestment(b)}, nil
}

func (s *server) investmentExample(context.Context, *struct{}) (*one[Investment], error) {
	return &one[Investment]{viewInvestment(ledger.Example())}, nil
}

func viewInvestment(b *ledger.Board) Investment {
	by := func(d invest.Dimension) []InvestmentLine {
		return list(b.By(d), func(l invest.Line) InvestmentLine { return viewLine(b, d, l) })
	}
	out := Investment{
		Year: b.Year, Period: b.Period.String(), UpTo: b.Period.Last(), TimeProgress: b.Period.Elapsed().String(), DataVersion: b.Entries,
		All: viewLine(b, "", b.All()), Districts: by(invest.ByDistrict), Sectors: by(invest.BySector), Tiers: by(invest.ByTier), Types: by(invest.ByType),
	}
	out.Course = list(b.Course(), func(s invest.Stage) CoursePoint {
		return CoursePoint{s.Period.String(), s.Period.Elapsed().String(), viewLine(b, "", s.Line)}
	})
	if b.Mark != (roster.Name{}) {
		out.Mark = (*Name)(&b.Mark)
	}
	ranked, hidden := invest.League(b.By(invest.ByDistrict))
	out.League.Ranked = list(ranked, func(p invest.Place) LeaguePlace { return LeaguePlace{p.Rank, viewLine(b, invest.ByDistrict, p.Line)} })
	out.League.Hidden = list(hidden, func(key string) Ref { return Ref{key, Name(b.Name(invest.ByDistrict, key))} })
	n := invest.Starts(b.Rows, b.Period)
	out.Starts = NewStarts{n.Planned, n.Due, n.Undated, n.Begun, n.DueBegun, list(n.Overdue, func(r invest.Row) Ref { return refOf(r.Listing) })}
	finishes, undated := invest.Finishes(b.Rows, b.Period)
	out.Finishes = Finishes{list(finishes, func(f invest.Finish) FinishedProject {
		return FinishedProject{refOf(f.Listing), f.Listing.Finish, f.Finished, f.Days, f.Open}
	}), undated}
	return out
}

func refOf(l invest.Listing) Ref { return Ref{string(l.Project), Name(l.Name())} }

func viewLine(b *ledger.Board, d invest.Dimension, l invest.Line) InvestmentLine {
	out := InvestmentLine{
		Projects: l.Projects, Counted: l.Counted, Plan: int64(l.Plan), Done: int64(l.Done), OnSchedule: l.OnSchedule, Carried: l.Carried,
		Silent: l.Silent, SilentPlan: int64(l.SilentPlan), Unplanned: l.Unplanned, Red: l.Red, Held: int64(l.Held), HeldUnknown: l.HeldUnknown,
	}
	if d != "" {
		out.Group = &Ref{l.Key, Name(b.Name(d, l.Key))}
	}
	if l.HasCompletion {
		out.Completion, out.Lead = l.Completion.String(), l.Lead.String()
	}
	return out
}

func viewRow(b *ledger.Board, r invest.Row) InvestmentProject {
	l := r.Listing
	named := func(d invest.Dimension, key string) Ref { return Ref{key, Name(b.Name(d, key))} }
	out := InvestmentProject{
		Project: refOf(l), District: named(invest.ByDistrict, string(l.District)), Sector: named(invest.BySector, string(l.Sector)),
		Tier: named(invest.ByTier, string(l.Tier)), Type: named(invest.ByType, string(l.Type)),
		Start: l.Start, Finish: l.Finish, Started: r.Started, Finished: r.Finished, Versions: r.Versions, Reds: b.Reds[l.Project],
	}
	if r.Planned {
		plan := int64(r.Plan)
		out.Plan, out.PlanFrom = &plan, r.From
	}
	if r.Reported {
		done := int64(r.Done)
		out.Done, out.DonePeriod = &done, invest.Period{Year: b.Year, Half: r.Half}.String()
	}
	if r.Counts() {
		out.Completion, out.Lead = r.Completion.String(), r.Lead.String()
	}
	if held, known := r.Held(); r.Red && known {
		amount := int64(held)
		out.Held = &amount
	}
	return out
}

func (s *server) listInvestmentProjects(ctx context.Context, in *investmentRowsIn) (*PageOut[InvestmentProject], error) {
	b, err := s.board(ctx, in.OfYear)
	if err != nil {
		return nil, err
	}
	rows := b.Rows
	if in.Red {
		rows = b.Held()
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r invest.Row) bool {
		l := r.Listing
		return in.District != "" && in.District != string(l.District) || in.Sector != "" && in.Sector != string(l.Sector) ||
			in.Tier != "" && in.Tier != string(l.Tier) || in.Type != "" && in.Type != string(l.Type)
	})
	query := fmt.Sprintf("investment?%d %s %q %q %q %q %t", in.Year, b.Period, in.District, in.Sector, in.Tier, in.Type, in.Red)
	return slice(s, callOf(ctx), query, in.PageIn, rows, func(r invest.Row) InvestmentProject { return viewRow(b, r) })
}

func (s *server) getInvestmentProject(ctx context.Context, in *investmentRowIn) (*one[InvestmentHistory], error) {
	b, err := s.board(ctx, in.OfYear)
	if err != nil {
		return nil, err
	}
	row, project, ok := b.Project(roster.ProjectID(in.ID))
	if err := need(ok, "id", "该年度清单上没有这个项目，或不在您的查看范围内。", "The year's list has no such project, or none that you may see."); err != nil {
		return nil, err
	}
	v := s.view(callOf(ctx))
	stamped := func(e invest.Stamp, counts bool) Entered {
		return Entered{e.Batch, v.person(e.By), v.unit(e.Unit), e.At, e.Reason, counts}
	}
	out := InvestmentHistory{InvestmentProject: viewRow(b, row), Plans: []PlanVersion{}, Figures: []Figure{}}
	inForce, _ := project.PlanOn(b.Period.Last())
	for _, p := range project.Plans {
		out.Plans = append(out.Plans, PlanVersion{int64(p.Value.Amount), p.Value.From, p.Value.Ground, stamped(p.Stamp, p == inForce)})
	}
	for half := 1; half <= b.Period.Half; half++ {
		all := project.Reported(half)
		for k, r := range all {
			out.Figures = append(out.Figures, Figure{invest.Period{Year: b.Year, Half: half}.String(), int64(r.Value.Done), r.Value.Started, r.Value.Finished, r.Value.Reason, stamped(r.Stamp, k == len(all)-1)})
		}
	}
	return &one[InvestmentHistory]{out}, nil
}

func (v view) ledgerEntry(e *ledger.Entry) *LedgerEntry {
	if e == nil {
		return nil
	}
	return &LedgerEntry{N: e.N, File: e.File, Digest: e.Digest, Reason: e.Reason, Changes: figureCounts(e.Counts), By: v.by(e.By), At: e.At}
}

func figureCounts(c ledger.Counts) FigureCounts {
	return FigureCounts{c.Listings, c.Plans, c.Reports}
}

// listLedgerEntries shows to those who read a whole area what was entered for it;
// entries name no single project.
func (s *server) listLedgerEntries(ctx context.Context, in *entriesIn) (*PageOut[LedgerEntry], error) {
	c := callOf(ctx)
	l, err := s.kept()
	if err != nil {
		return nil, err
	}
	if c.actor.Role != roster.Bureau && c.actor.Role != roster.Overseer {
		return nil, approval.Refuse(approval.Forbidden, "", "填报记录由重点项目局和监督员查看。", "Entries are read by the bureau and overseers.")
	}
	_, entries, err := l.Year(ctx, in.Year)
	if err != nil {
		return nil, err
	}
	slices.Reverse(entries)
	v := s.view(c)
	return slice(s, c, fmt.Sprintf("ledger entries?%d", in.Year), in.PageIn, entries, func(e ledger.Entry) LedgerEntry { return *v.ledgerEntry(&e) })
}

// xlsx is a workbook's media type.
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// handedOut answers a file.
func handedOut(name, kind string, content []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Disposition", Disposition(name))
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		_, _ = w.Write(content) // nobody is left to tell when the caller has gone
	}}
}

func (s *server) getInvestmentTemplate(ctx context.Context, in *templateIn) (*huma.StreamResponse, error) {
	l, err := s.kept()
	if err != nil {
		return nil, err
	}
	if callOf(ctx).actor.Role != roster.Bureau {
		return nil, approval.Refuse(approval.Forbidden, "", "模板由重点项目局下载填报。", "The template is for the bureau, which fills it in.")
	}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, l.Template(in.Year, in.Lang)...); err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return handedOut(fmt.Sprintf("%d年度投资计划和进度填报模板.xlsx", in.Year), xlsx, file.Bytes()), nil
}

func (s *server) getInvestmentTable(ctx context.Context, in *investmentTableIn) (*huma.StreamResponse, error) {
	b, err := s.board(ctx, in.OfYear)
	if err != nil {
		return nil, err
	}
	name, kind, content, err := b.Export(in.Table, in.Format, in.Lang)
	if err != nil {
		return nil, err
	}
	return handedOut(name, kind, content), nil
}

// figureAdvice is what to do next, by outcome.
var figureAdvice = map[string]Name{
	"faults":    {"请按所列表、行、列改正后重新导入；本次没有导入任何一行。", "Correct the sheets, rows and columns listed and import the file again; nothing of it was entered."},
	"checked":   {"检查通过，可以正式导入；试运行没有导入任何一行。", "It can be entered; this was a dry run, and nothing was entered."},
	"unchanged": {"文件内容台账中均已有，没有改动。", "The ledger has all of it already; nothing was changed."},
	"entered":   {"全部导入，已计入投资进度。", "All of it is entered and counts."},
}

func (s *server) importFigures(ctx context.Context, in *importFiguresIn) (*importFiguresOut, error) {
	l, err := s.kept()
	if err != nil {
		return nil, err
	}
	call, err := callOf(ctx).as("")
	if err != nil {
		return nil, err
	}
	got, err := l.Import(ctx, in.Year, ledger.File{Name: in.Body.Name, Data: in.Body.File, Reason: in.Body.Reason, Dry: in.Dry}, call)
	if err != nil {
		return nil, err
	}
	out := &importFiguresOut{Body: ImportedFigures{
		Outcome: got.State(), More: got.More, Rows: got.Rows, Changes: figureCounts(got.Changes), Unchanged: got.Unchanged, Entry: s.view(callOf(ctx)).ledgerEntry(got.Entry),
		Faults: list(got.Faults, func(f sheet.Fault) FileFault { return FileFault{f.Sheet, f.Row, f.Column, Name(f.Words)} }),
	}}
	out.Body.Advice = figureAdvice[out.Body.Outcome]
	if got.Repeated {
		out.Replayed = "true"
	}
	return out, nil
}

func (s *server) enterPlan(ctx context.Context, in *enterPlanIn) (*figureOut, error) {
	b := in.Body
	return s.enterFact(ctx, in.Year, invest.Fact{Plan: &invest.Plan{Project: roster.ProjectID(b.Project), Amount: invest.Money(b.Amount), From: b.From, Ground: strings.TrimSpace(b.Ground)}}, b.Reason)
}

func (s *server) enterFigure(ctx context.Context, in *enterFigureIn) (*figureOut, error) {
	b := in.Body
	p, ok := invest.ParsePeriod(b.Period)
	if !ok || p.Year != in.Year {
		return nil, &fault{kind: kindInvalid, field: "period", text: text("期次应为本年度的某月（如 2022-07）或某月中旬（如 2022-07-15）。", "The period is a month of the year, like 2022-07, or its middle, like 2022-07-15.")}
	}
	return s.enterFact(ctx, in.Year, invest.Fact{Report: &invest.Report{
		Project: roster.ProjectID(b.Project), Half: p.Half, Done: invest.Money(b.Done), Started: b.Started, Finished: b.Finished, Reason: strings.TrimSpace(b.Reason),
	}}, "")
}

func (s *server) enterFact(ctx context.Context, year int, f invest.Fact, reason string) (*figureOut, error) {
	l, err := s.kept()
	if err != nil {
		return nil, err
	}
	call, err := callOf(ctx).as("")
	if err != nil {
		return nil, err
	}
	entry, again, err := l.Enter(ctx, year, []invest.Fact{f}, reason, call)
	if err != nil {
		return nil, err
	}
	out := &figureOut{Body: FigureEntered{entry != nil, s.view(callOf(ctx)).ledgerEntry(entry)}}
	if again {
		out.Replayed = "true"
	}
	return out, nil
}
