package infra_test

import (
	"context"
	"fmt"
	"go/ast"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/handler"
	"lianban/shared/measure"
	"lianban/shared/personal"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// statement is one statement of a policy, with where it stands.
type statement struct {
	at     string // file resource sid
	effect string
	text   object
}

// statements are all statements of all policies: roles', managed, of keys, queues.
func statements(s stack) []statement {
	var all []statement
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		p := s.parts[name]
		walk(p.text["Resources"], nil, func(trail []string, value any) {
			m, _ := value.(object)
			for _, one := range list(m["Statement"]) {
				text, ok := one.(object)
				if !ok || text["Effect"] == nil {
					continue // a firewall's statement
				}
				all = append(all, statement{fmt.Sprintf("%s %s %v", p.file, trail[0], text["Sid"]), text["Effect"].(string), text})
			}
		})
	}
	return all
}

// everything lists the statements that name no narrower resource, with the
// reason.
var everything = map[string]string{
	"infra/data.yaml Key TheAccountsPolicies":          "in a key's policy * is the key itself",
	"infra/data.yaml Key TheLogs":                      "in a key's policy * is the key itself",
	"infra/data.yaml Key TheAlarms":                    "in a key's policy * is the key itself",
	"infra/workflow.yaml IssueSignoffRole DeliverLogs": "log delivery knows no resource",
	"infra/workflow.yaml RelayRole FindTheStream":      "ListStreams knows no resource",
	"infra/workflow.yaml WitnessRole FindTheStream":    "ListStreams knows no resource",
}

// objects are the names that a bucket's objects have in policies: all below it, or
// below one prefix that the source knows.
var objects = []string{"${Papers.Arn}/*", "${PapersArn}/incoming/*", "${PapersArn}/kept/*", "${Seen.Arn}/*", "${SeenArn}/seen/*"}

func TestNoPolicyAllowsMoreThanItNames(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	unused := maps.Clone(everything)
	all := statements(s)
	for _, st := range all {
		for _, action := range list(st.text["Action"]) {
			if strings.Contains(action.(string), "*") && st.effect != "Deny" {
				t.Errorf("%s: action %v", st.at, action)
			}
		}
		if st.text["NotAction"] != nil || st.text["NotResource"] != nil || st.text["NotPrincipal"] != nil {
			t.Errorf("%s says what it does not mean", st.at)
		}
		for _, r := range list(st.text["Resource"]) {
			text, _ := r.(string)
			if sub, ok := dig(r, "Fn::Sub").(string); ok {
				text = sub
			}
			if strings.Contains(text, "*") && !slices.Contains(objects, text) {
				if text != "*" || everything[st.at] == "" {
					t.Errorf("%s: resource %v", st.at, r)
				}
				delete(unused, st.at)
			}
		}
		if st.text["Principal"] == "*" && st.effect != "Deny" {
			t.Errorf("%s: everybody is allowed", st.at)
		}
	}
	for at := range unused {
		t.Errorf("%s is listed as naming no resource, and does not", at)
	}
	if len(all) < 40 {
		t.Errorf("only %d statements found", len(all))
	}
	for _, kind := range []string{"AWS::IAM::Role", "AWS::Serverless::Function", "AWS::Serverless::StateMachine"} {
		s.each(kind, func(p *part, id string, properties object) {
			if properties["Policies"] != nil && kind != "AWS::IAM::Role" {
				t.Errorf("%s: %s brings policies beside its role", p.file, id)
			}
			for _, m := range list(properties["ManagedPolicyArns"]) {
				if fmt.Sprint(m) != fmt.Sprint(ref("Commits")) && id != "LogWriter" { // the account's, as AWS prescribes it
					t.Errorf("%s: %s takes the policy %v", p.file, id, m)
				}
			}
		})
	}
}

