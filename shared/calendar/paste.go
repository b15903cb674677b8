package calendar

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Doubt is about words of a pasted notice: that they contradict themselves, or that
// they were not understood. It says so in both languages.
type Doubt struct {
	Words string `json:"words"` // as pasted, without blanks and in full-width punctuation
	ZH    string `json:"zh"`
	EN    string `json:"en"`
}

// NoticeError says why a text is no notice that could be entered.
type NoticeError struct{ Faults []Doubt }

// Error is the English sentences, one a line.
func (e *NoticeError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.EN
		if f.Words != "" {
			lines[i] += ": " + f.Words
		}
	}
	return strings.Join(lines, "\n")
}

// ParseNotice reads the wording of the General Office's yearly notice (国务院办公厅关于…年
// 部分节假日安排的通知), pasted as a whole:
//
//	五、端午节：6月19日（周五）至21日（周日）放假，共3天。
//	七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
//
// Every day of a span is a Holiday, its weekends included; a weekend that a notice
// merely joins to a holiday (与周末连休) is none. The error, a [*NoticeError], lists what
// contradicts itself: a weekday that is not the date's, a count (共N天) that is not the
// span's, a working day (上班) from Monday to Friday, a day named twice, an item left out.
// Sentences that it does not understand set no day and come back as doubts, as do
// holidays that are missing or new: somebody has to read those. Notices that change a
// running year are for [Calendar.ReadNotice].
func ParseNotice(text string) (Notice, []Doubt, error) {
	r := &reader{}
	if n := utf8.RuneCountInString(text); n > noticeRunes {
		r.fault("", "文字过长（%d 字），请只粘贴通知全文。", "The text has %d characters; paste the notice alone.", n)
		return Notice{}, nil, &NoticeError{r.faults}
	}
	text = plain(text)
	text = r.title(text)
	text = r.number(text)
	for _, greeting := range greetings {
		text = strings.Replace(text, greeting, "", 1)
	}
	if len(r.faults) > 0 {
		return Notice{}, nil, &NoticeError{r.faults}
	}
	for sentence := range strings.SplitSeq(text, "。") {
		if sentence != "" {
			r.sentence(sentence)
		}
	}
	r.whole()
	if len(r.faults) > 0 {
		return Notice{}, r.doubts, &NoticeError{r.faults}
	}
	slices.SortFunc(r.notice.Days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return r.notice, r.doubts, nil
}

// noticeRunes is far more than any notice has (the notice for 2026: about 500).
const noticeRunes = 10_000

// holidays are those that a notice arranges, in the order of the year (全国年节及纪念日放假办法,
// art. 2).
var holidays = []string{"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}

var greetings = []string{"各省、自治区、直辖市人民政府，国务院各部委、各直属机构：", "（此件公开发布）"}

const dateWords = `(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:（([^（）]*)）)?`

var (
	titleWords   = regexp.MustCompile(`(?:国务院办公厅)?关于(\d{4})年部分节假日安排的通知`)
	numberWords  = regexp.MustCompile(`国办发明电[〔\[［【](\d{4})[〕\]］】](\d{1,3})号`)
	headWords    = regexp.MustCompile(`^([一二三四五六七八九十]{1,2})、([\p{Han}、]{1,30})：`)
	spanWords    = regexp.MustCompile(`^` + dateWords + `至` + dateWords + `放假(调休)?，共(\d{1,2})天$`)
	singleWords  = regexp.MustCompile(`^` + dateWords + `放假(?:(\d{1,2})天)?(，与周末连休|，不调休|，共1天)?$`)
	workWords    = regexp.MustCompile(`^` + dateWords + `(?:、` + dateWords + `)*上班$`)
	dayWords     = regexp.MustCompile(dateWords)
	weekdayWords = regexp.MustCompile(`^(?:周|星期)([一二三四五六日])$`)
	lunarWords   = regexp.MustCompile(`^(?:农历)?\p{Han}{1,8}$`)
	openingWords = regexp.MustCompile(`^经国务院批准，现将(\d{4})年[\p{Han}、]{1,60}放假调休日期的具体安排通知如下$`)
	signedWords  = regexp.MustCompile(`^国务院办公厅\d{4}年\d{1,2}月\d{1,2}日$`)
	// Sentences that ask for something and set no day.
	adviceWords = regexp.MustCompile(`^(?:鼓励各单位结合带薪年休假等制度落实，|节假日期间，各地区、各部门要)[^：]*$`)
)

// plain takes out blanks and writes digits and punctuation in one way.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c) || c == '\uFEFF' || c == '\u200B':
			return -1
		case c >= '０' && c <= '９':
			return c - '０' + '0'
		}
		switch c {
		case '(':
			return '（'
		case ')':
			return '）'
		case ':':
			return '：'
		case ',':
			return '，'
		}
		return c
	}, text)
}

