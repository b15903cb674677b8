package calendar

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The notices in their usual wording; the dates are those of cn_days.csv.
var pasted = map[int]string{
	2024: `国务院办公厅关于2024年
部分节假日安排的通知
国办发明电〔2023〕7号

各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
　　经国务院批准，现将2024年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
　　一、元旦：1月1日放假，与周末连休。
　　二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
　　三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
　　四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
　　五、端午节：6月10日放假，与周末连休。
　　六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
　　七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
　　节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2023年10月25日`,
	2025: `国务院办公厅关于2025年部分节假日安排的通知
国办发明电〔2024〕12号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2025年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2024年11月12日`,
	2026: `国务院办公厅关于2026年部分节假日安排的通知
国办发明电〔2025〕7号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
  经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
  一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
  二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
  三、清明节：4月4日（周六）至6日（周一）放假，共3天。
  四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
  五、端午节：6月19日（周五）至21日（周日）放假，共3天。
  六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
  七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
  节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
（此件公开发布）`,
}

func TestPastedNoticesGiveTheRowsOfTheTable(t *testing.T) {
	t.Parallel()
	for year, text := range pasted {
		var want Notice
		for _, n := range China().Notices() {
			if n.Year == year {
				want = n
			}
		}
		got, doubts, err := ParseNotice(text)
		if err != nil || len(doubts) > 0 {
			t.Errorf("%d: %v, doubts %+v", year, err, doubts)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d: %s", year, diff)
		}
		if _, err := new(Calendar).With(got); err != nil {
			t.Errorf("%d: %v", year, err)
		}
	}
}

func TestAPastedNoticeMayReachIntoDecember(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("2026年", "2023年", "〔2025〕7号", "〔2022〕16号").Replace(pasted[2026])
	text = text[:strings.Index(text, "一、元旦")] + "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。"
	got, _, err := ParseNotice(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Days) != 3 || got.Days[0].Date != MustParse("2022-12-31") || got.Days[2].Date != MustParse("2023-01-02") || got.Year != 2023 || got.Number != "国办发明电〔2022〕16号" {
		t.Errorf("read %+v", got)
	}
}

func TestAPasteIsReadWhateverItsBlanksAndPunctuation(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("（", " ( ", "）", ") ", "：", ":\n", "，", ",", "〔", "[", "〕", "]", "6月19日", "６月１９日").Replace(pasted[2026])
	got, doubts, err := ParseNotice("\uFEFF" + text)
	if err != nil || len(doubts) > 0 {
		t.Fatalf("%v, doubts %+v", err, doubts)
	}
	want, _, _ := ParseNotice(pasted[2026])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseNoticeRefusesWhatContradictsItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"AWeekdayThatIsNotTheDates":        {"6月19日（周五）", "6月19日（周四）", `2026-06-19 is a Friday, the notice says "周四"`},
		"AWeekdayOfTheLastDay":             {"21日（周日）放假", "21日（周六）放假", "2026-06-21 is a Sunday"},
		"ACountThatIsNotTheSpans":          {"放假调休，共9天", "放假调休，共8天", "The dates make 9 days, the notice says 8"},
		"AWorkdayFromMondayToFriday":       {"5月9日（周六）上班", "5月8日上班", "2026-05-08 is a Friday, a working day anyway"},
		"ADayThatDoesNotExist":             {"5月9日（周六）上班", "2月30日上班", "There is no day 2026-2-30"},
		"ASpanThatEndsBeforeItBegins":      {"6月19日（周五）至21日（周日）", "6月21日（周日）至19日（周五）", "The span ends before it begins"},
		"ADayNamedTwice":                   {"5月9日（周六）上班", "5月2日（周六）上班", "2026-05-02 is named twice"},
		"AnItemLeftOut":                    {"三、清明节：4月4日（周六）至6日（周一）放假，共3天。", "", "This should be item 3"},
		"ADateOfAnotherYear":               {"5月9日（周六）上班", "2027年5月9日上班", "2027-05-09 is outside 2026"},
		"ADateWithoutAMonth":               {"5月9日（周六）上班", "9日上班", "A date has no month"},
		"TwoNumbers":                       {"节假日期间，", "国办发明电〔2025〕8号。节假日期间，", "There are two numbers"},
		"TwoYears":                         {"节假日期间，", "关于2027年部分节假日安排的通知。节假日期间，", "There are titles for two years"},
		"AYearInTheTextThatIsNotTheTitles": {"现将2026年", "现将2025年", "The year is not the title's"},
		"NoTitle":                          {"部分节假日安排的通知", "放假通知", "The title"},
		"NoNumber":                         {"国办发明电〔2025〕7号", "", "The number"},
		"AYearOutOfReach":                  {"关于2026年", "关于2226年", "Year 2226 is not between"},
		"OneDayThatIsTwo":                  {"6月19日（周五）至21日（周日）放假，共3天", "6月19日（周五）放假2天", "One day is named, the notice says 2"},
		"AWeekendThatIsNotThere":           {"6月19日（周五）至21日（周日）放假，共3天", "6月18日放假，与周末连休", "2026-06-18 is a Thursday"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(pasted[2026], c.old, c.new, 1)
			if text == pasted[2026] {
				t.Fatal("the notice does not say that")
			}
			got, _, err := ParseNotice(text)
			e, ok := errors.AsType[*NoticeError](err)
			if !ok || len(got.Days) > 0 || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("answers %v, want one that says %q", err, c.want)
			}
			for _, f := range e.Faults {
				if f.ZH == "" || f.EN == "" || strings.Contains(f.ZH+f.EN, "%!") {
					t.Errorf("a broken sentence: %+v", f)
				}
			}
		})
	}
	for _, text := range []string{"", "明年五一放假五天", strings.Repeat("长", noticeRunes+1), pasted[2026][:strings.Index(pasted[2026], "一、元旦")]} {
		if _, _, err := ParseNotice(text); err == nil {
			t.Errorf("accepted %.40q", text)
		}
	}
}

