package workflows_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"lianban/shared/handler"
	"lianban/workflows"
)

// state is what the wiring looks at; Map holds further states.
type state struct {
	Type               string
	Comment            string
	Resource           string
	TimeoutSeconds     *int64
	TimeoutSecondsPath *string
	Retry, Catch       []struct {
		ErrorEquals []string
		ResultPath  json.RawMessage
		Next        string
	}
	ItemProcessor  *struct{ States map[string]state }
	ItemsPath      string
	MaxConcurrency int
}

// walk visits every state of the file, nested ones included.
func walk(t *testing.T, visit func(name string, s state)) {
	t.Helper()
	var file struct{ States map[string]state }
	if err := json.Unmarshal(workflows.IssueSignOff, &file); err != nil {
		t.Fatal(err)
	}
	var all func(states map[string]state)
	all = func(states map[string]state) {
		for name, s := range states {
			visit(name, s)
			if s.ItemProcessor != nil {
				all(s.ItemProcessor.States)
			}
		}
	}
	all(file.States)
}

func TestEveryTokenIsAHandlerAndEveryHandlerIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([^}]*)\}`).FindAllSubmatch(workflows.IssueSignOff, -1) {
		used[string(m[1])] = true
	}
	if !used["Partition"] {
		t.Error("the file names a partition of its own")
	}
	delete(used, "Partition")
	for _, name := range handler.Names() {
		if !used[name] {
			t.Errorf("no state calls %s", name)
		}
		delete(used, name)
	}
	for name := range used {
		t.Errorf("${%s} is no handler", name)
	}
	if got, want := machine(t).Functions(), handler.Names(); !slices.Equal(got, want) {
		t.Errorf("the engine calls %v, the handlers are %v", got, want)
	}
}

func TestEveryTaskHasATimeout(t *testing.T) {
	t.Parallel()
	walk(t, func(name string, s state) {
		if s.Type == "Task" && s.TimeoutSeconds == nil && s.TimeoutSecondsPath == nil {
			t.Errorf("%s may wait for ever", name)
		}
	})
}

func TestCatchingAllStandsAloneAndLast(t *testing.T) {
	t.Parallel()
	walk(t, func(name string, s state) {
		for what, list := range map[string][]struct {
			ErrorEquals []string
			ResultPath  json.RawMessage
			Next        string
		}{"Retry": s.Retry, "Catch": s.Catch} {
			for k, entry := range list {
				if slices.Contains(entry.ErrorEquals, "States.ALL") && (len(entry.ErrorEquals) != 1 || k != len(list)-1) {
					t.Errorf("%s of %s: States.ALL does not stand alone and last", what, name)
				}
				if what == "Catch" && len(entry.ResultPath) == 0 {
					t.Errorf("Catch of %s loses the issue's id: no ResultPath", name)
				}
			}
		}
	})
}

// TestNothingUnexpectedEndsARound: every state of the top level that can fail
// leads to an operator; what fails inside the Map fails the Map, which does.
func TestNothingUnexpectedEndsARound(t *testing.T) {
	t.Parallel()
	inner := map[string]bool{}
	walk(t, func(_ string, s state) {
		if s.ItemProcessor != nil {
			for name := range s.ItemProcessor.States {
				inner[name] = true
			}
		}
	})
	walk(t, func(name string, s state) {
		if inner[name] || s.Type != "Task" && s.Type != "Map" {
			return
		}
		if n := len(s.Catch); n == 0 || s.Catch[n-1].ErrorEquals[0] != "States.ALL" || s.Catch[n-1].Next != "Hold for operator" {
			t.Errorf("%s can fail without anybody being told", name)
		}
	})
}

func TestTheMapAsksAllFortyAtOnce(t *testing.T) {
	t.Parallel()
	walk(t, func(name string, s state) {
		if s.Type == "Map" && s.MaxConcurrency != 40 {
			t.Errorf("%s asks %d at once", name, s.MaxConcurrency)
		}
	})
}

func TestEveryStateSaysWhyItExists(t *testing.T) {
	t.Parallel()
	walk(t, func(name string, s state) {
		if s.Comment == "" {
			t.Errorf("%s has no comment", name)
		}
	})
}
