package ledger

import (
	"testing"

	"lianban/shared/roster"
)

func FuzzFilesOfTheLedgerAreReadOrRefusedByPlace(f *testing.F) {
	for _, text := range []string{
		"项目编号,项目名称,行政区划,行业,项目级别,建设性质\nu-valley,联东U谷,禅城区,产业,区重点项目,新开工\n",
		"项目编号,年度计划投资（万元）\nu-valley,8000\nu-valley,1e400\nu-valley,-0\n",
		"项目编号,期次,本年累计完成投资（万元）\nu-valley,2026-02,9223372036854775808\nu-valley,2026-13上,\"1,000.5\"\n",
		"项目编号\n", "\xcf\xee\xc4\xbf\xb1\xe0\xba\xc5,\n", "",
	} {
		f.Add([]byte(text), 2026)
	}
	known := roster.Demo()
	f.Fuzz(func(t *testing.T, data []byte, year int) {
		got, err := read(data, year, known, nil)
		if err != nil {
			t.Fatalf("it fails inside: %v", err)
		}
		if len(got.facts) == 0 && len(got.faults) == 0 {
			t.Error("nothing is read, and nothing is said of it")
		}
		for _, fault := range got.faults {
			if fault.Words.ZH == "" || fault.Words.EN == "" {
				t.Errorf("a fault in row %d without words", fault.Row)
			}
		}
	})
}
