package infra_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

// object is a YAML mapping with CloudFormation's short tags spelt out: !Ref x is
// {Ref: x}, !Sub x is {Fn::Sub: x}.
type object = map[string]any

// part is one template.
type part struct {
	file      string
	text      object
	resources map[string]object
}

// stack is the root with its parts, by the name the root gives them.
type stack struct {
	root  *part
	parts map[string]*part
}

var load = sync.OnceValues(func() (stack, error) {
	root, err := read("../template.yaml")
	if err != nil {
		return stack{}, err
	}
	s := stack{root, map[string]*part{}}
	for id, r := range root.resources {
		if r["Type"] != "AWS::Serverless::Application" {
			return s, fmt.Errorf("template.yaml: %s is a %v; the root only composes parts", id, r["Type"])
		}
		location, _ := dig(r, "Properties", "Location").(string)
		if s.parts[id], err = read(path.Join("..", location)); err != nil {
			return s, err
		}
	}
	return s, nil
})

// stackOf reads the templates, once for all tests: nobody changes them.
func stackOf(t testing.TB) stack {
	t.Helper()
	s, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each visits every resource of a type, in every part.
func (s stack) each(kind string, visit func(p *part, id string, properties object)) {
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		p := s.parts[name]
		for _, id := range slices.Sorted(maps.Keys(p.resources)) {
			if p.resources[id]["Type"] == kind {
				properties, _ := p.resources[id]["Properties"].(object)
				visit(p, id, properties)
			}
		}
	}
}

// function is one Lambda function, its part's Globals applied.
type function struct {
	part       *part
	id         string
	folder     string // under functions/
	properties object
	resource   object
}

func (s stack) functions() map[string]function {
	all := map[string]function{}
	s.each("AWS::Serverless::Function", func(p *part, id string, own object) {
		properties := object{}
		globals, _ := dig(p.text, "Globals", "Function").(object)
		maps.Copy(properties, globals)
		maps.Copy(properties, own)
		variables := object{}
		for _, from := range []object{globals, own} {
			some, _ := dig(from, "Environment", "Variables").(object)
			maps.Copy(variables, some)
		}
		properties["Environment"] = variables
		code, _ := own["CodeUri"].(string)
		all[id] = function{p, id, path.Base(code), properties, p.resources[id]}
	})
	return all
}

func read(file string) (*part, error) {
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	value, err := plain(document.Content[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p := &part{file: strings.TrimPrefix(file, "../"), text: value.(object), resources: map[string]object{}}
	for id, r := range p.text["Resources"].(object) {
		p.resources[id] = r.(object)
	}
	return p, nil
}

// plain turns a node into maps, lists and scalars.
func plain(n *yaml.Node) (any, error) {
	value, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return value, err
	}
	switch name := n.Tag[1:]; name {
	case "Ref", "Condition":
		return object{name: value}, nil
	case "GetAtt":
		resource, attribute, _ := strings.Cut(value.(string), ".")
		return object{"Fn::GetAtt": []any{resource, attribute}}, nil
	default:
		return object{"Fn::" + name: value}, nil
	}
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := object{}
		for k := 0; k < len(n.Content); k += 2 {
			key := n.Content[k].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %q stands twice", n.Content[k].Line, key)
			}
			value, err := plain(n.Content[k+1])
			if err != nil {
				return nil, err
			}
			m[key] = value
		}
		return m, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			value, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.ScalarNode:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return n.Value, nil
		}
		var value any
		err := n.Decode(&value)
		return value, err
	default:
		return nil, fmt.Errorf("line %d: aliases are not used, so that every reader of YAML reads the same", n.Line)
	}
}

// dig follows keys into mappings; nil when one is missing.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		m, _ := value.(object)
		value = m[key]
	}
	return value
}

// list is a list, or the single value in its place.
func list(value any) []any {
	if l, ok := value.([]any); ok {
		return l
	}
	if value == nil {
		return nil
	}
	return []any{value}
}

// walk visits every value with the keys that lead to it.
func walk(value any, trail []string, visit func(trail []string, value any)) {
	visit(trail, value)
	switch v := value.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(v[key], append(slices.Clone(trail), key), visit)
		}
	case []any:
		for k, one := range v {
			walk(one, append(slices.Clone(trail), fmt.Sprint(k)), visit)
		}
	}
}

func ref(id string) object             { return object{"Ref": id} }
func attribute(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }
