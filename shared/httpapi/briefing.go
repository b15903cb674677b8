package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Briefing is a version of what an office reads at its meetings or sends out 材料: an
// agenda, a list, a bulletin or a half-year report.
type Briefing struct {
	BriefingHead
	Version  BriefingVersion      `json:"version"`
	Title    Name                 `json:"title"`
	AsOf     calendar.Date        `json:"asOf" format:"date" doc:"The day on which the facts were read."`
	Sections []BriefingSection    `json:"sections"`
	Changed  []BriefingDifference `json:"changed" doc:"From the version before; for those who work on it."`
}

// BriefingHead says what a briefing is about, and which versions there are.
type BriefingHead struct {
	ID       string            `json:"id" example:"agenda.general-branch.2026-W10"`
	Kind     string            `json:"kind" enum:"agenda,list,bulletin,pack"`
	Name     Name              `json:"name"`
	About    Ref               `json:"about" doc:"The unit or district."`
	District Ref               `json:"district"`
	Period   string            `json:"period" example:"2026-W10"`
	From     calendar.Date     `json:"from" format:"date"`
	Versions []BriefingVersion `json:"versions" doc:"The oldest first; for those who do not work on it, those that were signed off."`
}

// BriefingVersion says how a version came about.
type BriefingVersion struct {
	N              int       `json:"n"`
	By             Actor     `json:"by" doc:"Who drew it up 编制人."`
	At             time.Time `json:"at" doc:"When the facts were read."`
	Query          string    `json:"query" doc:"What was asked for 查询条件."`
	Issues         int       `json:"issues" doc:"How many issues were read 数据版本."`
	DataVersion    int64     `json:"dataVersion" doc:"The sum of their versions, which rises with every commit to one of them."`
	Figures        string    `json:"figures,omitempty" doc:"Digest of the figures read."`
	Entries        int64     `json:"entries,omitempty" doc:"Entries of the year's investment ledger so far."`
	Rules          int       `json:"rules" doc:"Version of the rules by which it was drawn up."`
	Register       int64     `json:"register" doc:"Change sets of the register in force."`
	Catalogue      string    `json:"catalogue" doc:"Digest of the catalogue in force."`
	SHA256         string    `json:"sha256" doc:"Of the content: the same facts on the same day give the same."`
	Remark         string    `json:"remark,omitempty" doc:"What who drew it up added in the own name."`
	Signed         bool      `json:"signed"`
	SignedBy       *Actor    `json:"signedBy,omitempty" doc:"签发人"`
	SignedAt       time.Time `json:"signedAt,omitzero"`
	SignatureNotes string    `json:"signatureNote,omitempty"`
}

// BriefingSection is a part under a heading.
type BriefingSection struct {
	Title   Name             `json:"title"`
	Says    []Name           `json:"says"`
	Figures []BriefingFigure `json:"figures"`
	Columns []Name           `json:"columns"`
	Rows    []BriefingRow    `json:"rows"`
}

// BriefingFigure is a number: the sum of its facts' n.
type BriefingFigure struct {
	Key   string         `json:"key"`
	Name  Name           `json:"name"`
	N     int            `json:"n"`
	Of    string         `json:"of,omitempty" doc:"The key of the figure that it is a part of."`
	Share string         `json:"share,omitempty" doc:"Of that, in percent." example:"75.0%"`
	Facts []BriefingFact `json:"facts"`
}

// BriefingFact is what a figure counts: an issue or a sign-off.
type BriefingFact struct {
	Issue   string `json:"issue,omitempty"`
	SignOff int    `json:"signOff,omitempty"`
	N       int    `json:"n"`
}

// BriefingRow is a row of a section's table.
type BriefingRow struct {
	Issue   string `json:"issue,omitempty"`
	SignOff int    `json:"signOff,omitempty"`
	Cells   []Name `json:"cells"`
}

// BriefingDifference is what a version says otherwise than the one before.
type BriefingDifference struct {
	Section Name `json:"section"`
	What    Name `json:"what"`
	Before  Name `json:"before"`
	After   Name `json:"after"`
}

