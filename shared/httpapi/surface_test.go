package httpapi_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianban/shared/httpapi"
	"lianban/shared/store"
)

// witness stands between the house and its table: it counts what is written, refuses
// what it is told to, and holds every test of this package to it that whatever changes
// is put on record by the same write.
type witness struct {
	store.Table
	t      testing.TB
	mu     sync.Mutex
	n      int
	refuse func(store.Op) error // nil: nothing
}

// Write implements store.Table.
func (w *witness) Write(ctx context.Context, ops []store.Op) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	for _, pk := range unrecorded(ops) {
		w.t.Errorf("%s changes and nothing is put on record", pk)
	}
	if w.refuse != nil {
		for _, op := range ops {
			if err := w.refuse(op); err != nil {
				return err
			}
		}
	}
	return w.Table.Write(ctx, ops)
}

// unrecorded are the issues and records that a write changes without an event of
// their own.
func unrecorded(ops []store.Op) (pks []string) {
	told := map[string]bool{}
	for _, op := range ops {
		if key := op.Key(); strings.HasPrefix(key.SK, "E#") {
			told[key.PK] = true
		}
	}
	for _, op := range ops {
		key := op.Key()
		if key.SK == "A" && (strings.HasPrefix(key.PK, "I#") || strings.HasPrefix(key.PK, "R#")) && !told[key.PK] {
			pks = append(pks, key.PK)
		}
	}
	return pks
}

// Forget implements store.Table.
func (w *witness) Forget(ctx context.Context, keys []store.Key) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.Table.Forget(ctx, keys)
}

// writes is how often anything was written so far.
func (w *witness) writes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// route is an operation as the document describes it, which is where attacks on all
// of them take it from: a new one is attacked without anybody having to think of it.
type route struct {
	id, method, path string // the path with its parameters in braces
	open             bool   // needs no sign-in
	parameters       []parameter
	body             *schema // nil: takes none, or none of JSON
}

func (r route) String() string { return r.method + " " + r.path }

type parameter struct {
	Name   string  `json:"name"`
	In     string  `json:"in"`
	Needed bool    `json:"required"`
	Schema *schema `json:"schema"`
}

// schema is as much of JSON Schema as the document uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Encoding   string             `json:"contentEncoding"`
	Enum       []any              `json:"enum"`
	Minimum    float64            `json:"minimum"`
	MinItems   int                `json:"minItems"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	Closed     any                `json:"additionalProperties"`
}

func (s *schema) kind() string {
	switch kind := s.Type.(type) {
	case string:
		return kind
	case []any: // ["array", "null"]
		return kind[0].(string)
	}
	return ""
}

// surface is all that can be asked of a server.
type surface struct {
	routes  []route
	schemas map[string]*schema
}

func (w *world) surface() surface {
	w.t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			ID         string      `json:"operationId"`
			Security   []any       `json:"security"`
			Parameters []parameter `json:"parameters"`
			Body       struct {
				Content map[string]struct {
					Schema *schema `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(w.send("GET", "/openapi.json", "").is(200).body, &document); err != nil {
		w.t.Fatal(err)
	}
	s := surface{schemas: document.Components.Schemas}
	for path, methods := range document.Paths {
		for method, op := range methods {
			s.routes = append(s.routes, route{op.ID, strings.ToUpper(method), path, len(op.Security) == 0, op.Parameters, op.Body.Content["application/json"].Schema})
		}
	}
	if len(s.routes) < 150 {
		w.t.Fatalf("the document has %d operations only", len(s.routes))
	}
	slices.SortFunc(s.routes, func(a, b route) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return s
}

func (s surface) resolve(of *schema) *schema {
	for of.Ref != "" {
		of = s.schemas[of.Ref[strings.LastIndexByte(of.Ref, '/')+1:]]
	}
	return of
}

// example is a value that the schema takes: of an object what is required, or whole
// everything down to a depth.
func (s surface) example(of *schema, depth int) any {
	of = s.resolve(of)
	if len(of.Enum) > 0 {
		return of.Enum[0]
	}
	switch of.kind() {
	case "object":
		o := map[string]any{}
		for name, property := range of.Properties {
			if depth > 0 || slices.Contains(of.Required, name) {
				o[name] = s.example(property, depth-1)
			}
		}
		return o
	case "array":
		l := []any{}
		for range max(of.MinItems, min(depth, 1)) {
			l = append(l, s.example(of.Items, depth-1))
		}
		return l
	case "integer", "number":
		return max(of.Minimum, 1)
	case "boolean":
		return false
	}
	switch {
	case of.Format == "date":
		return "2026-03-10"
	case of.Format == "date-time":
		return "2026-03-10T02:00:00Z"
	case of.Encoding == "base64":
		return "5paH5a2X"
	}
	return "x"
}

