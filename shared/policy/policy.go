// Package policy says who may at all: which role, in which relation to an issue, may give
// which command, and for which roles each operation of the API and each page is. The policies
// are files in Cedar (https://docs.cedarpolicy.com) beside this one, which a city can read,
// narrow and lay before its auditors.
//
//	command.cedar    commands to issues, by role and relation
//	operation.cedar  operations of the API, by role
//	page.cedar       pages, by role
//
// It must not know HTTP, nor what state an issue is in: what is right in a state is said by the
// rules in approval, whose [approval.Authoriser] this is. A test holds the two to each other,
// for every command in every state by every role.
package policy

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

//go:embed *.cedar
var files embed.FS

// Set (访问控制策略) is the policies in force. What none permits is refused; what one forbids is
// refused whatever permits it.
type Set struct {
	all     cedar.PolicyMap
	about   map[cedar.EntityUID]cedar.PolicyMap // by the action that they name
	permits map[cedar.EntityUID][]cedar.PolicyID
}

var _ approval.Authoriser = (*Set)(nil)

// The types of actions: of an issue's commands, of the API's operations by their id, of
// pages by their pattern.
const (
	commandAction   cedar.EntityType = "Action"
	operationAction cedar.EntityType = "Api::Action"
	pageAction      cedar.EntityType = "Page::Action"
)

// everything stands for policies that name no action.
var everything cedar.EntityUID

// staff (有岗位的人员) is the group of all roles that are posts.
var staff = cedar.NewEntityUID("Role", "staff")

// Anonymous is the role of who has not signed in.
const Anonymous roster.Role = "anonymous"

// New reads the product's policies, and further files that may only forbid: a
// city narrows what the product permits and never widens it. The error lists everything
// that is wrong with them.
func New(further ...fs.FS) (*Set, error) {
	p := &Set{all: cedar.PolicyMap{}, about: map[cedar.EntityUID]cedar.PolicyMap{}, permits: map[cedar.EntityUID][]cedar.PolicyID{}}
	var faults []error
	for k, folder := range append([]fs.FS{files}, further...) {
		names, err := fs.Glob(folder, "*.cedar")
		if err != nil {
			return nil, fmt.Errorf("list policies: %w", err)
		}
		if len(names) == 0 {
			faults = append(faults, errors.New("there is no file whose name ends in .cedar"))
		}
		for _, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil {
				return nil, fmt.Errorf("read policies: %w", err)
			}
			list, err := cedar.NewPolicyListFromBytes(name, text)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
				continue
			}
			for _, policy := range list {
				if err := p.add(policy, k > 0); err != nil {
					at := policy.Position()
					faults = append(faults, fmt.Errorf("%s, line %d: %w", name, at.Line, err))
				}
			}
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("policies: %w", errors.Join(faults...))
	}
	return p, nil
}

func (p *Set) add(policy *cedar.Policy, further bool) error {
	notes := policy.Annotations()
	id := cedar.PolicyID(notes["id"])
	switch {
	case id == "":
		return errors.New(`it has no name; write @id("...") before it`)
	case p.all[id] != nil:
		return fmt.Errorf("there are two policies %q; give one another @id", id)
	case notes["zh"] == "" || notes["en"] == "":
		return fmt.Errorf(`policy %q does not say in words what it means; write @zh("...") and @en("...")`, id)
	case further && policy.Effect() == cedar.Permit:
		return fmt.Errorf("policy %q permits; further policies may only forbid", id)
	}
	actions, err := scope(policy)
	if err != nil {
		return fmt.Errorf("policy %q: %w", id, err)
	}
	if actions == nil && policy.Effect() == cedar.Permit {
		return fmt.Errorf("policy %q permits every action; name those it is about", id)
	}
	p.all[id] = policy
	if actions == nil {
		actions = []cedar.EntityUID{everything}
	}
	for _, a := range actions {
		if p.about[a] == nil {
			p.about[a] = cedar.PolicyMap{}
		}
		p.about[a][id] = policy
		if policy.Effect() == cedar.Permit {
			p.permits[a] = append(p.permits[a], id)
		}
	}
	return nil
}

// scope are the actions that a policy names, or nil when it is about all.
func scope(policy *cedar.Policy) ([]cedar.EntityUID, error) {
	text, err := policy.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Action struct {
			Op       string            `json:"op"`
			Entity   *cedar.EntityUID  `json:"entity"`
			Entities []cedar.EntityUID `json:"entities"`
		} `json:"action"`
	}
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, err
	}
	if parsed.Action.Op == "All" {
		return nil, nil
	}
	if parsed.Action.Entity != nil {
		parsed.Action.Entities = append(parsed.Action.Entities, *parsed.Action.Entity)
	}
	return parsed.Action.Entities, nil
}

// concerned are the policies that may say something of an action.
type concerned struct {
	named   cedar.PolicyMap
	general cedar.PolicyMap
}

