package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// The two notices that changed a running year, in their wording.
const (
	labour2019 = `国务院办公厅关于调整
2019年劳动节假期安排的通知
国办发明电〔2019〕3号

各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
　　经国务院批准，现将调整2019年劳动节放假安排通知如下。
　　一、2019年5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。
　　二、各地区、各部门要抓紧做好本地区、本领域的劳动节假期调整落实工作，采取有效措施，保障交通运力，加强旅游服务，丰富产品供给，强化综合调控，确保平稳运行。
　　三、劳动节期间，要妥善安排好值班和安全、保卫等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2019年3月22日`
	spring2020 = `国务院办公厅关于延长2020年春节假期的通知
国办发明电〔2020〕1号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，为加强新型冠状病毒感染的肺炎疫情防控工作，有效减少人员聚集，阻断疫情传播，更好保障人民群众生命安全和身体健康，现将延长2020年春节假期的具体安排通知如下。
一、延长2020年春节假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班。
二、各地大专院校、中小学、幼儿园推迟开学，具体时间由教育部门另行通知。
三、因疫情防控不能休假的职工，应根据《中华人民共和国劳动法》规定安排补休，未休假期的工资报酬应按照有关政策保障落实。
国务院办公厅
2020年1月26日`
)

// before is the calendar as it was before the two: the table states what held in the end.
func before(t testing.TB) *Calendar {
	t.Helper()
	var notices []Notice
	for _, n := range China().Notices() {
		switch n.Number {
		case "国办发明电〔2019〕3号", "国办发明电〔2020〕1号":
			continue
		case "国办发明电〔2018〕15号":
			n.Days = append(n.Days, Day{MustParse("2019-05-01"), Holiday, "劳动节", n.Number})
		case "国办发明电〔2019〕16号":
			n.Days = append(n.Days, Day{MustParse("2020-02-01"), Workday, "春节", n.Number})
		}
		notices = append(notices, n)
	}
	c, err := new(Calendar).With(notices...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPastedChangesOfAYearGiveWhatTheTableStates(t *testing.T) {
	t.Parallel()
	c := before(t)
	for text, amends := range map[string]string{labour2019: "国办发明电〔2018〕15号", spring2020: "国办发明电〔2019〕16号"} {
		n, doubts, err := c.ReadNotice(text)
		if err != nil || len(doubts) > 0 {
			t.Fatal(err, doubts)
		}
		if n.Amends != amends || !strings.Contains(text, n.Number) {
			t.Errorf("%s amends %s", n.Number, n.Amends)
		}
		if c, err = c.With(n); err != nil {
			t.Fatal(err)
		}
	}
	for d := MustParse("2018-12-01"); d <= MustParse("2020-12-31"); d++ {
		got, _ := c.Day(d)
		want, _ := China().Day(d)
		if got != want {
			t.Errorf("%s: %+v, want %+v", d, got, want)
		}
	}
}

func TestAChangeTakesBackWhatItDoesNotNameAgain(t *testing.T) {
	t.Parallel()
	c := China()
	// Invented: the days of 2026 are those of its notice.
	text := `关于调整2026年国庆节假期安排的通知 国办发明电〔2026〕2号
一、10月1日（周四）至5日（周一）放假调休，共5天。10月10日（周六）上班。`
	n, doubts, err := c.ReadNotice(text)
	if err != nil || len(doubts) > 0 {
		t.Fatal(err, doubts)
	}
	after, err := c.With(n)
	if err != nil {
		t.Fatal(err)
	}
	for date, working := range map[string]bool{"2026-09-20": false, "2026-10-01": false, "2026-10-05": false, "2026-10-06": true, "2026-10-07": true, "2026-10-10": true} {
		if after.Working(MustParse(date)) != working {
			t.Errorf("%s: worked %v", date, !working)
		}
	}
	// A second change stands on the first one, and names the year's notice too.
	again, _, err := after.ReadNotice(`关于延长2026年国庆节假期的通知 国办发明电〔2026〕3号
一、延长2026年国庆节假期至10月6日（周二），10月7日（周三）起正常上班。`)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := after.With(again); err != nil || last.Working(MustParse("2026-10-06")) || !last.Working(MustParse("2026-10-07")) || last.Working(MustParse("2026-10-03")) {
		t.Errorf("after a second change: %v", err)
	}
	// Nor do the yearly notices read otherwise than before.
	if n, _, err := c.ReadNotice(pasted[2026]); err != nil || n.Year != 2026 || n.Amends != "" {
		t.Errorf("the yearly notice: %+v, %v", n, err)
	}
}

func TestAChangeThatContradictsItselfIsRefusedWithTheWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, old, new, words, want string }{
		"a weekday":          {labour2019, "4月28日（星期日）", "4月28日（星期六）", "4月28日（星期六）、5月5日（星期日）上班", "is a Sunday"},
		"a count":            {labour2019, "共4天", "共5天", "2019年5月1日至4日放假调休，共5天", "make 4 days"},
		"an unknown holiday": {labour2019, "年劳动节假", "年重阳节假", "重阳节", "There is no"},
		"an unknown year":    {labour2019, "关于调整\n2019年", "关于调整\n2031年", "", "has not been entered"},
		"a known number":     {labour2019, "〔2019〕3号", "〔2018〕15号", "", "has been entered already"},
		"no number":          {labour2019, "国办发明电〔2019〕3号", "", "", "is missing"},
		"no day":             {labour2019, "一、2019年5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。", "", "", "No day was read"},
		"no extension":       {spring2020, "至2月2日（农历正月初九，星期日），2月3日（星期一）", "至1月30日，1月31日", "延长2020年春节假期至1月30日，1月31日起正常上班", "no extension"},
		"work a day later":   {spring2020, "2月3日（星期一）", "2月4日（星期二）", "延长2020年春节假期至2月2日（农历正月初九，星期日），2月4日（星期二）起正常上班", "begins the day after"},
		"another holiday":    {spring2020, "延长2020年春节假期至", "延长2020年元旦假期至", "延长2020年元旦假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班", "not the title's"},
	} {
		_, _, err := before(t).ReadNotice(strings.Replace(c.text, c.old, c.new, 1))
		e, ok := errors.AsType[*NoticeError](err)
		if !ok || !slices.ContainsFunc(e.Faults, func(d Doubt) bool {
			return d.Words == c.words && strings.Contains(d.EN, c.want) && d.ZH != "" && !strings.Contains(d.ZH+d.EN, "%!")
		}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A sentence with a date that is not understood, and a day of another holiday.
	_, doubts, err := before(t).ReadNotice(strings.Replace(labour2019, "5月5日（星期日）上班。", "5月5日（星期日）上班。5月6日视情安排。", 1))
	if err != nil || len(doubts) != 1 || doubts[0].Words != "5月6日视情安排" {
		t.Errorf("%+v, %v", doubts, err)
	}
	_, doubts, err = before(t).ReadNotice(strings.Replace(spring2020, "三、因", "三、4月26日（星期日）上班。四、因", 1))
	if err != nil || len(doubts) != 1 || !strings.Contains(doubts[0].EN, "belongs to the arrangement for 劳动节") {
		t.Errorf("%+v, %v", doubts, err)
	}
}

// FuzzReadNotice: any change is refused or read, and what is read can be entered.
func FuzzReadNotice(f *testing.F) {
	f.Add(labour2019)
	f.Add(spring2020)
	f.Add(pasted[2026])
	c := before(f)
	f.Fuzz(func(t *testing.T, text string) {
		n, doubts, err := c.ReadNotice(text)
		for _, d := range doubts {
			if d.ZH == "" || d.EN == "" {
				t.Fatalf("a doubt without words: %+v", d)
			}
		}
		if err != nil || n.Amends == "" {
			return
		}
		if _, err := c.With(n); err != nil {
			t.Fatalf("%+v cannot be entered: %v", n, err)
		}
	})
}
