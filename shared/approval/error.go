package approval

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error. It is also the last part of
// the error name that a state machine matches ("Approval.Conflict").
type Kind string

const (
	Invalid   Kind = "Invalid"   // the request breaks a rule; the field says where
	NotFound  Kind = "NotFound"  // no such thing, or none that the caller may see
	Forbidden Kind = "Forbidden" // the caller's role does not do this
	Conflict  Kind = "Conflict"  // a lost race: somebody else was faster; look again
	Stale     Kind = "Stale"     // the caller's version is not the current one
	Closed    Kind = "Closed"    // too late: it is already decided or ended
	Recheck   Kind = "Recheck"   // the clock changed under a waiting machine; not for people
)

// Text is a sentence in both languages of the product.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In answers the sentence in the language ("zh" or "en"; Chinese otherwise).
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.ZH
}

// Error is what a rule answers when it refuses: a Kind to act on, the field at
// fault if there is one, and a sentence for a person that says what to do.
// Every other error is internal: logged, never shown.
type Error struct {
	Kind  Kind
	Field string // JSON name of the input field, or empty
	Text  Text
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Kind, e.Field, e.Text.EN)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Text.EN)
}

// refuse makes an Error. Both sentences take the same arguments, in the order
// of the verbs; where the languages differ, each names its own with %[n]v.
func refuse(kind Kind, field, zh, en string, args ...any) *Error {
	return &Error{Kind: kind, Field: field, Text: Text{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}}
}

// Refuse makes an Error for the packages that have rules of their own; see Kind
// for what a caller does about each. Both sentences take the same arguments.
func Refuse(kind Kind, field, zh, en string, args ...any) *Error {
	return refuse(kind, field, zh, en, args...)
}

// CheckText holds a text field to its length and to valid text, for the packages
// that have rules of their own.
func CheckText(field, value string, most int, mandatory bool) error {
	return textField(field, value, most, mandatory)
}

// IsKind reports whether err is, or wraps, an Error of the kind.
func IsKind(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}
