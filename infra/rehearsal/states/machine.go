package states

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"lianban/shared/asl"
	"lianban/shared/engine"
)

// operations are the API, by name.
var operations = map[string]func(ctx context.Context, s *Server, body []byte) (any, error){
	"CreateStateMachine":               operation((*Server).createStateMachine),
	"UpdateStateMachine":               operation((*Server).updateStateMachine),
	"PublishStateMachineVersion":       operation((*Server).publishStateMachineVersion),
	"DescribeStateMachine":             operation((*Server).describeStateMachine),
	"ListStateMachines":                operation((*Server).listStateMachines),
	"ListStateMachineVersions":         operation((*Server).listStateMachineVersions),
	"StartExecution":                   operation((*Server).startExecution),
	"DescribeExecution":                operation((*Server).describeExecution),
	"DescribeStateMachineForExecution": operation((*Server).describeStateMachineForExecution),
	"ListExecutions":                   operation((*Server).listExecutions),
	"StopExecution":                    operation((*Server).stopExecution),
	"GetExecutionHistory":              operation((*Server).getExecutionHistory),
	"SendTaskSuccess":                  operation((*Server).sendTaskSuccess),
	"SendTaskFailure":                  operation((*Server).sendTaskFailure),
	"SendTaskHeartbeat":                operation((*Server).sendTaskHeartbeat),
}

// Operations lists what is spoken.
func Operations() []string {
	var names []string
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func operation[In, Out any](do func(*Server, context.Context, *In) (Out, error)) func(context.Context, *Server, []byte) (any, error) {
	return func(ctx context.Context, s *Server, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errorf("SerializationException", "%v", err)
		}
		return do(s, ctx, &in)
	}
}

type empty struct{}