// DrawUpBriefing asks for a briefing.
type DrawUpBriefing struct {
	Kind   string `json:"kind" enum:"agenda,list,bulletin,pack" doc:"agenda 周例会议程: of a general branch or headquarters, by week. list 支部月度联席清单: of a branch, by month. bulletin 督查通报: of a district or city, by quarter. pack 述职材料: of a branch, by half-year."`
	About  string `json:"about" doc:"The unit; of a bulletin the district or city."`
	Period string `json:"period" doc:"2026-W10, 2026-03, 2026-Q1 or 2026-H1."`
	Remark string `json:"remark,omitempty" doc:"What who draws it up adds in the own name, at most 2000 characters."`
}

// SignBriefing signs the last version off.
type SignBriefing struct {
	Version int    `json:"version" doc:"The last one, as it was read."`
	Note    string `json:"note,omitempty" doc:"At most 2000 characters."`
}

type (
	briefingsIn struct {
		PageIn
		About    string `query:"about" doc:"A unit. Without it and without a district: the caller's own area, or one within it that has something."`
		District string `query:"district" doc:"An area. What concerns several districts is listed in the smallest area that has them all, a bulletin in its own."`
	}
	briefingIn struct {
		ID      string `path:"id"`
		Version int    `query:"version" minimum:"0" doc:"0: the last one that the caller may see."`
	}
	briefingFileIn struct {
		ID      string `path:"id"`
		Version int    `query:"version" minimum:"0" doc:"0: the last one that the caller may see."`
		Lang    string `query:"lang" enum:"zh,en" default:"zh"`
	}
	drawUpIn struct {
		Key
		Body DrawUpBriefing
	}
	signBriefingIn struct {
		Key
		ID   string `path:"id"`
		Body SignBriefing
	}
	briefingHeadOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     BriefingHead
	}
)

func (a *API) briefing() {
	get := func(path, id, summary string) huma.Operation {
		return operation("GET", "/briefings"+path, id, summary, "briefings", 200, http.StatusNotFound, http.StatusServiceUnavailable)
	}
	file := get("/{id}/workbook", "getBriefingWorkbook", "A version as a workbook 导出")
	file.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}}}}
	huma.Register(a.huma, get("", "listBriefings", "Agendas, lists, bulletins and half-year reports of a unit or district, the latest first 材料列表"), a.listBriefings)
	huma.Register(a.huma, get("/{id}", "getBriefing", "A version of a briefing 查看材料"), a.getBriefing)
	huma.Register(a.huma, file, a.getBriefingWorkbook)
	huma.Register(a.huma, change("/briefings", "drawUpBriefing", "Draw a briefing up: a new version, a draft 编制", "briefings", 201, http.StatusServiceUnavailable), a.drawUpBriefing)
	huma.Register(a.huma, change("/briefings/{id}/signature", "signBriefing", "Sign the last version off, so that everybody signed in sees it 签发", "briefings", 200, http.StatusNotFound, http.StatusServiceUnavailable), a.signBriefing)
}

// drawn is the keeper of briefings, or why there is none.
func (s *server) drawn() (*briefing.Keeper, error) {
	if s.briefings == nil {
		return nil, &fault{kind: kindUnavailable, text: text("本服务没有设置议程和清单，请联系管理员。", "This service keeps no briefings; please ask the administrator.")}
	}
	return s.briefings, nil
}

func (v view) briefingHead(id string, b *briefing.Briefing) BriefingHead {
	h := BriefingHead{ID: id, Kind: string(b.Kind), Name: Name(b.Kind.Name()), District: v.district(b.District), Period: b.Period, From: b.From, Versions: []BriefingVersion{}}
	if h.About = v.district(roster.DistrictCode(b.About)); b.About != string(b.District) {
		h.About = *v.unit(b.About)
	}
	for k := range b.Versions {
		h.Versions = append(h.Versions, v.briefingVersion(&b.Versions[k]))
	}
	return h
}

func (v view) briefingVersion(n *briefing.Version) BriefingVersion {
	out := BriefingVersion{
		N: n.N, By: v.by(n.By), At: n.At, Query: n.Query, Issues: n.Read.Issues, DataVersion: n.Read.Versions, Figures: n.Read.Figures, Entries: n.Read.Entries,
		Rules: n.Rules, Register: n.Register, Catalogue: n.Catalogue, SHA256: n.Digest, Remark: n.Remark,
	}
	if w := n.Signed; w != nil {
		by := v.by(w.By)
		out.Signed, out.SignedBy, out.SignedAt, out.SignatureNotes = true, &by, w.At, w.Reason
	}
	return out
}