// What a function does to the outside, by the names of the SDK's operations, and
// the permissions that takes. TransactWriteItems is authorized by the writes in
// it; conditions on what is put or deleted need nothing further.
var permissions = map[string][]string{
	"Query":              {"dynamodb:Query table"},
	"Query index1":       {"dynamodb:Query index1"},
	"Query index2":       {"dynamodb:Query index2"},
	"GetItem":            {"dynamodb:GetItem table"},
	"Scan":               {"dynamodb:Scan table"},
	"TransactWriteItems": {"dynamodb:PutItem table", "dynamodb:DeleteItem table"},
	"BatchWriteItem":     {"dynamodb:BatchWriteItem table"},
	"StartExecution":     {"states:StartExecution machine"},
	"SendTaskSuccess":    {"states:SendTaskSuccess machine"},
	"SendTaskFailure":    {"states:SendTaskFailure machine"},
	"GetSecretValue":     {"secretsmanager:GetSecretValue secret", "secretsmanager:GetSecretValue password"},
	// By addresses that it signs for people, or by itself.
	"GET object": {"s3:GetObject incoming", "s3:GetObject kept", "s3:ListBucket bucket"},
	"PUT object": {"s3:PutObject incoming", "s3:PutObject kept", "kms:GenerateDataKey key"},

	// In the bucket of what was seen.
	"GET note": {"s3:GetObject seen", "s3:ListBucket notes"},
	"PUT note": {"s3:PutObject seen", "kms:GenerateDataKey key"},

	// What Lambda does in the function's name.
	"log": {"logs:CreateLogStream log", "logs:PutLogEvents log"},
	"read stream": {
		"dynamodb:DescribeStream stream", "dynamodb:GetRecords stream", "dynamodb:GetShardIterator stream", "dynamodb:ListStreams *",
	},
	"lay aside": {"sqs:SendMessage queue"},
	// The table is encrypted with the account's key, and DynamoDB decrypts in the
	// caller's name.
	"decrypt": {"kms:Decrypt key"},
}

// calls is what each function does. TestTasksTouchTheTableAsListed plays the
// table's part of it, TestEveryCallInTheSourceIsListed holds it to the source.
var calls = map[string][]string{
	"RouteIssue":    {"Query", "TransactWriteItems"},
	"AskDepartment": {"Query", "TransactWriteItems", "SendTaskSuccess"},
	"CheckClock":    {"Query", "TransactWriteItems"},
	"Tally":         {"Query", "TransactWriteItems"},
	"Consult":       {"Query", "TransactWriteItems", "SendTaskSuccess"},
	"CloseIssue":    {"Query", "TransactWriteItems"},
	"Api":           {"Query", "Query index1", "Query index2", "GetItem", "TransactWriteItems", "GetSecretValue", "GET object", "PUT object"},
	"Relay":         {"Query", "GetItem", "TransactWriteItems", "BatchWriteItem", "StartExecution", "SendTaskSuccess", "SendTaskFailure", "read stream", "lay aside"},
	"Steward":       {"Query", "Scan", "TransactWriteItems"},
	"Witness":       {"Query", "GetItem", "GET note", "PUT note", "read stream", "lay aside"},
	"Sweep":         {"Query", "Query index1", "GetItem", "TransactWriteItems", "BatchWriteItem", "StartExecution", "SendTaskSuccess", "SendTaskFailure"},
}

// short names the resources of the templates.
var short = map[string]string{
	fmt.Sprint(ref("TableArn")):                               "table",
	fmt.Sprint(object{"Fn::Sub": "${TableArn}/index/index1"}): "index1",
	fmt.Sprint(object{"Fn::Sub": "${TableArn}/index/index2"}): "index2",
	fmt.Sprint(ref("StreamArn")):                              "stream",
	fmt.Sprint(ref("IssueSignoff")):                           "machine",
	fmt.Sprint(ref("SecretArn")):                              "secret",
	fmt.Sprint(object{"Fn::If": []any{"HasClientSecret", ref("OidcClientSecretArn"), ref("SecretArn")}}): "password",
	fmt.Sprint(ref("KeyArn")):                                "key",
	fmt.Sprint(ref("PapersArn")):                             "bucket",
	fmt.Sprint(object{"Fn::Sub": "${PapersArn}/incoming/*"}): "incoming",
	fmt.Sprint(object{"Fn::Sub": "${PapersArn}/kept/*"}):     "kept",
	fmt.Sprint(ref("SeenArn")):                               "notes",
	fmt.Sprint(object{"Fn::Sub": "${SeenArn}/seen/*"}):       "seen",
	fmt.Sprint(ref("UndeliveredArn")):                        "queue",
	"*":                                                      "*",
	fmt.Sprint(object{"Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${System}-issue-signoff"}): "machine",
}

