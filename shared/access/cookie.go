package access

// SessionCookie is the cookie that carries a sign-in's token to the pages and to
// the API of the same origin. It is HttpOnly and SameSite=Lax.
const SessionCookie = "lianban_session"
