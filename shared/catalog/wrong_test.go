package catalog_test

import (
	"strings"
	"testing"

	"lianban/shared/catalog"
	"lianban/shared/roster"
)

func TestWhatIsWrongWithAChangeIsSaidInBothLanguages(t *testing.T) {
	t.Parallel()
	c := catalog.Construction()
	item := c.Items()[0]
	changes := map[string]error{}
	_, _, changes["a transfer without a day, of an item twice and one that is not there"] = c.Transfer(catalog.Transfer{To: "d", District: "x", Items: []catalog.ItemNo{item.No, item.No, 9000}})
	_, changes["a succession of nobody"] = c.Succeed(catalog.Succession{Items: map[catalog.ItemNo]roster.DepartmentID{9000: "d"}})
	_, changes["an item with nothing in it, twice"] = c.Adopt([]catalog.Item{{No: 10_000}, {No: 10_000}})
	for name, err := range changes {
		faults := roster.Faults(err)
		if len(faults) < 2 {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range faults {
			latin := strings.ContainsFunc(f.Text.ZH, func(r rune) bool { return r >= 'a' && r <= 'z' })
			if latin || strings.Contains(f.Text.EN, "%!") || f.Text.ZH == "" {
				t.Errorf("%s: %q, %q", name, f.Text.ZH, f.Text.EN)
			}
		}
		if len(faults) != strings.Count(err.Error(), "\n") {
			t.Errorf("%s: of %v only %d are in both languages", name, err, len(faults))
		}
	}
}
