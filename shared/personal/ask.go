package personal

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// minWord is how long a word must be at least, in bytes, lest it stands in others by chance:
// two Chinese characters.
const minWord = 6

// Ask says whose data it is about: of somebody of the register, of somebody known by words
// alone, or both. Shared are names that others bear too. An error begins with the field that
// is at fault, person or word.
func Ask(r *roster.Roster, person roster.PersonID, words []string) (s Subject, shared []string, err error) {
	if person == "" && len(words) == 0 {
		return s, nil, errors.New("person or word: say whose data, by an id of the register, or by a name or a telephone number")
	}
	if person != "" {
		var ok bool
		if s, shared, ok = Of(r, person); !ok {
			return s, nil, fmt.Errorf("person %s: there is nobody of this id in the register", person)
		}
	}
	for _, word := range words {
		if len(word) < minWord {
			return s, nil, fmt.Errorf("word %q is too short and would stand in other words by chance; give the whole name or number", word)
		}
		if slices.ContainsFunc(r.Everybody(), func(o roster.Person) bool {
			return o.ID != person && (strings.Contains(o.NameZH, word) || strings.Contains(o.NameEN, word))
		}) {
			return s, nil, fmt.Errorf("word %q is the name of somebody of the register; ask for the person instead", word)
		}
		s.Words = append(s.Words, Word{Text: word, Alias: Gone})
	}
	return s, shared, nil
}

// Away is on whose behalf, and why, somebody is pseudonymised.
type Away struct {
	By     roster.PersonID `json:"by"`
	Reason string          `json:"reason"`
}

// Permit says in which post somebody has a person pseudonymised: as a security administrator or
// an audit administrator, or as an administrator where there is none of the first. Who still
// holds a post goes on under the own name, which others have to know. An error begins with the
// field that is at fault: reason, by or person.
func (a Away) Permit(r *roster.Roster, person roster.PersonID) (approval.Actor, error) {
	if strings.TrimSpace(a.Reason) == "" {
		return approval.Actor{}, errors.New("reason is empty; say on whose request, and on what ground")
	}
	if p, ok := r.Person(person); ok && p.Left.IsZero() {
		return approval.Actor{}, fmt.Errorf("person %s: %s still holds a post, under the own name; let them leave first (a change of the register)", person, p.NameZH)
	}
	for _, post := range r.Posts(a.By) {
		if post.Role == roster.AuditAdministrator || r.Guards(post.Role) {
			return approval.Actor{Person: a.By, Role: post.Role, Unit: post.Unit}, nil
		}
	}
	return approval.Actor{}, fmt.Errorf("by %s: a security administrator or an audit administrator has this done, or an administrator where there is none", a.By)
}

// Summary counts what was found.
type Summary struct {
	Places int            `json:"places"`
	Acted  map[string]int `json:"acted,omitempty"` // by kind of event
	Named  map[string]int `json:"named,omitempty"` // by subject
}

// Summarise goes through what is found and hands each over.
func (s *Subject) Summarise(items iter.Seq2[store.Item, error], each func(Found)) (Summary, error) {
	sum := Summary{Acted: map[string]int{}, Named: map[string]int{}}
	for f, err := range s.Find(items) {
		if err != nil {
			return sum, err
		}
		sum.Places++
		if f.How == Acted {
			sum.Acted[f.Kind]++
		} else {
			sum.Named[f.Subject]++
		}
		each(f)
	}
	return sum, nil
}
