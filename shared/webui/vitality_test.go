package webui

import (
	"net/http"
	"testing"
	"time"
)

func TestTheVitalityOfABranchIsFoundFromTheMenuAndLeadsToItsFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("绕行", road)
	w.route(id, 1)
	w.clock.Add(24 * time.Hour)
	s := w.secretary()
	s.get("/").one("a[href=/vitality]")
	s.get("/vitality").wants(http.StatusOK, "支部活力指数", "不足10件，不评定", "不排名次", "15（拟定）", "5星：90分以上", "1星：不足60分（拟定）", "33项指标", "2026年上半年").one("a[href=/vitality/branch-qingke?period=2026-H1]")
	s.get("/vitality").one("a[href=/api/v1/vitality/table?period=2026-H1&lang=zh&format=csv]")
	index := s.get("/vitality/branch-qingke").wants(http.StatusOK, "活力指数（2026年上半年）", "及时提出", "绕行", "符合", "没有计入事实")
	index.one("a[href=" + issueURL(id) + "]")
	index.one("a[href=/api/v1/branches/branch-qingke/vitality/workbook?period=2026-H1&lang=zh]")
	s.get("/vitality/branch-qingke?period=2025-H2&lang=en").wants(http.StatusOK, "second half of 2025", "Raised in time", "Insufficient: fewer than 10 cases")
	s.get("/vitality?period=x").wants(http.StatusUnprocessableEntity)
	officer := w.officer("cc-transport")
	officer.get("/").lacks("活力指数")
	officer.get("/vitality").wants(http.StatusForbidden)
	s.get("/vitality/branch-of-others").wants(http.StatusNotFound)
}
