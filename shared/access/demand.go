package access

import (
	"slices"

	"lianban/shared/roster"
)

// Strength is how somebody signed in, as the issuer says: the class of the sign-in and its
// methods (OpenID Connect Core 1.0, section 2; RFC 8176 lists methods such as otp, hwk, sc).
type Strength struct {
	Class   string   `json:"acr"`
	Methods []string `json:"amr"`
}

// Demand is what a sign-in must have been for roles that decide, or change what others decide
// by: one of the classes, and one of the methods; nothing is demanded of either when there is none.
type Demand struct{ Classes, Methods []string }

// deciding are the roles of which more is demanded: those whose word ends, stops or moves a
// matter, and administrators.
var deciding = []roster.Role{
	roster.Officer, roster.Lead, roster.GeneralBranch, roster.Headquarters,
	roster.Administrator, roster.SecurityAdministrator, roster.AuditAdministrator,
}

// Met reports whether a sign-in is strong enough for a role.
func (d Demand) Met(role roster.Role, s Strength) bool {
	if !slices.Contains(deciding, role) {
		return true
	}
	return (len(d.Classes) == 0 || slices.Contains(d.Classes, s.Class)) &&
		(len(d.Methods) == 0 || slices.ContainsFunc(s.Methods, func(m string) bool { return slices.Contains(d.Methods, m) }))
}