func validName(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > 80 {
		return invalid("Value at 'name' failed to satisfy constraint: Member must have length between 1 and 80")
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", r)
	}) {
		return errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

type createIn struct {
	Name        string `json:"name"`
	Definition  string `json:"definition"`
	Role        string `json:"roleArn"`
	Type        string `json:"type"`
	Publish     bool   `json:"publish"`
	Description string `json:"versionDescription"`
}

type createOut struct {
	ARN        string `json:"stateMachineArn"`
	CreatedAt  epoch  `json:"creationDate"`
	VersionARN string `json:"stateMachineVersionArn,omitempty"`
}

func (s *Server) createStateMachine(ctx context.Context, in *createIn) (*createOut, error) {
	if err := validName(in.Name); err != nil {
		return nil, err
	}
	if in.Type != "" && in.Type != "STANDARD" {
		return nil, errorf("StateMachineTypeNotSupported", "State Machine Type is not supported: '%s'", in.Type)
	}
	if in.Definition == "" || in.Role == "" {
		return nil, invalid("definition and roleArn must not be null")
	}
	if in.Description != "" && !in.Publish {
		return nil, invalid("Version description can only be set when publish is true")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.machines[in.Name]; m != nil {
		// As the service does, the same call again is harmless.
		if m.revisions[0].definition != in.Definition || m.role != in.Role {
			return nil, errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.arn(s))
		}
		out := &createOut{ARN: m.arn(s), CreatedAt: epoch(m.createdAt)}
		if in.Publish {
			out.VersionARN = m.versionARN(s, s.publish(m, in.Description).number)
		}
		return out, nil
	}
	m := &machine{name: in.Name, role: in.Role, createdAt: s.cfg.Now(), executions: map[string]*execution{}}
	if err := s.revise(ctx, m, in.Definition); err != nil {
		return nil, err
	}
	s.machines[in.Name] = m
	s.order = append(s.order, m)
	out := &createOut{ARN: m.arn(s), CreatedAt: epoch(m.createdAt)}
	if in.Publish {
		out.VersionARN = m.versionARN(s, s.publish(m, in.Description).number)
	}
	return out, nil
}

// revise makes a definition the current one. The server is locked.
func (s *Server) revise(ctx context.Context, m *machine, definition string) error {
	def, err := asl.Parse(m.name, []byte(definition))
	if err != nil {
		return errorf("InvalidDefinition", "Invalid State Machine Definition: '%v'", err)
	}
	r := &revision{id: uuid.NewString(), number: len(s.revisions), definition: definition, createdAt: s.cfg.Now()}
	r.engine, err = engine.New(ctx, engine.Config{
		Journal: &journal{MemJournal: engine.NewMemJournal(), base: engine.ID(r.number) << shift},
		Invoke:  s.cfg.Invoke, Now: s.cfg.Now, Rand: s.cfg.Rand, Workers: s.cfg.Workers, Log: s.cfg.Log, Machines: []*asl.Definition{def},
	})
	if err != nil {
		return err
	}
	m.comment = def.Comment
	m.revisions = append(m.revisions, r)
	s.revisions = append(s.revisions, r)
	if s.running != nil {
		s.launch(r)
	}
	return nil
}

// publish makes the current revision a version, once. The server is locked.
func (s *Server) publish(m *machine, description string) *version {
	current := m.revisions[len(m.revisions)-1]
	if n := len(m.versions); n > 0 && m.versions[n-1].revision == current {
		return &m.versions[n-1]
	}
	m.versions = append(m.versions, version{number: len(m.versions) + 1, description: description, revision: current, createdAt: s.cfg.Now()})
	return &m.versions[len(m.versions)-1]
}

type updateIn struct {
	ARN         string `json:"stateMachineArn"`
	Definition  string `json:"definition"`
	Role        string `json:"roleArn"`
	Publish     bool   `json:"publish"`
	Description string `json:"versionDescription"`
}

type updateOut struct {
	UpdatedAt  epoch  `json:"updateDate"`
	Revision   string `json:"revisionId"`
	VersionARN string `json:"stateMachineVersionArn,omitempty"`
}

func (s *Server) updateStateMachine(ctx context.Context, in *updateIn) (*updateOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, v, err := s.find(in.ARN)
	if err != nil {
		return nil, err
	}
	if v != nil {
		return nil, invalid("a version cannot be updated")
	}
	if in.Definition == "" && in.Role == "" && !in.Publish {
		return nil, errorf("MissingRequiredParameter", "Either the definition, the role ARN or publish must be specified")
	}
	if in.Definition != "" && in.Definition != m.revisions[len(m.revisions)-1].definition {
		if err := s.revise(ctx, m, in.Definition); err != nil {
			return nil, err
		}
	}
	if in.Role != "" {
		m.role = in.Role
	}
	out := &updateOut{UpdatedAt: epoch(s.cfg.Now()), Revision: m.revisions[len(m.revisions)-1].id}
	if in.Publish {
		out.VersionARN = m.versionARN(s, s.publish(m, in.Description).number)
	}
	return out, nil
}

type publishIn struct {
	ARN         string `json:"stateMachineArn"`
	Revision    string `json:"revisionId"`
	Description string `json:"description"`
}

type publishOut struct {
	CreatedAt  epoch  `json:"creationDate"`
	VersionARN string `json:"stateMachineVersionArn"`
}

func (s *Server) publishStateMachineVersion(_ context.Context, in *publishIn) (*publishOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, _, err := s.find(in.ARN)
	if err != nil {
		return nil, err
	}
	if current := m.revisions[len(m.revisions)-1]; in.Revision != "" && in.Revision != current.id {
		return nil, errorf("ConflictException", "the current revision is %s", current.id)
	}
	v := s.publish(m, in.Description)
	return &publishOut{epoch(v.createdAt), m.versionARN(s, v.number)}, nil
}

type machineIn struct {
	ARN string `json:"stateMachineArn"`
}

type machineOut struct {
	ARN         string         `json:"stateMachineArn"`
	Name        string         `json:"name"`
	Status      string         `json:"status,omitempty"`
	Definition  string         `json:"definition"`
	Role        string         `json:"roleArn"`
	Type        string         `json:"type,omitempty"`
	CreatedAt   *epoch         `json:"creationDate,omitempty"`
	UpdatedAt   *epoch         `json:"updateDate,omitempty"`
	Logging     map[string]any `json:"loggingConfiguration"`
	Tracing     map[string]any `json:"tracingConfiguration"`
	Revision    string         `json:"revisionId,omitempty"`
	Description string         `json:"description,omitempty"`
}

func (s *Server) machineOut(m *machine, r *revision) machineOut {
	return machineOut{
		ARN: m.arn(s), Name: m.name, Definition: r.definition, Role: m.role, Revision: r.id,
		Logging: map[string]any{"level": "OFF", "includeExecutionData": false}, Tracing: map[string]any{"enabled": false},
	}
}

func (s *Server) describeStateMachine(_ context.Context, in *machineIn) (*machineOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, v, err := s.find(in.ARN)
	if err != nil {
		return nil, err
	}
	r := m.revisions[len(m.revisions)-1]
	if v != nil {
		r = v.revision
	}
	out := s.machineOut(m, r)
	out.Status, out.Type, out.CreatedAt = "ACTIVE", "STANDARD", epochOf(m.createdAt)
	if v != nil {
		out.ARN, out.Description, out.CreatedAt = m.versionARN(s, v.number), v.description, epochOf(v.createdAt)
	}
	return &out, nil
}

type pageIn struct {
	ARN   string `json:"stateMachineArn"`
	Limit int    `json:"maxResults"`
	Next  string `json:"nextToken"`
}

type machinesOut struct {
	Machines []machineItem `json:"stateMachines"`
	Next     string        `json:"nextToken,omitempty"`
}

type machineItem struct {
	ARN       string `json:"stateMachineArn"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	CreatedAt epoch  `json:"creationDate"`
}

func (s *Server) listStateMachines(_ context.Context, in *pageIn) (*machinesOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &machinesOut{Machines: []machineItem{}}
	page, next, err := paged(s.order, in.Limit, in.Next)
	if err != nil {
		return nil, err
	}
	for _, m := range page {
		out.Machines = append(out.Machines, machineItem{m.arn(s), m.name, "STANDARD", epoch(m.createdAt)})
	}
	out.Next = next
	return out, nil
}

type versionsOut struct {
	Versions []versionItem `json:"stateMachineVersions"`
	Next     string        `json:"nextToken,omitempty"`
}

type versionItem struct {
	ARN       string `json:"stateMachineVersionArn"`
	CreatedAt epoch  `json:"creationDate"`
}

func (s *Server) listStateMachineVersions(_ context.Context, in *pageIn) (*versionsOut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, _, err := s.find(in.ARN)
	if err != nil {
		return nil, err
	}
	newest := slices.Clone(m.versions)
	slices.Reverse(newest)
	page, next, err := paged(newest, in.Limit, in.Next)
	if err != nil {
		return nil, err
	}
	out := &versionsOut{Versions: []versionItem{}, Next: next}
	for _, v := range page {
		out.Versions = append(out.Versions, versionItem{m.versionARN(s, v.number), epoch(v.createdAt)})
	}
	return out, nil
}
