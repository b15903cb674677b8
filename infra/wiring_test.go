package infra_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/config"
	"lianban/shared/handler"
	"lianban/shared/httpapi"
	"lianban/shared/store"
	"lianban/workflows"
)

func TestEveryPartGetsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	for id, p := range s.parts {
		parameters, _ := p.text["Parameters"].(object)
		asked := maps.Clone(parameters)
		given, _ := dig(s.root.resources[id], "Properties", "Parameters").(object)
		if a, b := slices.Sorted(maps.Keys(asked)), slices.Sorted(maps.Keys(given)); !slices.Equal(a, b) {
			t.Errorf("%s asks for %v and is given %v", p.file, a, b)
		}
		walk(p.text, nil, func(_ []string, value any) {
			if m, ok := value.(object); ok && len(m) == 1 {
				if name, ok := m["Ref"].(string); ok {
					delete(asked, name)
				}
			}
			if text, ok := value.(string); ok {
				for _, m := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(text, -1) {
					delete(asked, m[1])
				}
			}
		})
		for name := range asked {
			t.Errorf("%s: nothing uses the parameter %s", p.file, name)
		}
	}
	walk(s.root.text, nil, func(trail []string, value any) {
		l, ok := value.([]any)
		if !ok || len(l) != 2 || trail[len(trail)-1] != "Fn::GetAtt" {
			return
		}
		output, ok := strings.CutPrefix(l[1].(string), "Outputs.")
		if p := s.parts[l[0].(string)]; !ok || p == nil || dig(p.text, "Outputs", output) == nil {
			t.Errorf("template.yaml: %s takes %v, which no part gives", strings.Join(trail, "."), l)
		}
	})
}