func TestEveryRoleAllowsWhatItsFunctionCallsAndNothingElse(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	s.each("AWS::Serverless::StateMachine", func(_ *part, _ string, properties object) {
		if got := dig(properties, "Name", "Fn::Sub"); got != "${System}-issue-signoff" {
			t.Errorf("the machine is named %v; roles spell its name out", got)
		}
	})
	for id, f := range s.functions() {
		var granted []string
		grant := func(from any) {
			for _, st := range list(dig(from, "Statement")) {
				for _, action := range list(dig(st, "Action")) {
					for _, resource := range list(dig(st, "Resource")) {
						name := short[fmt.Sprint(resource)]
						if fmt.Sprint(resource) == fmt.Sprint(attribute(id+"Log", "Arn")) {
							name = "log"
						}
						if name == "" {
							t.Errorf("%sRole names the resource %v", id, resource)
						}
						granted = append(granted, action.(string)+" "+name)
						if strings.HasPrefix(action.(string), "kms:") && dig(st, "Condition", "StringEquals", "kms:ViaService") == nil {
							t.Errorf("%sRole may decrypt by itself", id)
						}
					}
				}
			}
		}
		role := f.part.resources[id+"Role"]
		for _, m := range list(dig(role, "Properties", "ManagedPolicyArns")) {
			grant(dig(f.part.resources[dig(m, "Ref").(string)], "Properties", "PolicyDocument"))
		}
		for _, p := range list(dig(role, "Properties", "Policies")) {
			grant(dig(p, "PolicyDocument"))
		}
		var needed []string
		for _, call := range append([]string{"log", "decrypt"}, calls[id]...) {
			if permissions[call] == nil {
				t.Errorf("nobody said what %s takes", call)
			}
			needed = append(needed, permissions[call]...)
		}
		for _, list := range []*[]string{&granted, &needed} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		if !slices.Equal(granted, needed) {
			t.Errorf("%s needs\n\t%v\nand is allowed\n\t%v", id, needed, granted)
		}
		if trusted := dig(role, "Properties", "AssumeRolePolicyDocument", "Statement").([]any)[0]; dig(trusted, "Principal", "Service") != "lambda.amazonaws.com" {
			t.Errorf("%sRole is for %v", id, dig(trusted, "Principal"))
		}
	}
	if a, b := slices.Sorted(maps.Keys(calls)), slices.Sorted(maps.Keys(s.functions())); !slices.Equal(a, b) {
		t.Errorf("calls are listed of %v, functions are %v", a, b)
	}
}

// operations are the SDK's operations that a folder's source calls: methods that
// take a context and the operation's input.
func operations(t testing.TB, folder string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, file := range parsed(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) >= 2 {
				input := call.Args[1]
				if u, ok := input.(*ast.UnaryExpr); ok {
					input = u.X
				}
				literal, ok := input.(*ast.CompositeLit)
				if ok {
					if typ, ok := literal.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == sel.Sel.Name+"Input" {
						found[sel.Sel.Name] = true
					}
				}
				if receiver, ok := sel.X.(*ast.SelectorExpr); ok && receiver.Sel.Name == "client" {
					found[sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	return found
}

func TestEveryCallInTheSourceIsListed(t *testing.T) {
	t.Parallel()
	table, flows := operations(t, "shared/store/dynamo"), operations(t, "shared/sfn")
	for _, own := range []string{"CreateTable", "UpdateTimeToLive"} { // dynamo.Create, which no function calls
		if !table[own] {
			t.Errorf("dynamo.Create does not call %s any more", own)
		}
		delete(table, own)
	}
	if got, want := slices.Sorted(maps.Keys(table)), []string{"BatchWriteItem", "GetItem", "Query", "Scan", "TransactWriteItems"}; !slices.Equal(got, want) {
		t.Errorf("shared/store/dynamo calls %v; permissions are for %v", got, want)
	}
	if got, want := slices.Sorted(maps.Keys(flows)), []string{"SendTaskFailure", "SendTaskSuccess", "StartExecution"}; !slices.Equal(got, want) {
		t.Errorf("shared/sfn calls %v; permissions are for %v", got, want)
	}
	// The bucket's requests are made by method, below two prefixes.
	methods := map[string]bool{}
	for _, file := range parsed(t, "shared/store/s3") {
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Method") {
				methods[sel.Sel.Name] = true
			}
			return true
		})
	}
	if got := slices.Sorted(maps.Keys(methods)); !slices.Equal(got, []string{"MethodGet", "MethodPut"}) {
		t.Errorf("shared/store/s3 makes requests of %v; permissions are for GET and PUT", got)
	}
	for prefix, want := range map[string]string{"incoming": "incoming/", "kept": "kept/", "seen": "seen/"} {
		if got := constants(t, "shared/store/s3")[prefix]; !slices.Equal(got, []string{want}) {
			t.Errorf("shared/store/s3 has the prefix %v; permissions are for %s", got, want)
		}
	}
	// A transaction that would update or check items takes further permissions.
	for _, file := range parsed(t, "shared/store/dynamo") {
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && (sel.Sel.Name == "ConditionCheck" || sel.Sel.Name == "Update") {
				t.Errorf("a transaction holds a %s, for which no role has the permission", sel.Sel.Name)
			}
			return true
		})
	}
	clients := map[string]string{
		"lianban/shared/sfn": "states:", "github.com/aws/aws-sdk-go-v2/service/secretsmanager": "secretsmanager:",
		"lianban/shared/store/s3": "s3:",
		"lianban/shared/lambdafn": "dynamodb:", // every house has the table
	}
	for folder, m := range mains(t) {
		var id string
		for name := range calls {
			if strings.ToLower(name) == folder {
				id = name
			}
		}
		listed := map[string]bool{}
		for _, call := range calls[id] {
			for _, p := range permissions[call] {
				service, _, _ := strings.Cut(p, ":")
				listed[service+":"] = true
			}
		}
		for path, service := range clients {
			if slices.Contains(m.imports, path) != listed[service] {
				t.Errorf("functions/%s imports %s: %v; it has permissions of %s: %v", folder, path, slices.Contains(m.imports, path), service, listed[service])
			}
		}
		for _, path := range m.imports {
			if strings.HasPrefix(path, "github.com/aws/aws-sdk-go-v2/service/") && !strings.HasSuffix(path, "/sfn") && clients[path] == "" {
				t.Errorf("functions/%s has a client of its own: %s", folder, path)
			}
		}
		for call := range operations(t, filepath.Join("functions", folder)) {
			if !slices.Contains(calls[id], call) {
				t.Errorf("functions/%s calls %s, which is not listed", folder, call)
			}
		}
	}
}