func (v view) briefing(got *briefing.View) Briefing {
	d := &got.Document
	out := Briefing{
		BriefingHead: v.briefingHead(got.ID, &got.Briefing), Version: v.briefingVersion(&got.Version), Title: Name(d.Title), AsOf: d.AsOf,
		Changed: list(got.Changed, func(x briefing.Difference) BriefingDifference {
			return BriefingDifference{Name(x.Section), Name(x.What), Name(x.Before), Name(x.After)}
		}),
	}
	named := func(t approval.Text) Name { return Name(t) }
	for k := range d.Sections {
		s := &d.Sections[k]
		section := BriefingSection{Title: Name(s.Title), Says: list(s.Says, named), Columns: []Name{}, Rows: []BriefingRow{}}
		section.Figures = list(s.Figures, func(f briefing.Figure) BriefingFigure {
			return BriefingFigure{f.Key, Name(f.Name), f.N, f.Of, d.Share(&f), list(f.Points, func(p briefing.Point) BriefingFact {
				return BriefingFact{string(p.Issue), p.SignOff, p.N}
			})}
		})
		if s.Table != nil {
			section.Columns = list(s.Table.Columns, named)
			section.Rows = list(s.Table.Rows, func(r briefing.Row) BriefingRow {
				return BriefingRow{string(r.Issue), r.SignOff, list(r.Cells, func(c briefing.Cell) Name { return Name(c.Text()) })}
			})
		}
		out.Sections = append(out.Sections, section)
	}
	return out
}

func (s *server) listBriefings(ctx context.Context, in *briefingsIn) (*PageOut[BriefingHead], error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	q := briefing.Query{About: in.About, District: roster.DistrictCode(in.District)}
	switch {
	case q.About != "" && q.District != "":
		return nil, &fault{kind: kindInvalid, field: "district", text: text("单位和区域请只选一项。", "Ask for a unit or for a district, not for both.")}
	case q == briefing.Query{}:
		if q, err = k.Default(ctx, c.actor); err != nil {
			return nil, err
		}
	}
	v := s.view(c)
	return stored(s, c, fmt.Sprintf("briefings?%q %q", q.About, q.District), in.PageIn, func(page approval.Page) ([]briefing.Got, approval.Cursor, error) {
		return k.List(ctx, q, c.actor, page)
	}, func(g briefing.Got) BriefingHead { return v.briefingHead(g.ID, &g.State) })
}

func (s *server) getBriefing(ctx context.Context, in *briefingIn) (*one[Briefing], error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	got, err := k.Read(ctx, in.ID, in.Version, c.actor)
	if err != nil {
		return nil, err
	}
	return &one[Briefing]{s.view(c).briefing(&got)}, nil
}

func (s *server) getBriefingWorkbook(ctx context.Context, in *briefingFileIn) (*huma.StreamResponse, error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	got, err := k.Read(ctx, in.ID, in.Version, callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	content, err := got.Workbook(in.Lang)
	if err != nil {
		return nil, err
	}
	return handedOut(got.FileName(in.Lang), xlsx, content), nil
}

func (s *server) drawUpBriefing(ctx context.Context, in *drawUpIn) (*briefingHeadOut, error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	call, err := c.as("")
	if err != nil {
		return nil, err
	}
	b := in.Body
	got, again, err := k.DrawUp(ctx, briefing.Order{Kind: briefing.Kind(b.Kind), About: b.About, Period: b.Period, Remark: b.Remark}, call)
	if err != nil {
		return nil, err
	}
	return s.briefingOut(c, got, again), nil
}

func (s *server) signBriefing(ctx context.Context, in *signBriefingIn) (*briefingHeadOut, error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	call, err := c.as("")
	if err != nil {
		return nil, err
	}
	got, err := k.Sign(ctx, in.ID, briefing.Signing{Version: in.Body.Version, Note: in.Body.Note}, call)
	if err != nil {
		return nil, err
	}
	return s.briefingOut(c, got, got.Repeated), nil
}

func (s *server) briefingOut(c *call, got briefing.Got, again bool) *briefingHeadOut {
	out := &briefingHeadOut{Body: s.view(c).briefingHead(got.ID, &got.State)}
	if again {
		out.Replayed = "true"
	}
	return out
}