func TestTheMachinesTokensAreItsSubstitutionsAndTheHandlers(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	tokens := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([^}]*)\}`).FindAllSubmatch(workflows.IssueSignOff, -1) {
		tokens[string(m[1])] = true
	}
	machines := 0
	s.each("AWS::Serverless::StateMachine", func(p *part, id string, properties object) {
		machines++
		if properties["DefinitionUri"] != "../workflows/issue_signoff.asl.json" {
			t.Errorf("%s runs %v", id, properties["DefinitionUri"])
		}
		given := properties["DefinitionSubstitutions"].(object)
		if a, b := slices.Sorted(maps.Keys(tokens)), slices.Sorted(maps.Keys(given)); !slices.Equal(a, b) {
			t.Errorf("the file has the tokens %v, the template fills %v", a, b)
		}
		for name, value := range given {
			want := any(attribute(name, "Arn"))
			if name == "Partition" {
				want = ref("AWS::Partition")
			}
			if fmt.Sprint(value) != fmt.Sprint(want) {
				t.Errorf("${%s} is filled with %v, not %v", name, value, want)
			}
		}
		delete(tokens, "Partition")
		if a, b := slices.Sorted(maps.Keys(tokens)), handler.Names(); !slices.Equal(a, b) {
			t.Errorf("the file has the tokens %v, the handlers are %v", a, b)
		}
		if properties["Type"] != "STANDARD" || properties["AutoPublishAlias"] == nil {
			t.Errorf("%s is %v with alias %v; rounds last weeks and start on versions", id, properties["Type"], properties["AutoPublishAlias"])
		}
		if dig(properties, "Logging", "IncludeExecutionData") != false {
			t.Errorf("%s logs execution data, which holds task tokens", id)
		}
	})
	if machines != 1 {
		t.Errorf("%d state machines", machines)
	}
}

// main is what a function's main.go says of it.
type main struct {
	imports []string
	parts   config.Part
}

// mains parses the functions' mains, by folder.
func mains(t testing.TB) map[string]main {
	t.Helper()
	files, err := filepath.Glob("../functions/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]main{}
	for _, name := range files {
		folder := filepath.Base(filepath.Dir(name))
		if folder == "local" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		m := all[folder]
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			m.imports = append(m.imports, path)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "config" {
					switch sel.Sel.Name {
					case "Flows":
						m.parts |= config.Flows
					case "Web":
						m.parts |= config.Web
					case "Trails":
						m.parts |= config.Trails
					}
				}
			}
			return true
		})
		all[folder] = m
	}
	return all
}

func TestEveryFolderIsAFunctionThatCanRun(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	functions := s.functions()
	folders := map[string]string{}
	for id, f := range functions {
		if f.folder != strings.ToLower(id) || f.properties["CodeUri"] != "../functions/"+f.folder {
			t.Errorf("%s is built from %v", id, f.properties["CodeUri"])
		}
		folders[f.folder] = id
		name := fmt.Sprint(object{"Fn::Sub": "${System}-" + id})
		timeout, _ := f.properties["Timeout"].(int)
		for what, ok := range map[string]bool{
			"runtime":      f.properties["Runtime"] == "provided.al2023" && f.properties["Handler"] == "bootstrap",
			"architecture": fmt.Sprint(f.properties["Architectures"]) == fmt.Sprint([]any{ref("Architecture")}),
			"build method": dig(f.resource, "Metadata", "BuildMethod") == "go1.x",
			"name":         fmt.Sprint(f.properties["FunctionName"]) == name,
			"role":         fmt.Sprint(f.properties["Role"]) == fmt.Sprint(attribute(id+"Role", "Arn")),
			"memory":       f.properties["MemorySize"] != nil,
			"timeout":      timeout > 0,
			"facts layer":  f.properties["Layers"] != nil,
		} {
			if !ok {
				t.Errorf("%s has no proper %s", id, what)
			}
		}
		switch {
		case id == "Api" && timeout > 29:
			t.Errorf("%s may run %d seconds; API Gateway waits 29", id, timeout)
		case slices.Contains(handler.Names(), id) && timeout >= 30:
			t.Errorf("%s may run %d seconds; the machine waits 30", id, timeout)
		}
	}
	for folder := range mains(t) {
		if folders[folder] == "" {
			t.Errorf("functions/%s is deployed by no template", folder)
		}
		delete(folders, folder)
	}
	for folder, id := range folders {
		t.Errorf("%s is to be built from functions/%s, which does not exist", id, folder)
	}
}

// sample is what a deployment gives, a trial with the demonstration's people.
var sample = map[string]string{
	"TableName": "lianban-Table", "LogLevel": "INFO", "IcpNote": "粤ICP备00000000号", "PapersName": "lianban-papers", "SeenName": "lianban-seen", "AllowDemo": "true", "Digest": "sha256",
	"SecretArn":           "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x",
	"IssueSignoffVersion": "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:lianban-issue-signoff:7",
	"OidcIssuer":          "https://login.example.org", "OidcAudience": "lianban",
	"OidcKeysUrl": "", "OidcAlgorithms": "RS256,ES256", "OidcPersonClaim": "sub", "OidcRoleClaim": "role", "OidcUnitClaim": "unit", "OidcClientSecretArn": "", "OidcDecidingAcr": "", "OidcDecidingAmr": "otp sc",
}

// resolve is a variable's value; of an If, the side without a facts layer.
func resolve(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case object:
		if name, ok := v["Ref"].(string); ok {
			if text, ok := sample[name]; ok {
				return text, nil
			}
		}
		if sides, ok := v["Fn::If"].([]any); ok && len(sides) == 3 {
			return resolve(sides[2])
		}
	}
	return "", fmt.Errorf("no sample for %v", value)
}

func TestEveryFunctionIsToldWhatItAsksFor(t *testing.T) {
	t.Parallel()
	told := mains(t)
	for id, f := range stackOf(t).functions() {
		environment, asked := map[string]string{}, map[string]bool{}
		for name, value := range f.properties["Environment"].(object) {
			text, err := resolve(value)
			if err != nil {
				t.Errorf("%s, %s: %v", id, name, err)
			}
			environment[name] = text
		}
		_, err := config.Read(func(name string) string {
			asked[name] = true
			return environment[name]
		}, told[f.folder].parts)
		if err != nil {
			t.Errorf("%s would not start: %v", id, err)
		}
		for name := range environment {
			if !asked[name] {
				t.Errorf("%s is told %s, which it does not ask for", id, name)
			}
		}
		for name := range asked {
			if _, ok := environment[name]; !ok && name != "CURSOR_KEY" { // the secret holds it
				t.Errorf("%s asks for %s, which the template cannot give", id, name)
			}
		}
		if told[f.folder].parts&config.Flows != 0 && fmt.Sprint(dig(f.properties["Environment"], "STATE_MACHINE_ARN")) != fmt.Sprint(ref("IssueSignoffVersion")) {
			t.Errorf("%s does not start rounds on the published version", id)
		}
	}
}

func TestNothingNamesAPartitionARegionOrAnAccount(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	bad := regexp.MustCompile(`arn:aws|amazonaws\.com|\b(us|eu|cn|ap|ca|sa|me|af|il|mx)-(gov-)?(north|south|east|west|central)[a-z]*-\d|\b\d{12}\b`)
	// The partition-neutral name of a service's principal, the same in aws-cn.
	principal := regexp.MustCompile(`^(apigateway|cloudwatch|events|lambda|states)\.amazonaws\.com$`)
	for _, p := range append(slices.Collect(maps.Values(s.parts)), s.root) {
		walk(p.text, nil, func(trail []string, value any) {
			text, ok := value.(string)
			if !ok || !bad.MatchString(text) {
				return
			}
			if last := trail[len(trail)-1]; (last == "Service" || last == "Principal") && principal.MatchString(text) {
				return
			}
			if slices.Contains(trail, "kms:ViaService") { // KMS's name of a service, the same in aws-cn
				return
			}
			t.Errorf("%s: %s is %q", p.file, strings.Join(trail, "."), text)
		})
	}
}

func TestNothingIsUsedThatChinaLacks(t *testing.T) {
	t.Parallel()
	for _, p := range stackOf(t).parts {
		walk(p.text, nil, func(trail []string, value any) {
			switch trail := strings.Join(trail, "."); {
			case strings.HasSuffix(trail, ".Tracing"), strings.HasSuffix(trail, ".FunctionUrlConfig"), strings.HasSuffix(trail, ".TracingEnabled"), strings.HasSuffix(trail, ".Auth"):
				t.Errorf("%s: %s", p.file, trail)
			}
			if text, ok := value.(string); ok && (strings.HasPrefix(text, "AWS::Cognito") || text == "AWS::Lambda::Url" || text == "EDGE") {
				t.Errorf("%s: %s", p.file, text)
			}
		})
	}
}

// constants are a package's string constants and variables of string lists, by
// name, as its source has them.
func constants(t testing.TB, folder string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, file := range parsed(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for k, name := range spec.Names {
				if k < len(spec.Values) {
					ast.Inspect(spec.Values[k], func(n ast.Node) bool {
						if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
							text, err := strconv.Unquote(l.Value)
							if err != nil {
								t.Fatal(err)
							}
							all[name.Name] = append(all[name.Name], text)
						}
						return true
					})
				}
			}
			return true
		})
	}
	return all
}

// parsed are a folder's Go files without tests.
func parsed(t testing.TB, folder string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", folder, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func TestTheTableIsTheOneThatTheStoreReadsAndIsWellKept(t *testing.T) {
	t.Parallel()
	s, known := stackOf(t), constants(t, "shared/store/dynamo")
	first := func(name string) string {
		if len(known[name]) == 0 {
			t.Fatalf("shared/store/dynamo has no %s", name)
		}
		return known[name][0]
	}
	keys := func(hash, rang string) string {
		return fmt.Sprint([]any{object{"AttributeName": hash, "KeyType": "HASH"}, object{"AttributeName": rang, "KeyType": "RANGE"}})
	}
	tables := 0
	s.each("AWS::DynamoDB::Table", func(p *part, id string, properties object) {
		tables++
		if got, want := fmt.Sprint(properties["KeySchema"]), keys(first("attrPK"), first("attrSK")); got != want {
			t.Errorf("key %s, not %s", got, want)
		}
		indexes := list(properties["GlobalSecondaryIndexes"])
		names := known["indexNames"]
		if len(indexes) != len(names) {
			t.Fatalf("%d indexes, and the store reads %v", len(indexes), names)
		}
		for k, index := range indexes {
			hash, rang := first(fmt.Sprintf("attrG%dPK", k+1)), first(fmt.Sprintf("attrG%dSK", k+1))
			if dig(index, "IndexName") != names[k] || fmt.Sprint(dig(index, "KeySchema")) != keys(hash, rang) || dig(index, "Projection", "ProjectionType") != "ALL" {
				t.Errorf("index %d is %v; the store reads %s by %s and %s, whole items", k+1, index, names[k], hash, rang)
			}
		}
		for what, ok := range map[string]bool{
			"time to live":         dig(properties, "TimeToLiveSpecification", "AttributeName") == first("attrExpires") && dig(properties, "TimeToLiveSpecification", "Enabled") == true,
			"stream":               dig(properties, "StreamSpecification", "StreamViewType") == "NEW_IMAGE",
			"billing by request":   properties["BillingMode"] == "PAY_PER_REQUEST",
			"recovery to a moment": dig(properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") == true,
			"deletion protection":  properties["DeletionProtectionEnabled"] == true,
			"encryption":           dig(properties, "SSESpecification", "SSEType") == "KMS" && dig(properties, "SSESpecification", "KMSMasterKeyId") != nil,
			"retention":            p.resources[id]["DeletionPolicy"] == "Retain" && p.resources[id]["UpdateReplacePolicy"] == "Retain",
		} {
			if !ok {
				t.Errorf("%s has no proper %s", id, what)
			}
		}
	})
	if tables != 1 {
		t.Errorf("%d tables", tables)
	}
	s.each("AWS::KMS::Key", func(p *part, id string, properties object) {
		if properties["EnableKeyRotation"] != true || p.resources[id]["DeletionPolicy"] != "Retain" {
			t.Errorf("%s is not rotated, or not retained", id)
		}
	})
}

func TestTheBucketIsTheOneThatAttachmentsAreReadFromAndIsWellKept(t *testing.T) {
	t.Parallel()
	s, known := stackOf(t), constants(t, "shared/store/s3")
	buckets := map[string]bool{}
	s.each("AWS::S3::Bucket", func(p *part, id string, properties object) {
		buckets[id] = true
		block, _ := properties["PublicAccessBlockConfiguration"].(object)
		encryption := dig(list(dig(properties, "BucketEncryption", "ServerSideEncryptionConfiguration"))[0], "ServerSideEncryptionByDefault")
		for what, ok := range map[string]bool{
			"versions":     dig(properties, "VersioningConfiguration", "Status") == "Enabled",
			"encryption":   dig(encryption, "SSEAlgorithm") == "aws:kms" && fmt.Sprint(dig(encryption, "KMSMasterKeyID")) == fmt.Sprint(attribute("Key", "Arn")),
			"privacy":      len(block) == 4 && !slices.Contains(slices.Collect(maps.Values(block)), any(false)),
			"owner":        dig(list(dig(properties, "OwnershipControls", "Rules"))[0], "ObjectOwnership") == "BucketOwnerEnforced",
			"retention":    p.resources[id]["DeletionPolicy"] == "Retain" && p.resources[id]["UpdateReplacePolicy"] == "Retain",
			"name":         properties["BucketName"] == nil, // CloudFormation's own never clashes
			"public pages": properties["WebsiteConfiguration"] == nil && properties["CorsConfiguration"] == nil,
		} {
			if !ok {
				t.Errorf("%s has no proper %s", id, what)
			}
		}
		for _, rule := range list(dig(properties, "LifecycleConfiguration", "Rules")) {
			if got := dig(rule, "Prefix"); got != known["incoming"][0] {
				t.Errorf("%v removes what lies under %v; what people put lies under %v, and what issues name must stay", dig(rule, "Id"), got, known["incoming"])
			}
		}
		if rules := list(dig(properties, "LifecycleConfiguration", "Rules")); id == "Papers" && dig(rules[0], "ExpirationInDays") == nil {
			t.Errorf("what people put and never attached stays")
		}
		held, _ := dig(properties, "ObjectLockConfiguration", "Rule", "DefaultRetention").(object)
		if id == "Seen" && (properties["ObjectLockEnabled"] != true || held["Mode"] != "COMPLIANCE" || fmt.Sprint(held["Days"]) != fmt.Sprint(ref("WitnessDays")) || properties["LifecycleConfiguration"] != nil) {
			t.Errorf("what a witness saw can be changed or removed: %v", held)
		}
		guarded := false
		for _, st := range statements(s) {
			if st.effect == "Deny" && strings.Contains(st.at, id+"Policy") {
				guarded = fmt.Sprint(list(st.text["Resource"])) == fmt.Sprint([]any{attribute(id, "Arn"), object{"Fn::Sub": "${" + id + ".Arn}/*"}}) && dig(st.text, "Condition", "Bool", "aws:SecureTransport") == false
			}
		}
		if !guarded {
			t.Errorf("%s is reached without TLS", id)
		}
	})
	if got := slices.Sorted(maps.Keys(buckets)); !slices.Equal(got, []string{"Papers", "Seen"}) {
		t.Errorf("the buckets are %v", got)
	}
	if days := dig(s.root.text, "Parameters", "WitnessDays").(object); days["MinValue"].(int) < 180 || days["Default"].(int) < 180 {
		t.Errorf("what a witness saw is kept %v days", days)
	}
}

// TestTheWitnessIsHandedEveryEventOfEveryTrail holds its filter to the layout of the table: what
// comes to be, what is changed and what is removed.
func TestTheWitnessIsHandedEveryEventOfEveryTrail(t *testing.T) {
	t.Parallel()
	mapping := dig(stackOf(t).functions()["Witness"].properties, "Events", "Trails", "Properties").(object)
	filters := list(dig(mapping, "FilterCriteria", "Filters"))
	if len(filters) != 1 {
		t.Fatalf("%d filters", len(filters))
	}
	var pattern any
	if err := json.Unmarshal([]byte(dig(filters[0], "Pattern").(string)), &pattern); err != nil {
		t.Fatal(err)
	}
	issue, record := store.Key{PK: "I#a", SK: "A"}, store.Key{PK: "R#change#c", SK: "A"}
	for _, key := range []store.Key{issue, record, store.EventKey(issue, 3), store.EventKey(record, 12345), {PK: "I#a", SK: "O#00000001"}, {PK: "F#2026-03#440604", SK: "S#x"}} {
		for _, event := range []string{"INSERT", "MODIFY", "REMOVE"} {
			got := matches(pattern, object{"eventName": event, "dynamodb": object{"Keys": object{"pk": object{"S": key.PK}, "sk": object{"S": key.SK}}}})
			if _, _, want := store.EventOf(key); got != want {
				t.Errorf("%s of %v passes the filter: %v", event, key, got)
			}
		}
	}
	if mapping["StartingPosition"] != "TRIM_HORIZON" || mapping["MaximumRetryAttempts"] != -1 {
		t.Errorf("the stream is read as %v", mapping)
	}
}

func TestEveryLogIsEncryptedAndKeptHalfAYear(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	days := dig(s.root.text, "Parameters", "RetentionDays").(object)
	for _, n := range append(list(days["AllowedValues"]), days["Default"]) {
		if n.(int) < 180 {
			t.Errorf("logs may be kept %v days only", n)
		}
	}
	s.each("AWS::Logs::LogGroup", func(p *part, id string, properties object) {
		if fmt.Sprint(properties["RetentionInDays"]) != fmt.Sprint(ref("RetentionDays")) || fmt.Sprint(properties["KmsKeyId"]) != fmt.Sprint(ref("KeyArn")) || p.resources[id]["DeletionPolicy"] != "Retain" {
			t.Errorf("%s: %s is not kept, encrypted and retained", p.file, id)
		}
	})
	for id, f := range s.functions() {
		group := f.part.resources[id+"Log"]
		if fmt.Sprint(dig(group, "Properties", "LogGroupName")) != fmt.Sprint(object{"Fn::Sub": "/aws/lambda/${System}-" + id}) || f.resource["DependsOn"] != id+"Log" {
			t.Errorf("%s has no log group of its own before it can run", id)
		}
	}
}

// matches evaluates a filter of an event source mapping, as far as this one uses
// the language: lists of exact values and prefixes.
func matches(pattern, value any) bool {
	switch p := pattern.(type) {
	case object:
		v, ok := value.(object)
		for key, sub := range p {
			if !ok || !matches(sub, v[key]) {
				return false
			}
		}
		return true
	case []any:
		return slices.ContainsFunc(p, func(one any) bool {
			text, _ := value.(string)
			if prefix, ok := dig(one, "prefix").(string); ok {
				return strings.HasPrefix(text, prefix)
			}
			return one == value
		})
	}
	return false
}

func TestTheRelayIsHandedOutboxRecordsAndNothingElse(t *testing.T) {
	t.Parallel()
	ops, err := store.Ops(approval.Change{
		Issue: approval.Issue{ID: "i", Version: 2}, From: 1,
		SignOffs: []approval.SignOff{{N: 1}}, Watches: []approval.Watch{{SignOff: 1}}, Unwatch: []int{2}, Events: []approval.Event{{Issue: "i", Seq: 3}},
		Outbox: &approval.Outbox{Issue: "i", Version: 2}, Receipt: &approval.Receipt{Key: "k", At: time.Unix(0, 0)},
	})
	if err != nil {
		t.Fatal(err)
	}
	relay := stackOf(t).functions()["Relay"]
	mapping := dig(relay.properties, "Events", "Commits", "Properties").(object)
	filters := list(dig(mapping, "FilterCriteria", "Filters"))
	if len(filters) != 1 {
		t.Fatalf("%d filters", len(filters))
	}
	var pattern any
	if err := json.Unmarshal([]byte(dig(filters[0], "Pattern").(string)), &pattern); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for k := range ops {
		key := ops[k].Key()
		for _, event := range []string{"INSERT", "MODIFY", "REMOVE"} {
			got := matches(pattern, object{"eventName": event, "dynamodb": object{"Keys": object{"pk": object{"S": key.PK}, "sk": object{"S": key.SK}}}})
			_, outbox, err := store.OutboxOf(&store.Item{Key: key, Body: []byte("{}")})
			if err != nil {
				t.Fatal(err)
			}
			if want := outbox && event == "INSERT"; got != want {
				t.Errorf("%s of %v passes the filter: %v", event, key, got)
			}
			if got {
				passed++
			}
		}
	}
	if passed != 1 {
		t.Errorf("%d records pass", passed)
	}
	if fmt.Sprint(mapping["FunctionResponseTypes"]) != "[ReportBatchItemFailures]" || mapping["BisectBatchOnFunctionError"] != true || mapping["ParallelizationFactor"] != 1 ||
		mapping["StartingPosition"] != "TRIM_HORIZON" || dig(mapping, "DestinationConfig", "OnFailure", "Type") != "SQS" {
		t.Errorf("the stream is read as %v", mapping)
	}
}

// TestTheFirewallCountsSessionsTokensAndGuesses holds it to where sessions and secrets are.
func TestTheFirewallCountsSessionsTokensAndGuesses(t *testing.T) {
	t.Parallel()
	cookie, guessed := "", []string{}
	limits := map[string]string{}
	stackOf(t).each("AWS::WAFv2::WebACL", func(_ *part, _ string, properties object) {
		for k, rule := range list(properties["Rules"]) {
			if dig(rule, "Priority") != k {
				t.Errorf("rule %v has priority %v", dig(rule, "Name"), dig(rule, "Priority"))
			}
			statement, ok := dig(rule, "Statement", "RateBasedStatement").(object)
			if !ok {
				continue
			}
			limits[dig(rule, "Name").(string)] = fmt.Sprint(dig(statement["Limit"], "Ref"))
			if dig(rule, "Action", "Block", "CustomResponse", "ResponseCode") != 429 {
				t.Errorf("%v does not say that it is too much", dig(rule, "Name"))
			}
			for _, key := range list(statement["CustomKeys"]) {
				if name, ok := dig(key, "Cookie", "Name").(string); ok {
					cookie = name
				}
			}
			for _, s := range list(dig(statement, "ScopeDownStatement", "OrStatement", "Statements")) {
				guessed = append(guessed, dig(s, "ByteMatchStatement", "SearchString").(string))
			}
		}
	})
	if cookie != access.SecureSessionCookie {
		t.Errorf("sessions are counted by the cookie %q, and it is %q", cookie, access.SecureSessionCookie)
	}
	if want := []string{httpapi.BallotPage, "/status", httpapi.Base + httpapi.BallotPage, httpapi.Base + "/status"}; !slices.Equal(guessed, want) {
		t.Errorf("guesses are counted at %v, want %v", guessed, want)
	}
	want := map[string]string{
		"requests-per-address": "FirewallRequestsPerAddress", "requests-per-session": "FirewallRequestsPerPerson",
		"requests-per-token": "FirewallRequestsPerPerson", "guesses-per-address": "FirewallGuessesPerAddress",
	}
	if !maps.Equal(limits, want) {
		t.Errorf("the limits are %v, want %v", limits, want)
	}
}

func TestTheGatewayHasOneDoor(t *testing.T) {
	t.Parallel()
	doors := 0
	stackOf(t).each("AWS::Serverless::Api", func(_ *part, id string, properties object) {
		doors++
		document := dig(properties, "DefinitionBody").(object)
		if properties["OpenApiVersion"] == nil || properties["OpenApiVersion"] != document["openapi"] {
			t.Errorf("%s would get a second stage from SAM, without firewall and logs", id)
		}
		paths := document["paths"].(object)
		for path, operations := range paths {
			for method, operation := range operations.(object) {
				if method != "x-amazon-apigateway-any-method" || dig(operation, "x-amazon-apigateway-integration", "type") != "aws_proxy" {
					t.Errorf("%s %s does not pass everything on", method, path)
				}
			}
		}
		for what, ok := range map[string]bool{
			"all paths":     len(paths) == 2 && paths["/"] != nil && paths["/{proxy+}"] != nil,
			"bytes":         fmt.Sprint(properties["BinaryMediaTypes"]) == "[*~1*]",
			"region":        dig(properties, "EndpointConfiguration", "Type") == "REGIONAL",
			"access log":    dig(properties, "AccessLogSetting", "DestinationArn") != nil,
			"quiet logging": dig(list(properties["MethodSettings"])[0], "DataTraceEnabled") == false,
			"throttling":    dig(list(properties["MethodSettings"])[0], "ThrottlingRateLimit") != nil,
		} {
			if !ok {
				t.Errorf("%s has no proper %s", id, what)
			}
		}
		var line map[string]string
		if err := json.Unmarshal([]byte(dig(properties, "AccessLogSetting", "Format").(string)), &line); err != nil || line["requestId"] == "" {
			t.Errorf("a line of the access log is not JSON, or lacks the request: %v", err)
		}
		for key, value := range line {
			if regexp.MustCompile(`(?i)query|authorizer|header|body|cookie`).MatchString(value) {
				t.Errorf("the access log keeps %s: %s", key, value)
			}
		}
	})
	if doors != 1 {
		t.Errorf("%d gateways", doors)
	}
}

func TestEveryAlarmReachesSomebodyWhoFindsWhatToDo(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### ([a-z, -]+)$`).FindAllStringSubmatch(string(text), -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			described[name] = true
		}
	}
	s.each("AWS::CloudWatch::Alarm", func(_ *part, id string, properties object) {
		name, _ := dig(properties, "AlarmName", "Fn::Sub").(string)
		name = strings.TrimPrefix(name, "${System}-")
		if !described[name] {
			t.Errorf("infra/README.md does not say what to do about %q", name)
		}
		delete(described, name)
		if len(list(properties["AlarmActions"])) == 0 || properties["TreatMissingData"] == nil || properties["AlarmDescription"] == nil {
			t.Errorf("%s tells nobody, or not what", id)
		}
		if n := len(list(properties["Metrics"])); n > 11 {
			t.Errorf("%s sums %d metrics; an alarm takes ten and an expression", id, n-1)
		}
	})
	for name := range described {
		t.Errorf("infra/README.md describes %q, which is no alarm", name)
	}
}

