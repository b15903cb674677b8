package local

import (
	"context"
	"encoding/json"
	"fmt"

	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store/sqlite"
)

// ownFacts are the facts of a place of its own, as a data file keeps them: who there
// is, and who is competent for the items of the embedded catalogue. They are the
// base on which the register's change sets stand.
type ownFacts struct {
	Roster      json.RawMessage      `json:"roster"`
	Competences []catalog.Competence `json:"competences"`
}

const factsSetting = "facts"

// keepFacts writes the facts into the data file, so that it opens with them again.
func keepFacts(ctx context.Context, file *sqlite.File, r *roster.Roster, c *catalog.Catalog) error {
	people, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the roster: %w", err)
	}
	text, err := json.Marshal(ownFacts{people, c.Competences()})
	if err != nil {
		return fmt.Errorf("write the competences: %w", err)
	}
	return file.Keep(ctx, factsSetting, text)
}

// ownFacts completes the configuration with the facts that the data file keeps.
func (c *Config) ownFacts(ctx context.Context, file *sqlite.File) error {
	if c.Roster != nil || c.Catalog != nil {
		return nil
	}
	text, ok, err := file.Kept(ctx, factsSetting)
	if err != nil || !ok {
		return err
	}
	var own ownFacts
	if err := json.Unmarshal(text, &own); err != nil {
		return fmt.Errorf("read the data file's own facts: %w", err)
	}
	if c.Roster, err = roster.Load(own.Roster); err != nil {
		return fmt.Errorf("the data file's own facts: %w", err)
	}
	if c.Catalog, err = catalog.Construction().Giving(own.Competences); err != nil {
		return fmt.Errorf("the data file's own facts: %w", err)
	}
	if err := c.Catalog.CheckRoster(c.Roster); err != nil {
		return fmt.Errorf("the data file's own facts: %w", err)
	}
	return nil
}