// All implements cedar.PolicyIterator.
func (c concerned) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, m := range []cedar.PolicyMap{c.named, c.general} {
			for id, policy := range m {
				if !yield(id, policy) {
					return
				}
			}
		}
	}
}

// Authorise implements approval.Authoriser.
func (p *Set) Authorise(q approval.Question) error {
	posts := make([]cedar.Value, len(q.Posts))
	for k, role := range q.Posts {
		posts[k] = cedar.String(role)
	}
	relations := make([]cedar.Value, len(q.Relations))
	for k, r := range q.Relations {
		relations[k] = cedar.String(r)
	}
	return p.ask(q.Actor.Role, string(q.Actor.Person), commandAction, q.Command, q.Kind, posts, relations)
}

// Operation says whether an operation of the API, by its id, is for a role: nil, or a
// Forbidden error that says for whom it is. What the caller has to do with the issue,
// the project or the department it names is looked at where that is known.
func (p *Set) Operation(role roster.Role, id string) error {
	return p.ask(role, "", operationAction, id, "", nil, nil)
}

// Operations are those that some policy permits, in order.
func (p *Set) Operations() []string { return p.permitted(operationAction) }

// Pages are the patterns of those that some policy permits, in order.
func (p *Set) Pages() []string { return p.permitted(pageAction) }

// Commands are those that some policy permits, in order.
func (p *Set) Commands() []string { return p.permitted(commandAction) }

func (p *Set) permitted(kind cedar.EntityType) (names []string) {
	for action := range p.permits {
		if action.Type == kind {
			names = append(names, string(action.ID))
		}
	}
	slices.Sort(names)
	return names
}

// Page is Operation for a page, by its pattern ("GET /issues/{id}").
func (p *Set) Page(role roster.Role, pattern string) error {
	return p.ask(role, "", pageAction, pattern, "", nil, nil)
}

func (p *Set) ask(role roster.Role, person string, of cedar.EntityType, action, kind string, posts, relations []cedar.Value) error {
	principal, post := cedar.NewEntityUID("Person", cedar.String(person)), cedar.NewEntityUID("Role", cedar.String(role))
	request := cedar.Request{
		Principal: principal,
		Action:    cedar.NewEntityUID(of, cedar.String(action)),
		Resource:  cedar.NewEntityUID("Lianban", "lianban"),
		Context:   cedar.NewRecord(cedar.RecordMap{"kind": cedar.String(kind), "relations": cedar.NewSet(relations...)}),
	}
	entities := cedar.EntityMap{principal: {
		UID: principal, Parents: cedar.NewEntityUIDSet(post),
		Attributes: cedar.NewRecord(cedar.RecordMap{"posts": cedar.NewSet(posts...)}),
	}}
	if slices.Contains(roster.Roles(), role) {
		entities[post] = cedar.Entity{UID: post, Parents: cedar.NewEntityUIDSet(staff)}
	}
	decision, why := cedar.Authorize(concerned{p.about[request.Action], p.about[everything]}, entities, request)
	if len(why.Errors) > 0 { // a policy that cannot be worked out decides nothing in anybody's favour
		e := why.Errors[0]
		return fmt.Errorf("policy %s cannot be worked out for %s: %s", e.PolicyID, action, e.Message)
	}
	if decision == cedar.Allow {
		return nil
	}
	return p.refusal(request.Action, why)
}

// refusal says which policy forbids, or for whom those policies are that permit.
func (p *Set) refusal(action cedar.EntityUID, why cedar.Diagnostic) error {
	ids := make([]cedar.PolicyID, 0, 4)
	for _, r := range why.Reasons {
		ids = append(ids, r.PolicyID)
	}
	forbidden := len(ids) > 0
	if !forbidden {
		ids = append(ids, p.permits[action]...)
	}
	if len(ids) == 0 {
		return approval.Refuse(approval.Forbidden, "", "没有任何策略允许此操作（%[1]s），请联系系统管理员。", "No policy permits this (%[1]s); ask your administrator.", string(action.ID))
	}
	slices.Sort(ids)
	var zh, en []string
	names := make([]string, len(ids))
	for k, id := range ids {
		names[k] = string(id)
		notes := p.all[id].Annotations()
		if text := string(notes["zh"]); !slices.Contains(zh, text) {
			zh, en = append(zh, text), append(en, string(notes["en"]))
		}
	}
	if forbidden {
		return approval.Refuse(approval.Forbidden, "", "%[1]s（策略 %[3]s）。", "It is forbidden here: %[2]s (policy %[3]s).", strings.Join(zh, "；"), strings.Join(en, "; "), strings.Join(names, ", "))
	}
	return approval.Refuse(approval.Forbidden, "", "您当前的岗位不能办理：此操作%[1]s（策略 %[3]s）。", "Your post does not do this: it %[2]s (policy %[3]s).", strings.Join(zh, "，或者"), strings.Join(en, ", or "), strings.Join(names, ", "))
}
