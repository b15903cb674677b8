package calendar

import (
	"strings"
	"testing"
	"time"
)

// An invented notice, for tests only.
func notice2027() Notice {
	return Notice{Number: "国办发明电〔2026〕X号", Year: 2027, Days: []Day{
		{Date: MustParse("2027-01-03"), Kind: Workday, Name: "元旦"},
		{Date: MustParse("2026-12-31"), Kind: Holiday, Name: "元旦"},
		{Date: MustParse("2027-01-01"), Kind: Holiday, Name: "元旦"},
	}}
}

func TestWith(t *testing.T) {
	t.Parallel()

	t.Run("SettlesTheYearAndLeavesTheOldCalendarAlone", func(t *testing.T) {
		t.Parallel()
		next, err := China().With(notice2027())
		if err != nil {
			t.Fatal(err)
		}
		if got := next.Due(MustParse("2026-12-30"), 1, WorkingDays, nil); got != (Due{On: MustParse("2027-01-03")}) {
			t.Errorf("got %+v", got)
		}
		if got := China().Due(MustParse("2026-12-30"), 1, WorkingDays, nil); got != (Due{On: MustParse("2026-12-31")}) {
			t.Errorf("the old calendar says %+v", got)
		}
		if next.Provisional(MustParse("2027-12-31")) || !next.Provisional(MustParse("2028-01-01")) {
			t.Error("the notice for 2027 settles another year")
		}
		if day, ok := next.Day(MustParse("2027-01-03")); !ok || day.Notice != "国办发明电〔2026〕X号" {
			t.Errorf("got %+v", day)
		}
		if got := next.WorkingDays(MustParse("2026-12-31"), MustParse("2027-01-31")); got != 21 {
			t.Errorf("January 2027 has %d working days, want 21", got)
		}
	})

	t.Run("LeavesAGapProvisional", func(t *testing.T) {
		t.Parallel()
		next, err := China().With(Notice{Number: "2029", Days: []Day{{Date: MustParse("2029-01-01"), Kind: Holiday}}})
		if err != nil {
			t.Fatal(err)
		}
		if !next.Provisional(MustParse("2028-06-01")) || next.Provisional(MustParse("2029-06-01")) {
			t.Error("the year without a notice is not the provisional one")
		}
		if got := next.Due(MustParse("2026-12-31"), 600, WorkingDays, nil); !got.Provisional {
			t.Errorf("a count across the gap is not provisional: %+v", got)
		}
	})

	t.Run("LetsANoticeAmendAnother", func(t *testing.T) {
		t.Parallel()
		next, err := China().With(notice2027(), Notice{
			Number: "amending", Amends: notice2027().Number, Year: 2027, Days: []Day{
				{Date: MustParse("2027-01-03"), Kind: Ordinary},
				{Date: MustParse("2026-12-31"), Kind: Ordinary},
				{Date: MustParse("2027-01-01"), Kind: Holiday, Name: "新"},
				{Date: MustParse("2027-01-04"), Kind: Holiday, Name: "新"},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for day, want := range map[string]bool{"2026-12-31": true, "2027-01-01": false, "2027-01-03": false, "2027-01-04": false, "2027-01-05": true} {
			if got := next.Working(MustParse(day)); got != want {
				t.Errorf("Working(%s) = %v", day, got)
			}
		}
	})

	for name, c := range map[string]struct {
		change func(*Notice)
		want   string
	}{
		"RefusesAWorkdayThatIsWorkedAnyway": {
			func(n *Notice) { n.Days[0].Date = MustParse("2027-01-04") }, "2027-01-04 is a Monday",
		},
		"RefusesADayNamedTwice": {func(n *Notice) { n.Days[0].Date = n.Days[2].Date }, "2027-01-01 is named twice"},
		"RefusesADayOfAnotherNotice": {
			func(n *Notice) {
				n.Year = 2026
				n.Days = []Day{{Date: MustParse("2026-10-01"), Kind: Holiday}}
			},
			"2026-10-01 is already a holiday by notice \"国办发明电〔2025〕7号\"",
		},
		"RefusesADayOfAnotherYear":        {func(n *Notice) { n.Days[0].Date = MustParse("2028-01-01") }, "2028-01-01 is outside 2027"},
		"RefusesADayLongBefore":           {func(n *Notice) { n.Days[0].Date = MustParse("2026-11-29") }, "2026-11-29 is outside 2027"},
		"RefusesAnUnknownKind":            {func(n *Notice) { n.Days[0].Kind = "off" }, `2027-01-03 has kind "off"`},
		"RefusesADayWithoutDate":          {func(n *Notice) { n.Days[0].Date = 0 }, "a day has no date"},
		"RefusesToTakeBackAnOrdinaryDay":  {func(n *Notice) { n.Days[0].Kind = Ordinary }, "2027-01-03 is ordinary already"},
		"RefusesANoticeWithoutNumber":     {func(n *Notice) { n.Number = "" }, "has no number"},
		"RefusesANoticeWithoutDays":       {func(n *Notice) { n.Days = nil }, "names no day"},
		"RefusesANoticeItHas":             {func(n *Notice) { n.Number = "国办发明电〔2025〕7号" }, "in the calendar already"},
		"RefusesToAmendWhatItLacks":       {func(n *Notice) { n.Amends = "other" }, `amends "other", which is not in the calendar`},
		"RefusesAYearOutOfReach":          {func(n *Notice) { n.Year = 20270 }, "year 20270"},
		"RefusesTheNumberOfAnotherOnADay": {func(n *Notice) { n.Days[0].Notice = "other" }, `2027-01-03 carries the number of another notice, "other"`},
		"RefusesToTakeBackWhatTheOtherDidNotName": {
			func(n *Notice) {
				n.Amends = "国办发明电〔2024〕12号"
				n.Days = append(n.Days, Day{Date: MustParse("2026-12-01"), Kind: Ordinary})
			},
			"2026-12-01 is ordinary already",
		},
		"RefusesToAmendAThirdNoticesDay": {
			func(n *Notice) {
				n.Year, n.Amends = 2026, "国办发明电〔2024〕12号"
				n.Days = []Day{{Date: MustParse("2026-10-01"), Kind: Ordinary}}
			},
			"2026-10-01 is already a holiday by notice \"国办发明电〔2025〕7号\"",
		},
		"RefusesTheSameNoticeTwiceInOneGo": {nil, "in the calendar already"},
		"NamesTheNoticeThatItRefuses":      {func(n *Notice) { n.Days[0].Kind = "" }, `notice "国办发明电〔2026〕X号"`},
		"RefusesAHolidayThatItMakesAWorkday": {
			func(n *Notice) {
				n.Days = append(n.Days, Day{Date: MustParse("2027-01-03"), Kind: Holiday})
			},
			"2027-01-03 is named twice",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := []Notice{notice2027()}
			if c.change == nil {
				n = append(n, notice2027())
			} else {
				c.change(&n[0])
			}
			got, err := China().With(n...)
			if err == nil || got != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestReadNotices(t *testing.T) {
	t.Parallel()

	t.Run("GivesEachNoticeTheYearOfItsLastDay", func(t *testing.T) {
		t.Parallel()
		notices, err := ReadNotices(strings.NewReader(cnDays))
		if err != nil {
			t.Fatal(err)
		}
		days := 0
		for _, n := range notices {
			days += len(n.Days)
			if n.Number == "国办发明电〔2022〕16号" && n.Year != 2023 {
				t.Errorf("%s is for %d", n.Number, n.Year)
			}
		}
		if len(notices) != 11 || days != 314 {
			t.Errorf("got %d notices with %d days, want 11 with 314", len(notices), days)
		}
	})

	t.Run("NamesTheLineThatIsWrong", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]string{
			"":                        "EOF",
			"date,kind,name,notice\n": "the columns are",
			"date,kind,name_zh,notice\nx,holiday,a,b": "line 2",
			"date,kind,name_zh,notice\n2026-01-01,a":  "line 2",
		} {
			if _, err := ReadNotices(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func FuzzReadNotices(f *testing.F) {
	f.Add(cnDays)
	f.Add("date,kind,name_zh,notice\n2027-01-01,holiday,元旦,甲\n2027-01-02,workday,元旦,甲\n")
	f.Add("# note\ndate,kind,name_zh,notice\n2026-12-31,ordinary,,乙\n2199-12-31,holiday,,丙\n")
	f.Fuzz(func(t *testing.T, text string) {
		notices, err := ReadNotices(strings.NewReader(text))
		if err != nil {
			return
		}
		c, err := new(Calendar).With(notices...)
		if err != nil {
			return
		}
		// What is taken in is kept as it stands, and counting stays consistent with it.
		for _, n := range notices {
			for _, d := range n.Days {
				got, ok := c.Day(d.Date)
				if !ok || got != d {
					t.Fatalf("%s: got %+v, want %+v", d.Date, got, d)
				}
				if c.Working(d.Date) != (d.Kind == Workday) || c.Provisional(d.Date) && d.Date > On(n.Year-1, time.December, 31) {
					t.Fatalf("%s is a %s", d.Date, d.Kind)
				}
				if on := c.After(d.Date, 30); c.WorkingDays(d.Date, on) != 30 || !c.Working(on) {
					t.Fatalf("30 days after %s is %s", d.Date, on)
				}
			}
		}
	})
}