// reader is a notice while it is read.
type reader struct {
	notice Notice
	doubts []Doubt
	faults []Doubt

	items   int    // how many items have begun
	holiday string // the one that the present item is about
	shifted bool   // it says that days are exchanged (调休)
}

func (r *reader) doubt(words, zh, en string, args ...any) {
	r.doubts = append(r.doubts, Doubt{words, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
}

func (r *reader) fault(words, zh, en string, args ...any) {
	r.faults = append(r.faults, Doubt{words, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
}

// title finds the year that the notice settles, and takes the title out.
func (r *reader) title(text string) string {
	for _, m := range titleWords.FindAllStringSubmatch(text, -1) {
		year, _ := strconv.Atoi(m[1])
		if r.notice.Year != 0 && r.notice.Year != year {
			r.fault(m[0], "标题中有两个年份。", "There are titles for two years.")
		}
		r.notice.Year = year
	}
	switch y := r.notice.Year; {
	case y == 0:
		r.fault("", "没有找到标题“关于……年部分节假日安排的通知”，请粘贴通知全文。", "The title 关于…年部分节假日安排的通知 is missing; paste the whole notice.")
	case y < firstYear || y > lastYear:
		r.fault("", "年份 %d 不在 %d 至 %d 之间。", "Year %d is not between %d and %d.", y, firstYear, lastYear)
	}
	return titleWords.ReplaceAllString(text, "")
}

// number finds the document's number, which is usually of the year before, and takes
// it out.
func (r *reader) number(text string) string {
	for _, m := range numberWords.FindAllStringSubmatch(text, -1) {
		if year, _ := strconv.Atoi(m[1]); r.notice.Year != 0 && year != r.notice.Year-1 {
			r.doubt(m[0], "放假安排通常在上一年印发，请核对文号的年份。", "A notice is usually issued in the year before; check the number's year.")
		}
	}
	return r.issued(text)
}

// issued finds the document's number, and takes it out.
func (r *reader) issued(text string) string {
	for _, m := range numberWords.FindAllStringSubmatch(text, -1) {
		number := "国办发明电〔" + m[1] + "〕" + m[2] + "号"
		if r.notice.Number != "" && r.notice.Number != number {
			r.fault(m[0], "文中有两个文号。", "There are two numbers.")
		}
		r.notice.Number = number
	}
	if r.notice.Number == "" {
		r.fault("", "没有找到文号“国办发明电〔……〕……号”，请连同文号一并粘贴。", "The number 国办发明电〔…〕…号 is missing; paste it with the notice.")
	}
	return numberWords.ReplaceAllString(text, "")
}

func (r *reader) sentence(words string) {
	if head := headWords.FindStringSubmatch(words); head != nil {
		r.item(head[0], head[1], head[2])
		words = words[len(head[0]):]
	} else if m := openingWords.FindStringSubmatch(words); m != nil && r.items == 0 {
		if m[1] != strconv.Itoa(r.notice.Year) {
			r.fault(words, "正文的年份与标题不一致。", "The year is not the title's.")
		}
		return
	}
	switch {
	case adviceWords.MatchString(words), r.items > 0 && signedWords.MatchString(words):
	case r.holiday == "":
		r.doubt(words, "这句话未能识别，请核对是否影响放假安排。", "This sentence was not understood; check whether it sets a day.")
	case spanWords.MatchString(words):
		r.span(words, spanWords.FindStringSubmatch(words))
	case singleWords.MatchString(words):
		r.single(words, singleWords.FindStringSubmatch(words))
	case workWords.MatchString(words):
		r.work(words)
	default:
		r.doubt(words, "这句话未能识别，请核对是否影响放假安排。", "This sentence was not understood; check whether it sets a day.")
	}
}

// item begins an item, which must be the next one.
func (r *reader) item(words, numeral, names string) {
	r.items++
	if r.items > len(numerals) || numeral != numerals[r.items-1] {
		r.fault(words, "这一条应当是第%d条，可能漏贴了内容。", "This should be item %d; something may have been left out.", r.items)
	}
	r.holiday, r.shifted = names, false
	for name := range strings.SplitSeq(names, "、") {
		if !slices.Contains(holidays, name) {
			r.doubt(words, "“%s”不在历年的节日之列，请核对名称。", "%q is none of the usual holidays; check the name.", name)
		}
	}
}

var numerals = []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

// date reads a date of which some parts may be those of the one before it.
func (r *reader) date(words string, m []string, before Date) (Date, bool) {
	year, month := r.notice.Year, time.Month(0)
	if !before.IsZero() {
		year, month, _ = before.Civil()
	}
	if m[0] != "" {
		year, _ = strconv.Atoi(m[0])
	}
	if m[1] != "" {
		n, _ := strconv.Atoi(m[1])
		month = time.Month(n)
	}
	day, _ := strconv.Atoi(m[2])
	if month == 0 {
		r.fault(words, "日期没有写明月份。", "A date has no month.")
		return 0, false
	}
	d := On(year, month, day)
	if y, mo, da := d.Civil(); y != year || mo != month || da != day {
		r.fault(words, "没有 %d年%d月%d日 这一天。", "There is no day %d-%d-%d.", year, int(month), day)
		return 0, false
	}
	if d < On(r.notice.Year-1, time.December, 1) || d > On(r.notice.Year, time.December, 31) {
		r.fault(words, "%s 不在 %d 年及上一年十二月之内。", "%s is outside %d and the December before.", d, r.notice.Year)
		return 0, false
	}
	if m[3] == "" {
		return d, true
	}
	for note := range strings.SplitSeq(strings.ReplaceAll(m[3], "，", "、"), "、") {
		if w := weekdayWords.FindStringSubmatch(note); w != nil {
			if want := weekdayName(d); w[1] != want {
				r.fault(words, "%[1]s 是周%[2]s，文中写作“%[3]s”。", "%[1]s is a %[4]s, the notice says %[3]q.", d, want, note, d.Weekday())
			}
		} else if !lunarWords.MatchString(note) {
			r.doubt(words, "“%s”未能识别，请核对。", "%q was not understood; check it.", note)
		}
	}
	return d, true
}

func weekdayName(d Date) string {
	return []string{"日", "一", "二", "三", "四", "五", "六"}[d.Weekday()]
}

func (r *reader) span(words string, m []string) {
	from, ok := r.date(words, m[1:5], 0)
	if !ok {
		return
	}
	to, ok := r.date(words, m[5:9], from)
	if !ok {
		return
	}
	if to <= from {
		r.fault(words, "放假的起止日期颠倒。", "The span ends before it begins.")
		return
	}
	if days, _ := strconv.Atoi(m[10]); days != to.Sub(from)+1 {
		r.fault(words, "所列日期共 %d 天，文中写作共 %d 天。", "The dates make %d days, the notice says %d.", to.Sub(from)+1, days)
		return
	}
	r.shifted = r.shifted || m[9] != ""
	for d := from; d <= to; d = d.Add(1) {
		r.name(words, d, Holiday)
	}
}

func (r *reader) single(words string, m []string) {
	d, ok := r.date(words, m[1:5], 0)
	if !ok {
		return
	}
	if m[5] != "" && m[5] != "1" {
		r.fault(words, "只写了一天，文中写作放假 %s 天。", "One day is named, the notice says %s.", m[5])
		return
	}
	if day := d.Weekday(); m[6] == "，与周末连休" && day != time.Monday && day != time.Friday {
		r.fault(words, "%[1]s 是周%[2]s，不能与周末连休。", "%[1]s is a %[3]s, which no weekend adjoins.", d, weekdayName(d), day)
		return
	}
	r.name(words, d, Holiday)
}

func (r *reader) work(words string) {
	if !r.shifted {
		r.doubt(words, "“%s”未写明调休却安排上班，请核对。", "%s exchanges no days, yet days are worked for it; check it.", r.holiday)
	}
	for _, m := range dayWords.FindAllStringSubmatch(words, -1) {
		d, ok := r.date(words, m[1:5], 0)
		if !ok {
			return
		}
		if day := d.Weekday(); day != time.Saturday && day != time.Sunday {
			r.fault(words, "%[1]s 是周%[2]s，本来就是工作日。", "%[1]s is a %[3]s, a working day anyway.", d, weekdayName(d), day)
			continue
		}
		r.name(words, d, Workday)
	}
}

// name enters a day.
func (r *reader) name(words string, d Date, kind Kind) {
	if slices.ContainsFunc(r.notice.Days, func(o Day) bool { return o.Date == d }) {
		r.fault(words, "%s 出现了两次。", "%s is named twice.", d)
		return
	}
	r.notice.Days = append(r.notice.Days, Day{Date: d, Kind: kind, Name: r.holiday, Notice: r.notice.Number})
}

// whole looks for what is missing.
func (r *reader) whole() {
	if r.items == 0 {
		r.fault("", "没有找到“一、元旦：……”等放假安排，请粘贴通知全文。", "No item such as 一、元旦：… was found; paste the whole notice.")
		return
	}
	for _, holiday := range holidays {
		named := slices.ContainsFunc(r.notice.Days, func(d Day) bool {
			return d.Kind == Holiday && slices.Contains(strings.Split(d.Name, "、"), holiday)
		})
		if !named {
			r.doubt("", "没有读到“%s”的放假日期，请核对是否漏贴。", "No day off was read for %s; check whether it was left out.", holiday)
		}
	}
	if len(r.notice.Days) == 0 {
		r.fault("", "没有读到任何放假日期。", "No day off was read.")
	}
}
