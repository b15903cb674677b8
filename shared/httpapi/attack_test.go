package httpapi_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"lianban/shared/access"
	"lianban/shared/policy"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// strangers have nothing to do with the house's issue, its project and its departments.
var strangers = map[string]who{
	"a secretary of another branch": uValley, "an officer of another department": resources,
	"a lead of another department": resourcesLead, "an administrator": admin, "an overseer": overseer,
}

// mayStill are the changes that are for strangers too, each with who and why.
var mayStill = map[string][]string{
	"comment":        {"a secretary of another branch", "an officer of another department", "a lead of another department", "an administrator", "an overseer"}, // whoever sees the issue
	"claimMatter":    {"a lead of another department"},                                                                                                         // the pool is for other units
	"reportMatter":   {"a lead of another department", "an officer of another department"},                                                                     // whose unit has just claimed it
	"giveMatterBack": {"a lead of another department"},
	"proposeChange":  {"an administrator"}, // the register is theirs
	"withdrawChange": {"an administrator"}, // the own proposal
	"importRegister": {"an administrator"}, // a proposal too
}

func TestNobodyChangesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	cases := 0
	for _, r := range h.routes {
		if r.open || r.method == http.MethodGet {
			continue
		}
		for _, name := range ordered(strangers) {
			cases++
			before := h.table.writes()
			a := h.change(strangers[name], r, h.sample(r))
			changed := h.table.writes() != before
			switch a.status {
			case http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
			default:
				if a.status/100 != 2 {
					t.Errorf("%s is refused to %s with %d, which says nothing of who may: %s", r, name, a.status, a.body)
				}
			}
			if allowed := slices.Contains(mayStill[r.id], name); changed != allowed {
				t.Errorf("%s: %s changed something: %v (%d). Is it theirs? Then mayStill says why.", r, name, changed, a.status)
			}
		}
	}
	t.Logf("attacks: %d operations, changes of %d tried by strangers", len(h.routes), cases)
}

// change sends a change under a new key.
func (h *house) change(as who, r route, body string, options ...with) *answer {
	h.t.Helper()
	h.keys++
	return h.send(r.method, h.fill(r, nil), body, append([]with{header("Authorization", "Bearer "+h.token(as)), header("Idempotency-Key", fmt.Sprintf("key-%d", h.keys))}, options...)...)
}

// forged are tokens that no issuer of this house gave, or that are over.
func (h *house) forged() map[string]string {
	h.t.Helper()
	claims := map[string]any{"iss": "http://127.0.0.1", "sub": police.person, "aud": "lianban", "iat": monday.Unix(), "exp": monday.Add(time.Hour).Unix(), "role": police.role, "unit": police.unit}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	sign := func(algorithm jose.SignatureAlgorithm, key any, changed map[string]any) string {
		all := maps.Clone(claims)
		maps.Copy(all, changed)
		text, err := json.Marshal(all)
		if err != nil {
			h.t.Fatal(err)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		signed, err := signer.Sign(text)
		if err != nil {
			h.t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			h.t.Fatal(err)
		}
		return token
	}
	good := sign(jose.EdDSA, key, nil)
	if a := h.send("GET", "/inbox", "", header("Authorization", "Bearer "+good)); a.status != http.StatusOK {
		h.t.Fatalf("the premise does not hold: a good token answers %d", a.status)
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	other, err := json.Marshal(map[string]any{"iss": "http://127.0.0.1", "sub": "cc-administration-1", "aud": "lianban", "exp": monday.Add(time.Hour).Unix(), "role": roster.Administrator, "unit": admin.unit})
	if err != nil {
		h.t.Fatal(err)
	}
	return map[string]string{
		"none": none, "of another key": sign(jose.EdDSA, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32)), nil),
		"signed with the public key as a secret": sign(jose.HS256, []byte(key.Public().(ed25519.PublicKey)), nil),
		"with claims exchanged":                  parts[0] + "." + base64.RawURLEncoding.EncodeToString(other) + "." + parts[2],
		"for another audience":                   sign(jose.EdDSA, key, map[string]any{"aud": "elsewhere"}),
		"of another issuer":                      sign(jose.EdDSA, key, map[string]any{"iss": "http://127.0.0.2"}),
		"stale":                                  sign(jose.EdDSA, key, map[string]any{"exp": monday.Add(-time.Second).Unix()}),
		"for a post that is not held":            sign(jose.EdDSA, key, map[string]any{"role": roster.Lead}),
		"for a colleague who asked for nothing":  sign(jose.EdDSA, key, map[string]any{"for": police2.person}),
	}
}

