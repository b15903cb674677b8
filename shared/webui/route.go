package webui

import (
	"slices"

	"lianban/shared/approval"
	"lianban/shared/archive"
	"lianban/shared/briefing"
	"lianban/shared/oversight"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// moreRoutes are the pages of what offices do besides issues and their tasks.
func (s *server) moreRoutes(page func(pattern string, h func(*visit) error)) {
	page("POST /inbox/filters", signedIn((*visit).keepFilter))
	page("GET /inbox/load", signedIn((*visit).load))
	page("GET /duties", signedIn((*visit).dutyList))
	page("GET /mentions", signedIn((*visit).mentions))
	page("POST /mentions", signedIn((*visit).see))
	page("GET /warnings", signedIn((*visit).warningsPage))
	page("POST /warnings", signedIn((*visit).disposeWarning))
	page("GET /register", signedIn((*visit).registerPage))
	page("GET /register/new", signedIn((*visit).proposePage))
	page("POST /register/new", signedIn((*visit).propose))
	page("GET /register/import/{table}", signedIn((*visit).registerImportPage))
	page(registerImportPattern, signedIn((*visit).registerImport))
	page("GET /register/changes/{id}", signedIn((*visit).changePage))
	page("POST /register/changes/{id}", signedIn((*visit).changeAct))
	page("GET /substitutes", signedIn((*visit).substitutesPage))
	page("POST /substitutes", signedIn((*visit).appoint))
	s.investmentRoutes(page)
	s.archiveRoutes(page)
	s.briefingRoutes(page)
	s.vitalityRoutes(page)
	s.bottleneckRoutes(page)
	s.whatIfRoutes(page)
	s.figuresRoutes(page)
	s.trailRoutes(page)
	if s.Intake == nil {
		return
	}
	page("GET /issues/import", signedIn((*visit).issueImportPage))
	page(issueImportPattern, signedIn((*visit).issueImport))
	page("GET /requests", signedIn((*visit).requestsPage))
	page("GET /requests/new", signedIn((*visit).newRequestPage))
	page("POST /requests/new", signedIn((*visit).newRequest))
	page("GET /requests/{id}", signedIn((*visit).requestPage))
	page("POST /requests/{id}", signedIn((*visit).requestAct))
	page("GET /pool", signedIn((*visit).poolPage))
	page("GET /pool/new", signedIn((*visit).offerPage))
	page("POST /pool/new", signedIn((*visit).offer))
	page("GET /pool/{id}", signedIn((*visit).matterPage))
	page("POST /pool/{id}", signedIn((*visit).matterAct))
}

// moreNav are the ways to those that a role has for its own.
func (v *visit) moreNav() (links []link) {
	if oversight.Looks(v.viewer.Role) {
		links = append(links, link{Text: v.t("nav.warnings"), URL: "/warnings"})
	}
	if oversight.Audits(v.viewer.Actor) == nil {
		links = append(links, link{Text: v.t("nav.trail"), URL: "/trail"})
	}
	if v.Intake != nil {
		if slices.Contains([]roster.Role{roster.Secretary, roster.GeneralBranch, roster.Officer, roster.Lead, roster.Bureau, roster.Overseer}, v.viewer.Role) {
			links = append(links, link{Text: v.t("nav.requests"), URL: "/requests"})
		}
		if !v.viewer.Role.Administers() {
			links = append(links, link{Text: v.t("nav.pool"), URL: "/pool"})
		}
	}
	if _, err := approval.OwnInbox(v.viewer.Actor); err == nil {
		links = append(links, link{Text: v.t("nav.substitutes"), URL: "/substitutes"})
	}
	if v.Ledger != nil {
		if _, err := v.Ledger.Reads(v.viewer.Actor); err == nil {
			links = append(links, link{Text: v.t("nav.investment"), URL: "/investment"})
		}
	}
	if v.seesFigures() || v.Figures != nil && v.viewer.Role == roster.Lead {
		links = append(links, link{Text: v.t("nav.figures"), URL: "/figures"})
	}
	if v.seesFigures() {
		links = append(links, link{Text: v.t("nav.bottlenecks"), URL: "/bottlenecks"})
	}
	if v.Briefings != nil && !v.viewer.Role.Administers() {
		links = append(links, link{Text: v.t("nav.briefings"), URL: "/briefings"})
	}
	if v.Briefings != nil && briefing.SeesVitality(v.viewer.Actor) == nil {
		links = append(links, link{Text: v.t("nav.vitality"), URL: "/vitality"})
	}
	if v.Archive != nil && archive.Reads(v.viewer.Actor) == nil {
		links = append(links, link{Text: v.t("nav.archives"), URL: "/archives"})
	}
	if v.Register != nil && register.Reads(v.viewer.Actor) == nil {
		links = append(links, link{Text: v.t("nav.register"), URL: "/register"})
	}
	return links
}
