package access

// SessionCookie is the name of the cookie in which a browser carries the token
// of its sign-in. The API and the pages share it, so that one sign-in serves both.
const SessionCookie = "lianban_session"