// sound are bodies that the rules take, where what the schema asks for is not enough.
var sound = map[string]string{
	"raiseIssue": diversion, "plan": diversion, "publishMatter": storage, "registerRequest": noise, "proposeChange": reform, "previewChange": reform,
	"importRegister": newcomers, "appointSubstitute": absence, "importFigures": imported(keyProjects),
	"enterFigure":     `{"project":"fenjiang-west-bank","period":"2026-02","done":3000}`,
	"enterPlan":       `{"project":"fenjiang-west-bank","amount":12000,"from":"2026-01-01"}`,
	"approveAll":      `{"tasks":[{"issue":"ISSUE","signOff":2,"version":6}]}`,
	"importIssues":    `{"table":"项目,标题\nfenjiang-west-bank,规划许可\n"}`,
	"drawUpBriefing":  `{"kind":"list","about":"branch-fenjiang","period":"2026-03"}`,
	"whatIf":          `{"district":"440604","from":"2025-01-01","to":"2025-12-31","scenario":{}}`,
	"scheduleMeeting": villageVotes,
}

// sample is a request's body that the rules take as far as that can be known.
func (h *house) sample(r route) string {
	if text, ok := sound[r.id]; ok {
		return strings.ReplaceAll(text, "ISSUE", h.at["/issues {id}"])
	}
	if r.body == nil {
		return ""
	}
	text, err := json.Marshal(h.example(r.body, 0))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// house is a world with one of everything, and where it is.
type house struct {
	*world
	surface
	at map[string]string // what stands for a parameter, by the route's beginning and the parameter
}

// furnished is a house in which there is one of everything that a path names: an issue
// in its round, with an objection in consultation, a task with papers asked for, a duty,
// an added signer and an attachment, and one record of each other kind.
func furnished(t testing.TB) *house {
	t.Helper()
	w := open(t)
	h := &house{world: w, surface: w.surface(), at: map[string]string{}}
	id := w.raised(diversion)
	w.post(transport, "/issues/"+id+"/signoffs/2/added", `{"department":"cc-housing","when":"after","question":"路口能否封闭"}`).is(200)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"g","reason":"r"}`).is(200)
	w.post(general, "/issues/"+id+"/consultation/meeting", villageVotes).is(200)
	w.attached(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).is(200)
	matter := w.post(fenjiang, "/pool", storage).is(201).text("id")
	w.post(fenjiang, "/requests", noise).is(201)
	change := w.post(admin, "/register/changes", reform).is(201)
	w.post(fenjiang, "/briefings", `{"kind":"list","about":"branch-fenjiang","period":"2026-03"}`).is(201)
	w.post(bureau, "/investment/2026/imports", imported(keyProjects)).is(200)
	hash := ""
	if parts := strings.Split(w.get(fenjiang, "/issues/"+id).is(200).text("attachments", 0, "hash"), ":"); len(parts) > 0 {
		hash = parts[len(parts)-1]
	}
	h.at = map[string]string{
		"/issues {id}": id, "/uploads {id}": id, "{hash}": hash, "/pool {id}": matter, "/requests {id}": "2026-000001",
		"/register {id}":  strings.TrimPrefix(change.header.Get("Location"), httpapi.Base+"/register/changes/"),
		"/briefings {id}": "list.branch-fenjiang.2026-03", "/departments {id}": "cc-transport", "/branches {id}": "branch-fenjiang",
		"/projects {id}": "fenjiang-west-bank", "/investment {id}": "fenjiang-west-bank", "/register {table}": "people", "{year}": "2026", "{table}": "all",
		"{n}": "1", "{k}": "1", "{no}": "25", "{date}": "2026-03-10", "{receipt}": "2026-000001",
	}
	return h
}

// fill puts what there is into a route's path; with says otherwise for some.
func (h *house) fill(r route, with map[string]string) string {
	first := "/" + strings.Split(strings.TrimPrefix(r.path, httpapi.Base+"/"), "/")[0]
	path := r.path
	for _, p := range r.parameters {
		name := "{" + p.Name + "}"
		value := cmp.Or(with[name], h.at[first+" "+name], h.at[name], "1")
		path = strings.ReplaceAll(path, name, value)
	}
	return path
}

func ordered[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