// TestEveryOperationHasItsPolicyAndEveryPolicyItsOperation holds the policies to the
// operations there are, and writes out, for people to read, for whom each is.
func TestEveryOperationHasItsPolicyAndEveryPolicyItsOperation(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	policies, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	var out strings.Builder
	for _, r := range h.routes {
		ids = append(ids, r.id)
		if open := policies.Operation(policy.Anonymous, r.id) == nil; open != r.open {
			t.Errorf("%s is open to who is not signed in by its policy: %v, by its route: %v", r, open, r.open)
		}
		var roles []string
		for _, role := range roster.Roles() {
			if policies.Operation(role, r.id) == nil {
				roles = append(roles, string(role))
			}
		}
		switch {
		case r.open:
			roles = []string{"everybody"}
		case len(roles) == len(roster.Roles()):
			roles = []string{"whoever holds a post"}
		}
		fmt.Fprintf(&out, "%-24s %-6s %-55s %s\n", r.id, r.method, r.path, strings.Join(roles, ", "))
	}
	if slices.Sort(ids); !slices.Equal(ids, policies.Operations()) {
		t.Errorf("operations and policies (-operations +policies):\n%s", cmp.Diff(ids, policies.Operations()))
	}
	golden(t, "testdata/operations.golden", out.String())
	t.Logf("policies: %d operations by %d roles", len(ids), len(roster.Roles()))
}

func TestForgedAndStaleTokensOpenNoRoute(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	forged := h.forged()
	before := h.table.writes()
	for _, r := range h.routes {
		if r.open {
			continue
		}
		path := h.fill(r, nil)
		ask := func(name string, options ...with) {
			options = append(options, header("Idempotency-Key", "forged"), header("X-Forwarded-User", string(admin.person)), header("X-HTTP-Method-Override", "GET"))
			if a := h.send(r.method, path, h.sample(r), options...); a.status != http.StatusUnauthorized {
				t.Errorf("%s answers %d to %s", r, a.status, name)
			}
		}
		ask("nobody")
		for name, token := range forged {
			ask("a token "+name, header("Authorization", "Bearer "+token))
			ask("a cookie "+name, header("Cookie", access.SessionCookie+"="+token))
		}
	}
	if h.table.writes() != before {
		t.Error("a request without a sign-in changed something")
	}
}

// people are one of each role, who have and who have not to do with the issue.
var people = []who{fenjiang, uValley, police, transport, lead, resources, general, command, bureau, overseer, admin}

func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	before := h.table.writes()
	for _, r := range h.routes {
		if r.method != http.MethodGet {
			continue
		}
		for _, as := range people {
			if a := h.get(as, h.fill(r, nil)); a.status >= 500 {
				t.Errorf("%s answers %d", r, a.status)
			}
			if h.table.writes() != before {
				t.Fatalf("%s by %s changed something", r, as.person)
			}
		}
	}
}

