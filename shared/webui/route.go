package webui

import (
	"lianban/shared/oversight"
)

// moreRoutes are the pages of what offices do besides issues and their tasks.
func (s *server) moreRoutes(page func(pattern string, h func(*visit) error)) {
	page("GET /duties", signedIn((*visit).dutyList))
	page("GET /mentions", signedIn((*visit).mentions))
	page("POST /mentions", signedIn((*visit).see))
	page("GET /warnings", signedIn((*visit).warningsPage))
	page("POST /warnings", signedIn((*visit).disposeWarning))
}

// moreNav are the ways to those that a role has for its own.
func (v *visit) moreNav() (links []link) {
	if oversight.Looks(v.viewer.Role) {
		links = append(links, link{Text: v.t("nav.warnings"), URL: "/warnings"})
	}
	return links
}
