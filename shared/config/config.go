// Package config is what a function is told by its environment: read once,
// checked whole, every problem reported together.
//
// It must not know AWS: it holds names and addresses and opens nothing but the
// files that it is pointed at. Beside functions/* it is the one place that reads
// the system's clock. It imports approval with its facts, and access.
//
//	TABLE_NAME          the table                                        always
//	STATE_MACHINE_ARN   version or alias of the state machine            who starts rounds
//	OIDC_ISSUER         whose ID tokens are taken, an https address      the API
//	OIDC_AUDIENCE       this application's name at the issuer            the API
//	CURSOR_KEY          signs list cursors, 16 characters or more        the API, or
//	CURSOR_KEY_SECRET   ARN of the secret that holds it
//	WITNESS_BUCKET      where trails are witnessed, and nothing can be    the witness
//	                    changed
//	ROSTER_FILE         projects, branches, departments, people
//	CATALOG_FILE        routes, matters, competences
//	CATALOG_ITEMS_FILE  the approval items; the embedded ones when not set
//	POLICIES_FOLDER     Cedar files that forbid what the product permits; none when not set
//	ALLOW_DEMO          true: the embedded demonstration stands in for what no
//	                    file names
//
// These may be left out: OIDC_KEYS_URL (the issuer is asked where its keys are),
// OIDC_ALGORITHMS (RS256,ES256), OIDC_PERSON_CLAIM (sub), OIDC_ROLE_CLAIM (role),
// OIDC_UNIT_CLAIM (unit), OIDC_CLIENT_SECRET (none; ARN of the secret that holds this application's
// password at the issuer, where it is no public client), OIDC_DECIDING_ACR and OIDC_DECIDING_AMR (nothing; the classes and
// methods of sign-ins, separated by spaces, of which those who decide need one), LOG_LEVEL (info), PAPERS_BUCKET (none; where attachments
// are kept, and without it none are taken), ICP_NOTE (none; the website's filing
// number, which pages in mainland China show), PUBLIC_URL (where each request came in; the
// address of the pages that QR codes lead to), DIGEST (sha256; or sm3, by which audit trails go on).
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/digest"
	"lianban/shared/roster"
)

// Part is what a function needs beyond the table and the rules.
type Part int

// The parts; they can be joined.
const (
	Flows  Part = 1 << iota // starts rounds
	Web                     // serves people
	Trails                  // witnesses audit trails
)

// Config is what a function is told. The zero Config logs from level info on.
type Config struct {
	Table           string
	Machine         string // ARN of the state machine's version or alias
	Issuer          access.OIDCConfig
	CursorKey       []byte // nil when CursorKeySecret says where it is
	CursorKeySecret string
	ClientSecret    string // ARN of the secret that holds the password at the issuer; empty: a public client
	LogLevel        slog.Level
	Bucket          string // of attachments; none are taken when empty
	Witness         string // bucket of what was seen of audit trails
	Policies        string // folder of further ones, which forbid; empty: there are none
	Public          string // address of the pages for what is printed; empty: where each request came in
	ICPNote         string // filing number of the website (ICP备案号); shown when not empty
	Rules           approval.Rules
	Now             func() time.Time
}

// MinCursorKey is how long the key that signs cursors has to be.
const MinCursorKey = 16

// Read reads the environment through getenv. The error lists everything that is
// wrong, one a line.
func Read(getenv func(string) string, parts Part) (Config, error) {
	r := reader{getenv: getenv}
	c := Config{Table: r.need("TABLE_NAME"), Now: time.Now}
	if err := c.LogLevel.UnmarshalText([]byte(r.or("LOG_LEVEL", "info"))); err != nil {
		r.wrong("LOG_LEVEL", "is %q; it takes debug, info, warn or error", getenv("LOG_LEVEL"))
	}
	if parts&Flows != 0 {
		c.Machine = r.machine()
	}
	if parts&Web != 0 {
		r.web(&c)
		c.ICPNote, c.Bucket, c.Public = getenv("ICP_NOTE"), getenv("PAPERS_BUCKET"), r.address("PUBLIC_URL", false)
	}
	c.Policies = getenv("POLICIES_FOLDER")
	if parts&Trails != 0 {
		c.Witness = r.need("WITNESS_BUCKET")
	}
	r.rules(&c.Rules)
	var err error
	if c.Rules.Digest, err = digest.Parse(getenv("DIGEST")); err != nil {
		r.wrong("DIGEST", "is no digest: %v", err)
	}
	if len(r.faults) > 0 {
		return Config{}, fmt.Errorf("the environment is not complete or not right:\n%w", errors.Join(r.faults...))
	}
	return c, nil
}

// reader gathers what is wrong.
type reader struct {
	getenv func(string) string
	faults []error
}

func (r *reader) wrong(name, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s %s", name, fmt.Sprintf(format, args...)))
}

func (r *reader) need(name string) string {
	value := r.getenv(name)
	if value == "" {
		r.wrong(name, "is not set")
	}
	return value
}

func (r *reader) or(name, usual string) string {
	if value := r.getenv(name); value != "" {
		return value
	}
	return usual
}