func TestParseNoticeListsWhatSomebodyHasToRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, words, want string }{
		"ASentenceItDoesNotKnow":    {"5月9日（周六）上班。", "5月9日（周六）上班。5月4日青年半天放假。", "5月4日青年半天放假", "was not understood"},
		"AWordBeforeTheItems":       {"经国务院批准，", "特此说明。经国务院批准，", "特此说明", "was not understood"},
		"ANoteInADate":              {"6月19日（周五）", "6月19日（周五、A股休市）", "6月19日（周五、A股休市）至21日（周日）放假，共3天", "was not understood"},
		"AHolidayThatIsNew":         {"三、清明节：", "三、抗战胜利纪念日：", "三、抗战胜利纪念日：", "none of the usual holidays"},
		"AHolidayThatIsMissing":     {"七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。", "", "", "No day off was read for 国庆节"},
		"ADayWorkedForNoExchange":   {"6月19日（周五）至21日（周日）放假，共3天。", "6月19日（周五）至21日（周日）放假，共3天。6月27日（周六）上班。", "6月27日（周六）上班", "exchanges no days"},
		"ANumberOfAnUnexpectedYear": {"〔2025〕7号", "〔2026〕7号", "国办发明电〔2026〕7号", "usually issued in the year before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, doubts, err := ParseNotice(strings.Replace(pasted[2026], c.old, c.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, d := range doubts {
				found = found || d.Words == c.words && strings.Contains(d.EN, c.want) && d.ZH != "" && !strings.Contains(d.ZH+d.EN, "%!")
			}
			if !found {
				t.Errorf("doubts %+v, want one about %q that says %q", doubts, c.words, c.want)
			}
		})
	}
}

// FuzzParseNotice: any text is refused or read, and what is read can be entered.
func FuzzParseNotice(f *testing.F) {
	for _, text := range pasted {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		notice, doubts, err := ParseNotice(text)
		for _, d := range doubts {
			if d.ZH == "" || d.EN == "" {
				t.Fatalf("a doubt without words: %+v", d)
			}
		}
		if err != nil {
			return
		}
		if _, err := new(Calendar).With(notice); err != nil {
			t.Fatalf("%+v cannot be entered: %v", notice, err)
		}
	})
}
