package vitality

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
)

// Code names an indicator.
type Code string

// The indicators. What each counts is said in indicators.tsv, and done in Count.
const (
	Raised      Code = "raised"
	Supplements Code = "supplements"
	Duties      Code = "duties"
	Urges       Code = "urges"
	Rulings     Code = "rulings"
	Closed      Code = "closed"
	Rated       Code = "rated"
)

// Codes are all indicators, as screens list them.
func Codes() []Code { return []Code{Raised, Supplements, Duties, Urges, Rulings, Closed, Rated} }

// Assumed is the source of a number that no source states (拟定).
const Assumed = "assumed"

// Indicator is what is counted, and what it weighs.
type Indicator struct {
	Code   Code
	Weight int // of 100
	Days   int // working days that it allows; 0 where the case has its own date
	Name   approval.Text
	Of     approval.Text // what a case is
	Met    approval.Text // when a case is met
	Source string        // of weight and days; Assumed
}

// Level is from how many points of 100 an index has its stars.
type Level struct {
	Stars, From int
	Source      string
}

// Table is what an index is reckoned by.
type Table struct {
	Indicators []Indicator
	Levels     []Level // the most stars first
}

//go:embed indicators.tsv
var indicatorsTSV string

//go:embed stars.tsv
var starsTSV string

// Published is the table of indicators.tsv and stars.tsv.
var Published = func() Table {
	t, err := Load(indicatorsTSV, starsTSV)
	if err != nil {
		panic("vitality: embedded tables: " + err.Error())
	}
	return t
}()

// lines are those of a table of tab-separated values under their headings.
func lines(text string, heading ...string) ([][]string, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.Comment, in.FieldsPerRecord = '\t', '#', len(heading)
	all, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || !slices.Equal(all[0], heading) {
		return nil, fmt.Errorf("the first line does not name the columns %s", strings.Join(heading, ", "))
	}
	return all[1:], nil
}

// Load reads indicators and levels in the form of the embedded files, and names every
// fault.
func Load(indicators, levels string) (t Table, err error) {
	var faults []error
	number := func(of, text string, least, most int) int {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			faults = append(faults, fmt.Errorf("%s is %q, not a whole number from %d to %d", of, text, least, most))
		}
		return n
	}
	source := func(of, text string) string {
		if text == "" {
			faults = append(faults, fmt.Errorf("%s names no source; say %q where there is none", of, Assumed))
		}
		return text
	}
	rows, err := lines(indicators, "code", "weight", "days", "name_zh", "name_en", "of_zh", "of_en", "met_zh", "met_en", "source")
	if err != nil {
		return t, fmt.Errorf("read indicators: %w", err)
	}
	sum := 0
	for _, r := range rows {
		i := Indicator{Code: Code(r[0]), Weight: number(r[0]+": weight", r[1], 1, 100), Source: source(r[0], r[9])}
		if r[2] != "" {
			i.Days = number(r[0]+": days", r[2], 1, 60)
		}
		says := func(zh, en string) approval.Text {
			if zh == "" || en == "" {
				faults = append(faults, fmt.Errorf("%s is not told in both languages", r[0]))
			}
			days := strings.NewReplacer("{days}", strconv.Itoa(i.Days))
			return approval.Text{ZH: days.Replace(zh), EN: days.Replace(en)}
		}
		i.Name, i.Of, i.Met = says(r[3], r[4]), says(r[5], r[6]), says(r[7], r[8])
		sum += i.Weight
		t.Indicators = append(t.Indicators, i)
	}
	if sum != 100 {
		faults = append(faults, fmt.Errorf("the weights sum to %d, not 100", sum))
	}
	for _, c := range Codes() {
		if n := len(slices.DeleteFunc(slices.Clone(t.Indicators), func(i Indicator) bool { return i.Code != c })); n != 1 {
			faults = append(faults, fmt.Errorf("the indicator %s stands %d times, not once", c, n))
		}
	}
	if len(t.Indicators) > len(Codes()) {
		faults = append(faults, errors.New("there are indicators that nothing counts"))
	}
	if rows, err = lines(levels, "stars", "from", "source"); err != nil {
		return t, fmt.Errorf("read levels of stars: %w", err)
	}
	for k, r := range rows {
		l := Level{Stars: number("stars", r[0], 1, 5), From: number(r[0]+" stars: from", r[1], 0, 100), Source: source(r[0]+" stars", r[2])}
		if l.Stars != 5-k || k > 0 && l.From >= t.Levels[k-1].From {
			faults = append(faults, fmt.Errorf("%d stars from %d: levels go down from five stars to one, each from fewer points", l.Stars, l.From))
		}
		t.Levels = append(t.Levels, l)
	}
	if len(t.Levels) != 5 || t.Levels[4].From != 0 {
		faults = append(faults, errors.New("there is a level for each number of stars, and one star is from 0 points"))
	}
	return t, errors.Join(faults...)
}