// watched tells which operations a table would be asked for.
type watched struct {
	store.Table
	seen map[string]bool
}

func (w *watched) Write(ctx context.Context, ops []store.Op) error {
	w.seen["TransactWriteItems"] = true
	return w.Table.Write(ctx, ops)
}

func (w *watched) Get(ctx context.Context, key store.Key) (store.Item, bool, error) {
	w.seen["GetItem"] = true
	return w.Table.Get(ctx, key)
}

func (w *watched) Query(ctx context.Context, r store.Range) ([]store.Item, *store.Position, error) {
	w.seen[map[store.Index]string{store.Primary: "Query", store.Index1: "Query index1", store.Index2: "Query index2"}[r.Index]] = true
	return w.Table.Query(ctx, r)
}

func (w *watched) Forget(ctx context.Context, keys []store.Key) error {
	w.seen["BatchWriteItem"] = true
	return w.Table.Forget(ctx, keys)
}

// flows tells which operations Step Functions would be asked for.
type flows struct{ seen map[string]bool }

func (f flows) Start(context.Context, string, []byte) error {
	f.seen["StartExecution"] = true
	return nil
}

func (f flows) Succeed(context.Context, string, []byte) error {
	f.seen["SendTaskSuccess"] = true
	return nil
}

func (f flows) Fail(context.Context, string, string, string) error {
	f.seen["SendTaskFailure"] = true
	return nil
}