func TestWhatIsWatchedExists(t *testing.T) {
	t.Parallel()
	s := stackOf(t)
	functions := s.functions()
	own := map[string]bool{}
	s.each("AWS::Logs::MetricFilter", func(_ *part, _ string, properties object) {
		for _, m := range list(properties["MetricTransformations"]) {
			own[dig(m, "MetricName").(string)] = true
		}
	})
	s.each("AWS::CloudWatch::Alarm", func(_ *part, id string, properties object) {
		walk(properties, nil, func(_ []string, value any) {
			m, _ := value.(object)
			if m["Name"] == "FunctionName" {
				name := strings.TrimPrefix(fmt.Sprint(dig(m["Value"], "Fn::Sub")), "${System}-")
				if _, ok := functions[name]; !ok {
					t.Errorf("%s watches the function %s", id, name)
				}
			}
			if fmt.Sprint(dig(m["Namespace"], "Fn::Sub")) == "Lianban/${System}" && !own[fmt.Sprint(m["MetricName"])] {
				t.Errorf("%s watches %v, which no filter counts", id, m["MetricName"])
			}
		})
	})
	s.each("AWS::CloudWatch::Dashboard", func(_ *part, id string, properties object) {
		body := dig(properties, "DashboardBody", "Fn::Sub").(string)
		var board struct {
			Widgets []struct{ Properties struct{ Metrics [][]any } }
		}
		if err := json.Unmarshal([]byte(body), &board); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		seen := map[string]bool{}
		for _, w := range board.Widgets {
			for _, m := range w.Properties.Metrics {
				switch {
				case m[0] == "AWS/Lambda":
					seen[strings.TrimPrefix(m[3].(string), "${System}-")] = true
				case m[0] == "Lianban/${System}" && !own[m[1].(string)]:
					t.Errorf("%s shows %v, which no filter counts", id, m[1])
				}
			}
		}
		if a, b := slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(functions)); !slices.Equal(a, b) {
			t.Errorf("%s shows the functions %v of %v", id, a, b)
		}
	})
}

