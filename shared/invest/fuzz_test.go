package invest

import "testing"

func FuzzPeriodsThatAreReadAreThose(f *testing.F) {
	for _, text := range []string{"2022-07", "2022-07-15", "2022年7月上半月", "2022-13", "0000-00", "２０２２－０７", "-1-1", "9999999999999999999-01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := ParsePeriod(text)
		if !ok {
			return
		}
		if again, ok := ParsePeriod(p.String()); !ok || again != p {
			t.Errorf("%q is read as %v, which is read as %v", text, p, again)
		}
	})
}
