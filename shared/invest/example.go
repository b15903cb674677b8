package invest

import (
	"fmt"
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// The figures that reports state of Foshan's key projects in mid-July 2022: 437
// projects, an annual plan of 1139.24 亿元 (local press, first quarter of 2022), of
// which 813.46 亿元 were invested, 71.4%, 17.23 points ahead of time (Southern Daily,
// 2022-08-04).
const (
	exampleProjects       = 437
	examplePlan     Money = 11_392_400
	exampleDone     Money = 8_134_600
)

// ExamplePeriod is what the example's figures are up to.
var ExamplePeriod = Period{2022, 13}

// ExampleMark says what of the example is made up. Whoever shows it shows this.
var ExampleMark = roster.Name{
	ZH: "示例：总数（437个项目，年度计划1139.24亿元，2022年7月中旬累计完成813.46亿元）见公开报道；分到各项目、各区、各行业的数字以及项目名称和日期均为虚构，仅用于核对算法。",
	EN: "Example: the totals (437 projects, a plan of 113.924 billion yuan, 81.346 billion invested by mid-July 2022) are published; their split over projects, districts and sectors, and the projects' names and days, are made up and serve to check the arithmetic only.",
}

type exampleDistrict struct {
	code     roster.DistrictCode
	name     roster.Name
	projects int
}

// exampleDistricts are Foshan's five districts by their codes. The number of projects
// in each is made up.
var exampleDistricts = []exampleDistrict{
	{"440604", roster.Name{ZH: "禅城区", EN: "Chancheng District"}, 71},
	{"440605", roster.Name{ZH: "南海区", EN: "Nanhai District"}, 118},
	{"440606", roster.Name{ZH: "顺德区", EN: "Shunde District"}, 124},
	{"440607", roster.Name{ZH: "三水区", EN: "Sanshui District"}, 73},
	{"440608", roster.Name{ZH: "高明区", EN: "Gaoming District"}, 51},
}

// ExampleDistrict names a district of the example.
func ExampleDistrict(code roster.DistrictCode) roster.Name {
	k := slices.IndexFunc(exampleDistricts, func(d exampleDistrict) bool { return d.code == code })
	if k < 0 {
		return roster.Name{ZH: string(code), EN: string(code)}
	}
	return exampleDistricts[k].name
}

// Example is a year whose totals are published and whose split is made up; see
// ExampleMark. It is the same at every call.
func Example() *Year {
	year := NewYear(ExamplePeriod.Year)
	var facts []Fact
	plans := split(examplePlan, func(k int) int64 { return 40 + int64(k*7919%961) })
	dones := split(exampleDone, func(k int) int64 { return int64(plans[k]) * (55 + int64(k*5347%91)) })
	k := 0
	for _, d := range exampleDistricts {
		for n := range d.projects {
			l := Listing{
				Project: roster.ProjectID(fmt.Sprintf("example-%s-%03d", d.code, n+1)), District: d.code,
				NameZH: fmt.Sprintf("%s示例项目%03d（虚构）", d.name.ZH, n+1), NameEN: fmt.Sprintf("%s example project %03d (made up)", d.name.EN, n+1),
				Sector: sectors[k*13%17%len(sectors)], Tier: tiers[k*11%19%len(tiers)], Type: types[k*7%23%3],
				Start: calendar.On(2022, time.Month(1+k%12), 10), Finish: calendar.On(2022+k%4, time.Month(1+k*5%12), 20),
			}
			if l.Type != roster.NewStart {
				l.Start = l.Start.Add(-730)
			}
			r := Report{Project: l.Project, Half: ExamplePeriod.Half, Done: dones[k]}
			if begun := l.Start.Add(k%40 - 15); begun <= ExamplePeriod.Last() {
				r.Started = begun
			}
			if done := l.Finish.Add(k%60 - 35); l.Type == roster.Completing && done <= ExamplePeriod.Last() && done > r.Started {
				r.Finished = done
			}
			facts = append(facts, Fact{Listing: &l}, Fact{Plan: &Plan{Project: l.Project, Amount: plans[k], From: calendar.On(2022, time.January, 1)}}, Fact{Report: &r})
			k++
		}
	}
	return year.With(Batch{Stamp{Batch: 1, At: ExamplePeriod.Last().Start()}, facts})
}

// split divides a total by weights, exactly: what rounding leaves is dealt out one by
// one.
func split(total Money, weight func(k int) int64) []Money {
	var sum int64
	for k := range exampleProjects {
		sum += weight(k)
	}
	parts, left := make([]Money, exampleProjects), total
	for k := range parts {
		parts[k] = Money(int64(total) * (weight(k) * 1_000_000 / sum) / 1_000_000)
		left -= parts[k]
	}
	for k := 0; left > 0; k++ {
		parts[k%len(parts)]++
		left--
	}
	return parts
}
