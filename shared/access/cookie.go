package access

// SessionCookie is the cookie that carries a sign-in's token to the pages and to
// the API of the same origin. It is HttpOnly and SameSite=Lax. Over TLS it is
// SecureSessionCookie, which no other host and no page without TLS can set.
const (
	SessionCookie       = "lianban_session"
	SecureSessionCookie = "__Host-" + SessionCookie
)