// TestTheFiltersMatchWhatIsLogged holds the two metrics that are read out of logs
// to their writers: a state of the machine, and the sweep's one line.
func TestTheFiltersMatchWhatIsLogged(t *testing.T) {
	t.Parallel()
	var machine struct{ States map[string]any }
	if err := errors.Join(json.Unmarshal(workflows.IssueSignOff, &machine)); err != nil {
		t.Fatal(err)
	}
	logged := map[string][]string{} // message: keys
	for _, file := range parsed(t, "shared/lambdafn") {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasSuffix(sel.Sel.Name, "Context") {
				var texts []string
				for _, a := range call.Args {
					if l, ok := a.(*ast.BasicLit); ok && l.Kind == token.STRING {
						text, err := strconv.Unquote(l.Value)
						if err != nil {
							t.Fatal(err)
						}
						texts = append(texts, text)
					}
				}
				if len(texts) > 0 {
					logged[texts[0]] = texts[1:]
				}
			}
			return true
		})
	}
	quoted := regexp.MustCompile(`\$\.(\S+) = "([^"]*)"`)
	stackOf(t).each("AWS::Logs::MetricFilter", func(_ *part, id string, properties object) {
		for _, m := range quoted.FindAllStringSubmatch(properties["FilterPattern"].(string), -1) {
			switch m[1] {
			case "details.name":
				if machine.States[m[2]] == nil {
					t.Errorf("%s waits for the state %q", id, m[2])
				}
			case "msg":
				value := dig(list(properties["MetricTransformations"])[0], "MetricValue").(string)
				if !slices.Contains(logged[m[2]], strings.TrimPrefix(value, "$.")) {
					t.Errorf("%s reads %s of the line %q, which is logged with %v", id, value, m[2], logged[m[2]])
				}
			}
		}
	})
}
