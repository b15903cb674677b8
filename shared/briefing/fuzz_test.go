package briefing

import "testing"

func FuzzPeriodsThatAreReadHaveThatCode(f *testing.F) {
	for _, code := range []string{"2026-W10", "2026-03", "2026-W00", "2026-W99", "0000-01", "2026-3", " 2026-03", "2026-W1x", "9999-12"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		for _, kind := range []Kind{Agenda, List} {
			if p, ok := ParsePeriod(kind, code); ok && (p.Code != code || p.To < p.From) {
				t.Errorf("%q is read as %+v", code, p)
			}
		}
	})
}
