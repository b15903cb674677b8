package webui

import (
	"testing"
	"unicode"

	"lianban/shared/catalog"
)

func TestFindsByCharactersInitialsAndSyllables(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		typed, name string
		found       bool
	}{
		{"施工许可", "建筑工程施工许可证", true},
		{" 施工 许可 ", "建筑工程施工许可证", true},
		{"sgxk", "建筑工程施工许可证", true},
		{"SGXK", "建筑工程施工许可证", true},
		{"shigongxuke", "建筑工程施工许可证", true},
		{"shigxk", "建筑工程施工许可证", true},
		{"hct", "河涌提升", true},
		{"xietiao", "企业诉求协调", true},
		{"kexingxing", "企业投资项目可行性研究", true},
		{"relocation", "Utilities relocation", true},
		{"gs", "建筑工程施工许可证", false},
		{"xkzz", "建筑工程施工许可证", false},
		{"许可证照", "建筑工程施工许可证", false},
		{"", "取水许可", true},
	} {
		if got := sought(x.typed, x.name, syllables(x.name)); got != x.found {
			t.Errorf("%q finds %q: %v, want %v", x.typed, x.name, got, x.found)
		}
	}
}

func TestEveryNameOfTheCatalogueHasItsReading(t *testing.T) {
	t.Parallel()
	c := catalog.Construction()
	var names []string
	for _, item := range c.Items() {
		names = append(names, item.NameZH)
	}
	for _, m := range c.Matters() {
		names = append(names, m.NameZH)
	}
	for _, name := range names {
		for _, r := range name {
			if unicode.Is(unicode.Han, r) && readings[r] == "" {
				t.Errorf("%q has no reading for %c", name, r)
			}
		}
	}
}