// machine wants a qualified ARN: an unqualified one would start whatever was
// deployed last.
func (r *reader) machine() string {
	const name = "STATE_MACHINE_ARN"
	arn := r.need(name)
	if parts := strings.Split(arn, ":"); arn != "" && (len(parts) != 8 || parts[0] != "arn" || parts[2] != "states" || parts[5] != "stateMachine" || slices.Contains(parts, "")) {
		r.wrong(name, "is %q, which is not the ARN of a state machine's version or alias", arn)
	}
	return arn
}

func (r *reader) web(c *Config) {
	c.Issuer = access.OIDCConfig{
		URL: r.address("OIDC_ISSUER", true), Audience: r.need("OIDC_AUDIENCE"), Keys: r.address("OIDC_KEYS_URL", false),
		PersonClaim: r.getenv("OIDC_PERSON_CLAIM"), RoleClaim: r.getenv("OIDC_ROLE_CLAIM"), UnitClaim: r.getenv("OIDC_UNIT_CLAIM"), Now: c.Now,
		Demand: access.Demand{Classes: strings.Fields(r.getenv("OIDC_DECIDING_ACR")), Methods: strings.Fields(r.getenv("OIDC_DECIDING_AMR"))},
	}
	if names := r.getenv("OIDC_ALGORITHMS"); names != "" {
		for name := range strings.SplitSeq(names, ",") {
			name = strings.TrimSpace(name)
			if !Signature(name) {
				r.wrong("OIDC_ALGORITHMS", "names %q; it takes %s, separated by commas", name, strings.Join(algorithms, ", "))
			}
			c.Issuer.Algorithms = append(c.Issuer.Algorithms, name)
		}
	}
	c.ClientSecret = r.getenv("OIDC_CLIENT_SECRET")
	key, secret := r.getenv("CURSOR_KEY"), r.getenv("CURSOR_KEY_SECRET")
	switch {
	case key == "" && secret == "":
		r.wrong("CURSOR_KEY", "or CURSOR_KEY_SECRET has to be set")
	case key != "" && secret != "":
		r.wrong("CURSOR_KEY", "and CURSOR_KEY_SECRET are both set; one of them is enough")
	case secret != "":
		c.CursorKeySecret = secret
	case len(key) < MinCursorKey:
		r.wrong("CURSOR_KEY", "has %d characters; %d are the least", len(key), MinCursorKey)
	default:
		c.CursorKey = []byte(key)
	}
}

// Signature reports whether a name is that of a signature which an issuer's key pair makes.
func Signature(name string) bool { return slices.Contains(algorithms, name) }

// algorithms are the signatures that an issuer's key pair makes.
var algorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"}

// address wants https, except on this machine, where tests have their issuer.
func (r *reader) address(name string, needed bool) string {
	value := r.getenv(name)
	if needed {
		value = r.need(name)
	}
	if value == "" {
		return ""
	}
	if !Address(value) {
		r.wrong(name, "is %q, which is not an https address", value)
	}
	return value
}

// Address reports whether text is an address that people or programs can be sent to: https, or
// http on this machine, without a user or a fragment.
func Address(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// rules loads the facts. The demonstration's people are invented: they stand in
// only where that was asked for.
func (r *reader) rules(rules *approval.Rules) {
	rules.Calendar, rules.Ladders = calendar.China(), approval.DefaultLadders
	demo := false
	switch value := r.getenv("ALLOW_DEMO"); value {
	case "", "false":
	case "true":
		demo = true
	default:
		r.wrong("ALLOW_DEMO", "is %q; it takes true or false", value)
	}
	if text, ok := r.file("ROSTER_FILE", demo); ok {
		var err error
		if rules.Roster, err = roster.Load(text); err != nil {
			r.wrong("ROSTER_FILE", "%s: %v", r.getenv("ROSTER_FILE"), err)
		}
	} else if demo {
		rules.Roster = roster.Demo()
	}
	rest, ok := r.file("CATALOG_FILE", demo)
	items, itemsOK := r.file("CATALOG_ITEMS_FILE", true)
	if ok && !itemsOK {
		items = catalog.ItemsTSV()
	}
	switch {
	case ok:
		var err error
		if rules.Catalog, err = catalog.Load(items, rest); err != nil {
			r.wrong("CATALOG_FILE", "%s: %v", r.getenv("CATALOG_FILE"), err)
		}
	case itemsOK:
		r.wrong("CATALOG_FILE", "is not set; CATALOG_ITEMS_FILE needs it, because items without competences lead nowhere")
	case demo:
		rules.Catalog = catalog.Construction()
	}
}

// file reads the file that a variable names. Whether it may be left out is said
// by spare.
func (r *reader) file(name string, spare bool) ([]byte, bool) {
	path := r.getenv(name)
	if path == "" {
		if !spare {
			r.wrong(name, "is not set; ALLOW_DEMO=true would let the demonstration stand in")
		}
		return nil, false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		r.wrong(name, "cannot be read: %v", err)
		return nil, false
	}
	return text, true
}
