package asl

// A scope is what paths see: the state's data, the context object, variables.
type scope struct {
	x      *Execution
	def    *Definition
	branch *Branch
	// item is the iteration about to begin, while its ItemSelector is read.
	item *Branch
	// token is set while a callback task's payload is made.
	token string
}

// lookup is try with the failure that Step Functions reports for a payload
// template; the specification's States.ParameterPathFailure never occurs there.
func (s scope) lookup(p *path, data any) (any, *failure) {
	v, ok := s.try(p, data)
	if !ok {
		return nil, failf(ErrRuntime, "The JSONPath '%s' could not be found in the input '%s'",
			p.src, clip(string(AppendJSON(nil, data)), 500))
	}
	return v, nil
}

// try evaluates a path; false means that it names nothing.
func (s scope) try(p *path, data any) (any, bool) {
	switch p.root {
	case rootVariable:
		for b := s.branch; b != nil; b = b.parent {
			if v, ok := b.Vars[p.variable]; ok {
				return p.find(v)
			}
		}
		return nil, false
	case rootContext:
		if p.definite && len(p.steps) > 0 && p.steps[0].kind == stepField {
			v, ok := s.context(p.steps[0].name)
			if !ok {
				return nil, false
			}
			return descend(v, p.steps[1:])
		}
		whole := map[string]any{}
		for _, name := range []string{"Execution", "State", "StateMachine", "Task", "Map"} {
			if v, ok := s.context(name); ok {
				whole[name] = v
			}
		}
		return p.find(whole)
	}
	return p.find(data)
}

// context makes one part of the context object.
func (s scope) context(name string) (any, bool) {
	switch x := s.x; name {
	case "Execution":
		m := map[string]any{"Id": x.ID, "Name": x.Name, "Input": x.Input, "StartTime": stamp(x.StartedAt), "RedriveCount": numberOf(0)}
		if x.Role != "" {
			m["RoleArn"] = x.Role
		}
		return m, true
	case "State":
		return map[string]any{
			"Name": s.branch.State, "EnteredTime": stamp(s.branch.Entered), "RetryCount": numberOf(s.branch.Retries),
		}, true
	case "StateMachine":
		id := x.MachineID
		if id == "" {
			id = x.Machine
		}
		return map[string]any{"Id": id, "Name": x.Machine}, true
	case "Task":
		if s.token == "" {
			return nil, false
		}
		return map[string]any{"Token": s.token}, true
	case "Map":
		b := s.item
		if b == nil {
			for b = s.branch; b != nil && b.Item == nil; {
				b = b.parent
			}
		}
		if b == nil {
			return nil, false
		}
		return map[string]any{"Item": map[string]any{"Index": numberOf(int64(b.Index)), "Value": b.Item.Value}}, true
	}
	return nil, false
}