func TestADraftCannotBeToldFromNothingOnAnyRoute(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	draft := h.post(fenjiang, "/issues", strings.Replace(diversion, "{", `{"draft":true,`, 1)).is(http.StatusCreated)
	id, nothing := draft.text("id"), "01900000-0000-7000-8000-00000000ffff"
	if draft.text("status") != "draft" {
		t.Fatalf("the premise does not hold: %s", draft.body)
	}
	n := 0
	for _, r := range h.routes {
		if !strings.HasPrefix(r.path, "/api/v1/issues/{id}") {
			continue
		}
		n++
		for _, name := range ordered(strangers) {
			answers := map[string]string{}
			for _, about := range []string{id, nothing} {
				h.keys++
				a := h.send(r.method, h.fill(r, map[string]string{"{id}": about}), h.sample(r), header("Authorization", "Bearer "+h.token(strangers[name])), header("Idempotency-Key", fmt.Sprintf("key-%d", h.keys)))
				answers[about] = fmt.Sprint(a.status, " ", strings.ReplaceAll(string(a.body), about, "ID"))
			}
			if answers[id] != answers[nothing] {
				t.Errorf("%s tells %s of a draft:\n%s\n%s", r, name, answers[id], answers[nothing])
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d routes of an issue were looked at", n)
	}
}

// objects calls visit with the path of every object within an example that has the
// fields of a schema.
func (s surface) objects(of *schema, value any, path string, visit func(of *schema, o map[string]any, path string)) {
	of = s.resolve(of)
	switch value := value.(type) {
	case map[string]any:
		if len(of.Properties) > 0 {
			visit(of, value, path)
		}
		for _, name := range ordered(of.Properties) {
			if inner, ok := value[name]; ok {
				s.objects(of.Properties[name], inner, strings.TrimPrefix(path+"."+name, "."), visit)
			}
		}
	case []any:
		for k, inner := range value {
			s.objects(of.Items, inner, fmt.Sprintf("%s[%d]", path, k), visit)
		}
	}
}

// claimed are fields that a client might like to set by itself.
var claimed = []string{"state", "status", "decided", "decision", "raisedAt", "raised_at", "role", "actor", "person", "by", "at", "unit", "version", "id", "key", "due", "approved", "isAdmin", "__proto__"}

// whoMay is somebody whose role an operation is for.
func (h *house) whoMay(r route) who {
	h.t.Helper()
	policies, err := policy.New()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, as := range append(slices.Clone(people), security, auditor) {
		if policies.Operation(as.role, r.id) == nil {
			return as
		}
	}
	h.t.Fatalf("%s is for nobody", r)
	return who{}
}

func TestAFieldTooManyIsRefusedOnEveryRoute(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	before, cases := h.table.writes(), 0
	for _, r := range h.routes {
		as := h.whoMay(r)
		if h.change(as, route{id: r.id, method: r.method, path: r.path + "?by=cc-administration-1", parameters: r.parameters}, "").status/100 == 2 && !r.open {
			t.Errorf("%s takes a query parameter that it does not have", r)
		}
		if r.body == nil {
			continue
		}
		var whole any = h.example(r.body, 6)
		h.objects(r.body, whole, "", func(of *schema, o map[string]any, path string) {
			var added []string
			for _, name := range append(slices.Clone(claimed), "Title") {
				if _, own := of.Properties[name]; !own {
					o[name], added = "x", append(added, name)
				}
			}
			body, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			a := h.change(as, r, string(body))
			for _, name := range added {
				field := strings.TrimPrefix(path+"."+name, ".")
				if cases++; a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), `"`+field+`"`) {
					t.Errorf("%s answers %d when %s is sent: %s", r, a.status, field, a.body)
				}
				delete(o, name)
			}
		})
	}
	if h.table.writes() != before {
		t.Error("a request with a field too many changed something")
	}
	t.Logf("attacks: %d fields too many were sent", cases)
}

func TestNumbersBeyondAllBoundsAreRefusedOnEveryRoute(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	const mark = "NUMBER"
	tooMuch := []string{"1e400", "-1e400", "9223372036854775808", "-9223372036854775809", "1.5", "1e-400", strings.Repeat("9", 4000), `"1"`, "true"}
	odd := []string{"-0", "1e0", "9223372036854775807", "-9223372036854775808"}
	cases := 0
	for _, r := range h.routes {
		literals := func(body string) {
			for _, number := range append(slices.Clone(tooMuch), odd...) {
				before := h.table.writes()
				a := h.change(fenjiang, r, strings.Replace(body, `"`+mark+`"`, number, 1))
				if cases++; a.status >= 500 || slices.Contains(tooMuch, number) && (a.status/100 != 4 || h.table.writes() != before) {
					t.Errorf("%s answers %d to %.30s in %s: %s", r, a.status, number, body, a.body)
				}
			}
		}
		for _, p := range r.parameters {
			if h.resolve(p.Schema).kind() != "integer" {
				continue
			}
			for _, number := range []string{"1e400", "9223372036854775808", "-9223372036854775809", "1.5", "0x10", "-1", "9223372036854775807", "１"} {
				a := h.get(fenjiang, h.fill(r, map[string]string{"{" + p.Name + "}": number})+map[bool]string{true: "?" + p.Name + "=" + number}[p.In == "query"])
				if cases++; a.status/100 != 4 && number != "9223372036854775807" || a.status >= 500 {
					t.Errorf("GET %s answers %d to %s=%s: %.300s", r.path, a.status, p.Name, number, a.body)
				}
			}
		}
		if r.body == nil {
			continue
		}
		var whole any = h.example(r.body, 6)
		h.objects(r.body, whole, "", func(of *schema, o map[string]any, _ string) {
			for name, property := range of.Properties {
				if kept, ok := o[name]; ok && h.resolve(property).kind() == "integer" {
					o[name] = mark
					body, err := json.Marshal(whole)
					if err != nil {
						t.Fatal(err)
					}
					literals(string(body))
					o[name] = kept
				}
			}
		})
	}
	t.Logf("attacks: %d numbers were sent", cases)
}