// TestTasksTouchTheTableAsListed plays a case through every task and the sweep,
// and notes what each asks of table and workflows.
func TestTasksTouchTheTableAsListed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	seen := map[string]bool{}
	now := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	kept := store.New(&watched{file.Table(), seen})
	service := approval.NewService(rules, kept, flows{seen}, func() time.Time { return now }, func() approval.IssueID { return "i" })
	figures := &measure.Keeper{Store: kept, Issues: kept, Rules: service.Rules, Now: service.Now}
	relay := approval.Relay{Workflows: flows{seen}, Store: kept, Fold: figures.Fold}
	did := map[string]map[string]bool{}
	as := func(function string, do func() error) {
		t.Helper()
		clear(seen)
		if err := do(); err != nil {
			t.Fatalf("%s: %v", function, err)
		}
		if did[function] == nil {
			did[function] = map[string]bool{}
		}
		maps.Copy(did[function], seen)
	}
	tasks := handler.New(service).Functions()
	task := func(name, payload string) {
		t.Helper()
		as(name, func() error {
			_, err := tasks[name](ctx, []byte(payload))
			return err
		})
	}
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	officer := approval.Actor{Person: "cc-water-officer-1", Role: roster.Officer, Unit: "cc-water"}
	headquarters := approval.Actor{Person: "headquarters-1", Role: roster.Headquarters, Unit: "headquarters"}
	do := func(by approval.Actor, cmd approval.Command) {
		t.Helper()
		as("Api", func() error {
			_, _, err := service.Do(ctx, "i", cmd, approval.Call{Actor: by, Key: fmt.Sprintf("%T", cmd)})
			return err
		})
	}
	deliver := func() {
		t.Helper()
		var records []approval.Outbox
		for shard := range approval.Shards {
			some, _, err := kept.Outbox(ctx, shard, approval.Page{})
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, some...)
		}
		if len(records) == 0 {
			t.Fatal("there is nothing to deliver")
		}
		as("Relay", func() error {
			_, err := relay.Deliver(ctx, records)
			return err
		})
	}
	sweep := func() {
		t.Helper()
		now = now.Add(10 * time.Minute)
		as("Sweep", func() error {
			_, err := approval.Sweep{Service: service, Relay: relay, Grace: time.Minute}.Run(ctx)
			return err
		})
	}

	as("Api", func() error {
		petition := approval.Petition{Project: "fenjiang-west-bank", Title: "河道", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}}}
		_, _, err := service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: secretary, Key: "raise"})
		return err
	})
	deliver()
	task("RouteIssue", `{"issue":"i","round":1}`)
	ask := func(token string) string {
		t.Helper()
		issue, err := kept.Issue(ctx, "i")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"issue":"i","round":1,"ask":{"signOff":1,"clock":%d,"seconds":60},"token":%q}`, issue.SignOff(1).Clock, token)
	}
	task("AskDepartment", ask("t1"))
	sweep()   // the watch is late: the machine shall look
	deliver() // the relay tells it
	task("AskDepartment", ask("t2"))
	sweep()
	sweep() // the sweep tells it
	now = now.AddDate(0, 2, 0)
	task("CheckClock", ask(""))
	task("AskDepartment", ask("t3"))
	do(officer, approval.Oppose{SignOff: 1, Ground: "防洪法第二十七条", Reason: "方案影响行洪"})
	sweep() // completes t3 in the relay's place
	task("AskDepartment", ask("t4"))
	task("Consult", `{"issue":"i","round":1,"for":"operator","token":"t5","error":{"Error":"x","Cause":"y"}}`)
	now = now.AddDate(0, 2, 0)
	task("Tally", `{"issue":"i","round":1}`) // the next tier
	task("Consult", `{"issue":"i","round":1,"for":"consultation","token":"t6"}`)
	do(headquarters, approval.Rule{SignOff: 1, Outcome: approval.Uphold, Reason: "会商决定"})
	deliver() // completes t6
	task("Consult", `{"issue":"i","round":1,"for":"consultation","token":"t7"}`)
	task("CloseIssue", `{"issue":"i","round":1}`)
	for _, q := range []approval.SignOffQuery{{Department: "cc-water"}, {Assignee: officer.Person}} {
		as("Api", func() error {
			_, _, err := kept.SignOffs(ctx, q, approval.Page{})
			return err
		})
	}
	as("Steward", func() error {
		subject := personal.Subject{Words: []personal.Word{{Text: "防洪法", Alias: personal.Gone}}}
		if err := register.New(kept, service, service.Now, nil).Refresh(ctx); err != nil { // as each call does first
			return err
		}
		_, err := subject.Replace(ctx, &watched{file.Table(), seen}, file.Items(ctx), personal.Act{By: officer, At: now})
		return err
	})
	as("Witness", func() error {
		_, err := kept.Chain(ctx, "i")
		return err
	})
	// The other way round: what is listed is done, except what is not the table's and
	// the workflows'. The sweep starts what the relay did not, by the same code.
	elsewhere := []string{"read stream", "lay aside", "GetSecretValue", "GET object", "PUT object", "GET note", "PUT note", "Scan", "Sweep StartExecution"}
	for function, want := range calls {
		for operation := range did[function] {
			if !slices.Contains(want, operation) {
				t.Errorf("%s asks for %s, which is not listed", function, operation)
			}
		}
		for _, operation := range want {
			if !did[function][operation] && !slices.Contains(elsewhere, operation) && !slices.Contains(elsewhere, function+" "+operation) {
				t.Errorf("%s was never seen to ask for %s", function, operation)
			}
		}
	}
}
