package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	t.Parallel()

	t.Run("IsTheDateInShanghai", func(t *testing.T) {
		t.Parallel()
		for instant, want := range map[string]string{
			"2026-02-12T15:59:59Z":      "2026-02-12",
			"2026-02-12T16:00:00Z":      "2026-02-13",
			"2026-02-13T23:59:59+08:00": "2026-02-13",
			"1969-12-31T15:59:59Z":      "1969-12-31",
			"1969-12-30T16:00:00Z":      "1969-12-31",
			"1969-12-31T16:00:00Z":      "", // 1970-01-01 is no date
			"0001-01-01T00:00:00Z":      "", // the zero time
		} {
			at, err := time.Parse(time.RFC3339, instant)
			if err != nil {
				t.Fatal(err)
			}
			if got := Of(at).String(); got != want {
				t.Errorf("Of(%s) = %q, want %q", instant, got, want)
			}
		}
	})

	t.Run("StartsAndEndsAtMidnightInShanghai", func(t *testing.T) {
		t.Parallel()
		d := MustParse("2026-02-13")
		if got := d.Start().Format(time.RFC3339); got != "2026-02-12T16:00:00Z" {
			t.Errorf("starts at %s", got)
		}
		if got := d.End().Format(time.RFC3339); got != "2026-02-13T16:00:00Z" {
			t.Errorf("ends at %s", got)
		}
		if !Date(0).Start().IsZero() || !Date(0).End().IsZero() {
			t.Error("no date starts or ends")
		}
	})

	t.Run("AgreesWithPackageTime", rapid.MakeCheck(func(t *rapid.T) {
		d := Date(rapid.Int32Range(-800_000, 2_900_000).Filter(func(n int32) bool { return n != 0 }).Draw(t, "date"))
		start := d.Start().In(Shanghai)
		if d.Weekday() != start.Weekday() || Of(start) != d || Of(d.End().Add(-1)) != d || Of(d.End()) != d+1 && d != -1 {
			t.Fatalf("%d is %s", d, start)
		}
		if y, m, day := d.Civil(); On(y, m, day) != d {
			t.Fatalf("%d is %d-%d-%d", d, y, m, day)
		}
		if n := d.Add(40).Sub(d); n != 40 {
			t.Fatalf("40 days later are %d", n)
		}
	}))

	t.Run("IsWrittenInJSONAndLeftOutWhenAbsent", func(t *testing.T) {
		t.Parallel()
		type form struct {
			On    Date  `json:"on"`
			Maybe Date  `json:"maybe,omitzero"`
			Ptr   *Date `json:"ptr"`
		}
		for _, c := range []struct {
			form form
			want string
		}{
			{form{}, `{"on":"","ptr":null}`},
			{form{On: MustParse("2026-02-13"), Maybe: MustParse("0001-01-01")}, `{"on":"2026-02-13","maybe":"0001-01-01","ptr":null}`},
		} {
			got, err := json.Marshal(c.form)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
			var back form
			if err := json.Unmarshal(got, &back); err != nil || back != c.form {
				t.Errorf("got back %+v, %v", back, err)
			}
		}
		for _, bad := range []string{`"1970-01-01"`, `"2026-2-3"`, `"2026-02-30"`, `5`, `"2026-02-13T00:00:00Z"`, `"0000-01-01"`} {
			if err := json.Unmarshal([]byte(bad), new(Date)); err == nil {
				t.Errorf("%s is read as a date", bad)
			}
		}
		if _, err := json.Marshal(Date(1 << 30)); err == nil {
			t.Error("a year of seven digits is written")
		}
	})

	t.Run("HoldsFarInstantsAtTheEnds", func(t *testing.T) {
		t.Parallel()
		if Of(time.Unix(1<<60, 0)) != 1<<31-1 || Of(time.Unix(-1<<60, 0)) != -1<<31 {
			t.Error("an instant far away wraps around")
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-02-13", "", "1970-01-01", "0000-12-31", "9999-12-31", "2026-02-29", "2024-02-29", " 2026-02-13", "２０２６-02-13"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			if !d.IsZero() {
				t.Errorf("Parse(%q) = %d with error %v", s, d, err)
			}
			return
		}
		if d.String() != s {
			t.Errorf("Parse(%q) is written %q", s, d)
		}
		text, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Date
		if err := back.UnmarshalText(text); err != nil || back != d {
			t.Errorf("%q comes back as %d, %v", text, back, err)
		}
	})
}