func TestNothingInAPathOrQueryFailsInside(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	before, token := h.table.writes(), h.token(uValley)
	for _, r := range h.routes {
		for _, hostile := range []string{"%00", "%ff", "..%2f..%2fetc%2fpasswd", "%e2%80%ae", "%23", "I%23x%00", strings.Repeat("9", 3000), "%27%20OR%201=1--", "CON", "%0d%0aSet-Cookie:x"} {
			for _, p := range r.parameters {
				path := h.fill(r, nil)
				switch p.In {
				case "path":
					path = h.fill(r, map[string]string{"{" + p.Name + "}": hostile})
				case "query":
					path += "?" + p.Name + "=" + hostile
				default:
					continue
				}
				a := h.send(r.method, path, h.sample(r), header("Authorization", "Bearer "+token), header("Idempotency-Key", "hostile"))
				if a.status >= 500 || a.header.Get("Set-Cookie") != "" && !r.open {
					t.Errorf("%s answers %d: %s", a.asked, a.status, a.body)
				}
			}
		}
	}
	if h.table.writes() != before {
		t.Error("a hostile address changed something")
	}
}

func TestAnAnswerIsSmallWhateverWasSent(t *testing.T) {
	t.Parallel()
	w := open(t)
	for name, body := range map[string]string{
		"many entries at fault": `{"project":"fenjiang-west-bank","title":"t","parties":[` + strings.Repeat(`1,`, 400_000) + `1]}`,
		"many unknown fields":   `{` + fields(60_000) + `}`,
		"a deep body":           `{"title":` + strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000) + `}`,
		"a deeper body":         strings.Repeat(`{"a":`, 150_000),
		"a long text":           `{"project":"` + strings.Repeat("x", 900_000) + `","title":"t"}`,
		"a long unknown field":  `{"` + strings.Repeat("x", 900_000) + `":1}`,
	} {
		before := w.table.writes()
		a := w.post(fenjiang, "/issues", body)
		if a.status/100 != 4 || len(a.body) > 32<<10 || w.table.writes() != before {
			t.Errorf("%s: %d with %d bytes: %.300s", name, a.status, len(a.body), a.body)
		}
	}
}

func TestATablesFaultsAreFewWhateverItHolds(t *testing.T) {
	t.Parallel()
	w := open(t)
	for name, table := range map[string]string{
		"many columns": strings.Repeat("x,", 300_000) + "x",
		"many cells":   "项目,标题,事项编号\n" + strings.Repeat(`nowhere,x,"`+strings.Repeat("x;", 900)+`"`+"\n", 400),
		"many rows":    "项目,标题\n" + strings.Repeat("nowhere,x\n", 60_000),
		"a long row":   "项目,标题\n" + strings.Repeat("x,", 300_000) + "x",
	} {
		body, err := json.Marshal(map[string]string{"table": table})
		if err != nil {
			t.Fatal(err)
		}
		a := w.post(fenjiang, "/imports/issues?dry=true", string(body))
		if a.status >= 500 || len(a.body) > 256<<10 {
			t.Errorf("%s: %d with %d bytes: %.300s", name, a.status, len(a.body), a.body)
		}
	}
}

func fields(n int) string {
	var b strings.Builder
	for k := range n {
		fmt.Fprintf(&b, `"f%d":1,`, k)
	}
	return b.String() + `"f":1`
}

func TestAKeyTwiceInABodyIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	before := w.table.writes()
	for _, body := range []string{
		`{"kind":"object","kind":"approve","code":"other","ground":"g","reason":"r"}`, `{"kind":"object","\u006bind":"approve"}`,
		`{"kind":"commitment","duties":[{"what":"补齐","by":"2026-03-10","what":"报备"}]}`,
	} {
		a := w.post(police, "/issues/"+id+"/signoffs/1/decision", body).problem(http.StatusBadRequest, "malformed", "")
		if !strings.Contains(a.text("detail"), "twice") {
			t.Errorf("it is said as %s", a.body)
		}
	}
	if w.table.writes() != before {
		t.Error("something was decided")
	}
}

