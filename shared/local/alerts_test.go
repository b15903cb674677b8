package local

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEveryAlertWatchesAFigureAndSaysWhatToDo holds Prometheus' rules to the figures that are
// served and to the runbook.
func TestEveryAlertWatchesAFigureAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../infra/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	book, err := os.ReadFile("../../infra/ONE-MACHINE.md")
	if err != nil {
		t.Fatal(err)
	}
	unread := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### (Lianban\w+)$`).FindAllStringSubmatch(string(book), -1) {
		unread[m[1]] = true
	}
	watch := opened(t).Pulse(0)
	asked(watch.Around(watch.Metrics()), "/x") // so that there is a request to count
	served := asked(watch.Metrics(), "/metrics").Body.String()
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			figures := regexp.MustCompile(`\blianban_\w+`).FindAllString(r.Expr, -1)
			if len(figures) == 0 && !strings.Contains(r.Expr, `up{job="lianban"}`) {
				t.Errorf("%s watches nothing of this process: %s", r.Alert, r.Expr)
			}
			for _, f := range figures {
				if !strings.Contains(served, "\n"+f+" ") && !strings.Contains(served, "\n"+f+"{") {
					t.Errorf("%s watches %s, which is not served", r.Alert, f)
				}
			}
			if !unread[r.Alert] || r.Annotations["runbook"] != "infra/ONE-MACHINE.md#"+strings.ToLower(r.Alert) {
				t.Errorf("nothing says what to do about %s: %q", r.Alert, r.Annotations["runbook"])
			}
			delete(unread, r.Alert)
			if r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
				t.Errorf("%s does not say what it is about, or how urgent", r.Alert)
			}
		}
	}
	for name := range unread {
		t.Errorf("the runbook tells of %s, which is no alert", name)
	}
}
