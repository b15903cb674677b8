package calendar

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
)

func TestChina(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheTwelveCases", func(t *testing.T) {
		t.Parallel()
		f, err := os.Open("testdata/working_day_cases.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1+12 {
			t.Fatalf("the file has %d rows, not a header and 12 cases", len(rows))
		}
		for _, row := range rows[1:] {
			n, err := strconv.Atoi(row[1])
			if err != nil {
				t.Fatal(err)
			}
			start, due, naive, why := MustParse(row[0]), MustParse(row[2]), MustParse(row[3]), row[4]
			if got := China().Due(start, n, WorkingDays, nil); got.On != due || got.Provisional {
				t.Errorf("%d working days from %s: got %+v, want %s (%s)", n, start, got, due, why)
			}
			plain := new(Calendar)
			if got := plain.Due(start, n, WorkingDays, nil); got.On != naive || !got.Provisional {
				t.Errorf("%d weekdays from %s: got %+v, want %s", n, start, got, naive)
			}
		}
	})
}