func TestAChangeThatIsNotPutOnRecordIsNoticed(t *testing.T) {
	t.Parallel()
	issue, event := store.Op{Put: &store.Item{Key: store.Key{PK: "I#1", SK: "A"}}}, store.Op{Put: &store.Item{Key: store.Key{PK: "I#1", SK: "E#00000001"}}}
	if got := unrecorded([]store.Op{issue}); !slices.Equal(got, []string{"I#1"}) {
		t.Errorf("noticed are %v", got)
	}
	if got := unrecorded([]store.Op{issue, event}); got != nil {
		t.Errorf("noticed are %v though all is on record", got)
	}
}

func TestWhatCannotBePutOnRecordIsNotDone(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	id := h.at["/issues {id}"]
	refused := 0
	h.table.refuse = func(op store.Op) error {
		if op.Put != nil && strings.HasPrefix(op.Put.SK, "E#") {
			refused++
			return errors.New("the audit trail takes nothing")
		}
		return nil
	}
	changes := []struct {
		as         who
		path, body string
	}{
		{fenjiang, "/issues", diversion},
		{transport, "/issues/" + id + "/signoffs/2/decision", `{"kind":"approve"}`},
		{fenjiang, "/issues/" + id + "/signoffs/2/urge", ""},
		{fenjiang, "/issues/" + id + "/withdraw", `{"reason":"r"}`},
		{police, "/issues/" + id + "/comments", `{"text":"x"}`},
		{fenjiang, "/pool", storage},
		{lead, "/pool/" + h.at["/pool {id}"] + "/claim", ""},
		{fenjiang, "/requests", noise},
		{fenjiang, "/requests/2026-000001/acceptance", ""},
		{admin, "/register/changes", strings.Replace(reform, "25", "27", 1)},
		{admin2, "/register/changes/" + h.at["/register {id}"] + "/approval", ""},
		{general, "/briefings/list.branch-fenjiang.2026-03/signature", `{"version":1}`},
	}
	for _, c := range changes {
		refused = 0
		before := h.get(overseer, "/issues/"+id).is(200).body
		h.post(c.as, c.path, c.body).problem(http.StatusInternalServerError, "internal", "")
		if refused == 0 {
			t.Errorf("POST %s puts nothing on record", c.path)
		}
		if after := h.get(overseer, "/issues/"+id).is(200).body; !bytes.Equal(before, after) {
			t.Errorf("POST %s is done though it is not on record:\n%s\n%s", c.path, before, after)
		}
	}
	h.table.refuse = nil
	for _, c := range changes[1:2] { // the same goes once the trail takes it
		h.post(c.as, c.path, c.body).is(http.StatusOK)
	}
}

// guards are the headers that say what a browser may do with an answer.
var guards = []string{"Cache-Control", "Content-Disposition", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Robots-Tag"}

// TestSecurityHeadersAreAsInTheGoldenFile asks every route as everybody; the file has
// each kind of content once with the headers that all answers of that kind bear.
func TestSecurityHeadersAreAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	seen := map[string]bool{}
	note := func(a *answer) {
		kind := a.header.Get("Content-Type")
		if len(a.body) == 0 {
			kind = "nothing"
		}
		var all strings.Builder
		for _, name := range guards {
			if value := a.header.Get(name); value != "" {
				value, _, _ = strings.Cut(value, "; filename") // which is the answer's own
				fmt.Fprintf(&all, "  %s: %s\n", name, value)
			}
		}
		seen[kind+"\n"+all.String()] = true
	}
	for _, r := range h.routes {
		note(h.change(fenjiang, r, h.sample(r)))
		if r.method == http.MethodGet {
			note(h.get(overseer, h.fill(r, nil)))
		}
		note(h.send(r.method, h.fill(r, nil), ""))
	}
	note(h.get(fenjiang, "/nowhere"))
	note(h.send("TRACE", "/issues", ""))
	golden(t, "testdata/headers.golden", strings.Join(ordered(seen), ""))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the code gives; if the change is meant, run the test with -update:\n%s", name, got)
	}
}
