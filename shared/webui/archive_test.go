package webui

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lianban/shared/roster"
)

func TestARegisterOfPastApprovalsIsTriedConfirmedAndEnteredOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	const path = "/archives"
	send := func(act, content string, more ...string) *page {
		p := b.get(path).wants(http.StatusOK)
		f := p.form("button[value="+act+"]").set("source", "规划局2025年台账").set("asOf", "2025-12-31")
		for k := 0; k < len(more); k += 2 {
			f.set(more[k], more[k+1])
		}
		return b.upload(f, "台账.csv", content)
	}
	b.get(path).wants(http.StatusOK, "还没有录入台账", "下载台账模板")
	heading := "编号,事项编号,受理日期,办结日期\n"
	var rows strings.Builder
	rows.WriteString(heading)
	for k := range 12 {
		fmt.Fprintf(&rows, "A-%d,24,2025-03-03,2025-03-07\n", k)
	}
	send("import", heading+"A-1,24,2025-03-07,2025-03-03\n").wants(http.StatusUnprocessableEntity, "没有录入任何一行", "第2行", "办结日期")
	send("import", "").wants(http.StatusUnprocessableEntity, "请选择要导入的文件")
	send("import", rows.String(), "asOf", "").wants(http.StatusUnprocessableEntity, "数据截止日期")
	send("try", rows.String()).wants(http.StatusOK, "检查通过", "还没有录入台账")

	odd := send("import", rows.String()+"B-1,24,2025-03-03,2025-11-03\n").wants(http.StatusUnprocessableEntity, "不合常情", "第14行", "已经核对")
	b.upload(odd.form("button[value=import]").set("sure", "yes"), "台账.csv", rows.String()+"B-1,24,2025-03-03,2025-11-03\n").wants(http.StatusOK, "台账已录入", "第1版", "规划局2025年台账", "13")
	send("import", rows.String()).wants(http.StatusOK, "第2版", "4个工作日")
	send("import", rows.String()).wants(http.StatusOK, "没有改动", "第2版")

	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get(path).wants(http.StatusOK, "第2版")
	w.secretary().get(path).wants(http.StatusForbidden)
}
