package local_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/local"
	"lianban/shared/measure"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

// BenchmarkDashboard asks for the bureau's pages of time, and for its board, of a year with so
// many ended sign-offs behind it: what a city of 437 projects asks for, as often as needed. The
// first time stands apart, and so does the bare read of the same records.
func BenchmarkDashboard(b *testing.B) {
	for _, ended := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(ended), func(b *testing.B) {
			made := cityOf(b, 1)
			begun := time.Now()
			now := func() time.Time { return time.Date(2025, 12, 31, 1, 0, 0, 0, time.UTC).Add(time.Since(begun)) }
			app, err := local.Open(b.Context(), local.Config{Data: filepath.Join(b.TempDir(), "l.db"), Now: now, Roster: made.Roster, Catalog: made.Catalog})
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				if err := app.Close(); err != nil {
					b.Error(err)
				}
			}()
			records, bytes := fold(b, app, ended)
			served, err := app.Handler()
			if err != nil {
				b.Fatal(err)
			}
			token := bureauToken(b, served, made.Roster)
			for _, path := range []string{"/figures", "/bottlenecks", "/investment/2025"} {
				b.Run("page"+path, func(b *testing.B) {
					ask := func() {
						r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
						r.AddCookie(&http.Cookie{Name: "lianban_session", Value: token})
						w := httptest.NewRecorder()
						if served.ServeHTTP(w, r); w.Code != http.StatusOK {
							b.Fatalf("%d %s", w.Code, w.Body)
						}
					}
					begun := time.Now()
					ask()
					first := time.Since(begun)
					for b.Loop() {
						ask()
					}
					b.ReportMetric(float64(first.Microseconds())/1000, "ms/first")
					b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/page")
				})
			}
			b.Run("bare read", func(b *testing.B) {
				for b.Loop() {
					n := 0
					for _, d := range made.Roster.Districts() {
						for _, m := range append(measure.Months(made.From, made.Until-1), measure.OpenMonth) {
							if err := measure.EachFigure(b.Context(), app.Figures.Store, m, d.Code, "", func(*measure.Record) error { n++; return nil }); err != nil {
								b.Fatal(err)
							}
						}
					}
					if n != records {
						b.Fatalf("%d records of %d", n, records)
					}
				}
				b.ReportMetric(float64(records), "records")
				b.ReportMetric(float64(bytes)/(1<<20), "MiB")
			})
		})
	}
}

func cityOf(b *testing.B, seed uint64) *city.City {
	made, err := city.New(city.Plan{Seed: seed, Projects: 437, Months: 12, From: calendar.MustParse("2025-01-01"), Assumed: city.Assumed()})
	if err != nil {
		b.Fatal(err)
	}
	return made
}

// fold writes the figures of so many ended sign-offs: the issues that arrive in a city's year, and
// in those of other seeds until there are enough.
func fold(b *testing.B, app *local.App, ended int) (records, bytes int) {
	sums, random, rules, seed := measure.NewSums(), rand.New(rand.NewPCG(1, 2)), app.Service.Rules(), uint64(0)
	made := cityOf(b, 1)
	for left := ended; left > 0; {
		seed++
		arrivals := made.Arrivals
		if seed > 1 {
			arrivals = cityOf(b, seed).Arrivals
		}
		step := max(1, len(arrivals)*5/left)
		for n := 0; n < len(arrivals) && left > 0; n += step {
			a := &arrivals[n]
			sheet, err := drawn(random, rules, a)
			if err != nil {
				b.Fatal(err)
			}
			sums.Add(&sheet)
			left -= len(sheet.Lines)
		}
	}
	list, err := sums.Records()
	if err != nil {
		b.Fatal(err)
	}
	for k := range list {
		list[k].Version = 1
		bytes += len(list[k].Body)
	}
	for part := range slices.Chunk(list, 90) {
		if err := app.Figures.Store.CommitFold(b.Context(), measure.Fold{Figures: part}); err != nil {
			b.Fatal(err)
		}
	}
	return len(list), bytes
}

// drawn makes up how an issue that arrived was answered.
func drawn(random *rand.Rand, rules approval.Rules, a *city.Arrival) (measure.Sheet, error) {
	raised := calendar.Of(a.At)
	signOffs, err := rules.Plan(a.District, a.Petition, raised)
	if err != nil {
		return measure.Sheet{}, err
	}
	s := measure.Sheet{District: a.District, Raised: raised, Lines: make([]measure.Line, len(signOffs))}
	var run []saving.Task
	var shape [][]string
	for k := range signOffs {
		so, l := &signOffs[k], &s.Lines[k]
		queue, touch := random.IntN(4), 1+int(random.ExpFloat64()*6)
		*l = measure.Line{
			Subject: measure.SubjectOf(so), Department: so.Department, Outcome: measure.Granted, TakenUp: true, Queue: queue, Touch: touch, Stay: queue + touch,
			Net: queue + touch, Gross: queue + touch + random.IntN(3), Late: random.IntN(20) == 0, Supplement: random.IntN(5) == 0,
		}
		if random.IntN(20) == 0 {
			l.Outcome = measure.Pledged
		}
		task := saving.Task{ID: fmt.Sprint(so.N), Days: saving.WorkingDays(l.Net)}
		row := []string{string(l.Subject)}
		for _, n := range so.Requires {
			l.Requires, task.Requires, row = append(l.Requires, n-1), append(task.Requires, fmt.Sprint(n)), append(row, fmt.Sprint(n))
		}
		run, shape = append(run, task), append(shape, row)
	}
	path, err := saving.Critical(run)
	if err != nil {
		return s, err
	}
	span := int(path.Days) + random.IntN(4)
	end := min(rules.Calendar.After(raised, span), calendar.MustParse("2025-12-31"))
	for k := range s.Lines {
		s.Lines[k].Ended = end
	}
	text, err := json.Marshal(shape)
	digest := sha256.Sum256(text)
	s.Course = measure.Course{
		Outcome: measure.Granted, Ended: end, Span: span, Days: end.Sub(raised), Path: []string{"", "supplement", "extension", "objection+returned"}[random.IntN(4)],
		Form: hex.EncodeToString(digest[:8]), Measured: true, Serial: int(saving.Serial(run)), Critical: int(path.Days), Limits: true, LimitsS: 20 * len(run), LimitsC: 20,
	}
	return s, err
}

// bureauToken is a sign-in at the city's bureau.
func bureauToken(b *testing.B, served http.Handler, r *roster.Roster) string {
	const bureau = "city-bureau"
	people := r.People(roster.Bureau, bureau)
	if len(people) == 0 {
		b.Fatal("nobody is at the bureau")
	}
	in := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/api/v1/session", strings.NewReader(fmt.Sprintf(`{"person":%q,"role":%q,"unit":%q}`, people[0].ID, roster.Bureau, bureau)))
	in.Header.Set("Content-Type", "application/json")
	out := httptest.NewRecorder()
	served.ServeHTTP(out, in)
	var said struct{ Token string }
	if err := json.Unmarshal(out.Body.Bytes(), &said); err != nil || said.Token == "" {
		b.Fatalf("%d %s", out.Code, out.Body)
	}
	return said.Token
}
