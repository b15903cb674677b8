package archive

import (
	"testing"

	"lianban/shared/catalog"
)

func FuzzRegistersAreReadOrRefusedByPlace(f *testing.F) {
	for _, text := range []string{
		"编号,事项编号,受理日期,办结日期\nA-1,24,2025-03-03,2025-03-07\n", "Item,Accepted,Decided,Ending,Stopped\n24,2025-03-03,,在办,-1\n",
		"事项编号,受理日期\n0,45000\n999999999999999999999,2025-02-30\n", "\xca\xc2\xcf\xee\xb1\xe0\xba\xc5\n", "事项编号,事项编号,受理日期\n", "\"", "",
	} {
		f.Add([]byte(text))
	}
	items := catalog.Construction()
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, faults, err := read(data, items)
		if err != nil {
			t.Fatalf("it fails inside: %v", err)
		}
		if len(rows) == 0 && len(faults) == 0 && len(data) == 0 {
			t.Error("nothing is read, and nothing is said of it")
		}
		for _, fault := range faults {
			if fault.Words.ZH == "" || fault.Words.EN == "" {
				t.Errorf("a fault in row %d without words", fault.Row)
			}
		}
		if got := outcome(faults, nil, len(rows)); len(got.Faults) > mostFaults {
			t.Errorf("%d faults are listed", len(got.Faults))
		}
	})
}
