package calendar

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ReadNotice reads a pasted notice of either kind: the yearly one, as [ParseNotice]
// does, or one that changes a holiday of a year whose notice the calendar knows
// (国务院办公厅关于调整…年…假期安排的通知, 关于延长…年…假期的通知):
//
//	一、2019年5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。
//	一、延长2020年春节假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班。
//
// What is arranged anew takes the place of all that stood for the holiday: days that
// are not named again are [Ordinary]. An extension adds the days from the holiday's end
// on, and takes back the working days among them. Errors and doubts are as
// ParseNotice's; a sentence without a date sets no day and is passed over.
func (c *Calendar) ReadNotice(text string) (Notice, []Doubt, error) {
	m := amendTitle.FindStringSubmatch(plain(text))
	if m == nil || titleWords.MatchString(plain(text)) {
		return ParseNotice(text)
	}
	return c.parseAmendment(text, m)
}

var (
	amendTitle  = regexp.MustCompile(`(?:国务院办公厅)?关于(?:调整|延长)(\d{4})年(\p{Han}{2,8}?)(?:假期|放假)(?:安排)?的通知`)
	amendItem   = regexp.MustCompile(`^[一二三四五六七八九十]{1,2}、`)
	extendWords = regexp.MustCompile(`^延长(\d{4})年(\p{Han}{2,8}?)假期至` + dateWords + `，` + dateWords + `起正常上班$`)
	anyDate     = regexp.MustCompile(`\d{1,2}日`)
)

func (c *Calendar) parseAmendment(text string, title []string) (Notice, []Doubt, error) {
	a := &amendment{calendar: c}
	a.shifted = true // what a holiday's change exchanges is exchanged
	a.notice.Year, _ = strconv.Atoi(title[1])
	text = strings.Replace(plain(text), title[0], "", 1)
	text = a.issued(text)
	for _, greeting := range greetings {
		text = strings.Replace(text, greeting, "", 1)
	}
	a.stands(title[2])
	if len(a.faults) == 0 {
		for sentence := range strings.SplitSeq(text, "。") {
			a.sentence(amendItem.ReplaceAllString(sentence, ""))
		}
		a.rest()
	}
	if len(a.faults) > 0 {
		return Notice{}, a.doubts, &NoticeError{a.faults}
	}
	slices.SortFunc(a.notice.Days, func(x, y Day) int { return cmp.Compare(x.Date, y.Date) })
	return a.notice, a.doubts, nil
}

// amendment is a notice that changes a holiday, while it is read.
type amendment struct {
	reader
	calendar *Calendar
	before   []Day // the holiday's, as they stand
	extended bool
}

// stands finds the year's notice, and what it made of the holiday.
func (a *amendment) stands(holiday string) {
	at := slices.IndexFunc(a.calendar.notices, func(n Notice) bool { return n.Year == a.notice.Year && n.Amends == "" })
	if at < 0 {
		a.fault("", "%d 年的节假日安排尚未录入，请先录入该年的通知。", "The notice for %d has not been entered; enter that one first.", a.notice.Year)
		return
	}
	a.notice.Amends = a.calendar.notices[at].Number
	if slices.ContainsFunc(a.calendar.notices, func(n Notice) bool { return n.Number == a.notice.Number }) {
		a.fault("", "文号为“%[1]s”的通知已经录入。", "The notice %[1]q has been entered already.", a.notice.Number)
	}
	first, last := On(a.notice.Year-1, time.December, 1), On(a.notice.Year, time.December, 31)
	for _, d := range a.calendar.days {
		if first <= d.Date && d.Date <= last && slices.Contains(strings.Split(d.Name, "、"), holiday) {
			a.before = append(a.before, d)
			a.others(d)
		}
	}
	if a.before == nil {
		a.fault(holiday, "%[1]d 年的安排中没有“%[2]s”，请核对名称。", "There is no %[2]q among the holidays of %[1]d; check the name.", a.notice.Year, holiday)
		return
	}
	a.holiday = a.before[0].Name
}

// others refuses a day that stands by a notice which is not the year's, nor changed it.
func (a *amendment) others(d Day) {
	if !a.calendar.amends(d.Notice, a.notice.Amends) {
		a.fault("", "%[1]s 已由“%[2]s”另行安排，请按日期逐日录入。", "%[1]s is arranged by %[2]q; enter the change day by day.", d.Date, d.Notice)
	}
}

func (a *amendment) sentence(words string) {
	switch {
	case !anyDate.MatchString(words), signedWords.MatchString(words):
	case extendWords.MatchString(words):
		a.extend(words, extendWords.FindStringSubmatch(words))
	case spanWords.MatchString(words):
		a.span(words, spanWords.FindStringSubmatch(words))
	case singleWords.MatchString(words):
		a.single(words, singleWords.FindStringSubmatch(words))
	case workWords.MatchString(words):
		a.work(words)
	default:
		a.doubt(words, "这句话未能识别，请核对是否影响放假安排。", "This sentence was not understood; check whether it sets a day.")
	}
}

// extend adds the days after the holiday's last one.
func (a *amendment) extend(words string, m []string) {
	a.extended = true
	until, ok := a.date(words, m[3:7], 0)
	if !ok {
		return
	}
	back, ok := a.date(words, m[7:11], until)
	if !ok {
		return
	}
	var end Date
	for _, d := range a.before {
		if d.Kind == Holiday {
			end = max(end, d.Date)
		}
	}
	switch {
	case m[1] != strconv.Itoa(a.notice.Year) || !slices.Contains(strings.Split(a.holiday, "、"), m[2]):
		a.fault(words, "与标题所写的节日或年份不一致。", "This is not the title's holiday or year.")
	case until <= end:
		a.fault(words, "“%[1]s”假期原本到 %[2]s，%[3]s 不是延长。", "The holiday of %[1]s lasts until %[2]s anyway; %[3]s is no extension.", a.holiday, end, until)
	case back != until.Add(1):
		a.fault(words, "假期延长至 %s，应自次日起上班，文中写作 %s。", "It is extended to %s, so work begins the day after; the notice says %s.", until, back)
	default:
		for d := end.Add(1); d <= until; d = d.Add(1) {
			a.name(words, d, Holiday)
		}
	}
}

// rest says what becomes of the days that stood before, and looks for slips.
func (a *amendment) rest() {
	if len(a.notice.Days) == 0 {
		a.fault("", "没有读到任何放假或上班日期。", "No day was read.")
		return
	}
	named := slices.Clone(a.notice.Days)
	isNamed := func(date Date) bool {
		return slices.ContainsFunc(named, func(d Day) bool { return d.Date == date })
	}
	for _, d := range named {
		if old, ok := a.calendar.Day(d.Date); ok && old.Name != a.holiday {
			a.others(old)
			a.doubt("", "%[1]s 原属“%[2]s”的安排，请核对。", "%[1]s belongs to the arrangement for %[2]s; check it.", d.Date, old.Name)
		}
	}
	if a.extended {
		return // what stood before stands
	}
	for _, d := range a.before {
		if !isNamed(d.Date) {
			a.notice.Days = append(a.notice.Days, Day{Date: d.Date, Kind: Ordinary, Name: a.holiday, Notice: a.notice.Number})
		}
	}
}
