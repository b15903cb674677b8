package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// Catalog (事项目录) is made by [Load] and never changes.
type Catalog struct {
	items       []Item // by number
	index       map[ItemNo]int
	matters     []Matter
	edges       []Edge
	requires    map[ItemNo][]Edge // the edges of an item
	competences []Competence
}

// Items returns all items by number; the slice is the caller's own, as with all
// lists here.
func (c *Catalog) Items() []Item {
	all := slices.Clone(c.items)
	for i := range all {
		all[i] = all[i].clone()
	}
	return all
}

// Item returns the item with the number, and whether there is one.
func (c *Catalog) Item(no ItemNo) (Item, bool) {
	i, ok := c.index[no]
	if !ok {
		return Item{}, false
	}
	return c.items[i].clone(), true
}

func (i Item) clone() Item {
	i.Kinds = slices.Clone(i.Kinds)
	i.Statutory.Cases = slices.Clone(i.Statutory.Cases)
	return i
}

// Stages returns the stages that items have, in the order in which projects pass
// them: by the first number printed, then by the lowest item.
func (c *Catalog) Stages() []Stage {
	var stages []Stage
	for _, item := range c.items {
		if !slices.Contains(stages, item.Stage) {
			stages = append(stages, item.Stage)
		}
	}
	slices.SortStableFunc(stages, func(a, b Stage) int { return strings.Compare(leading(a), leading(b)) })
	return stages
}

func leading(s Stage) string {
	return string(s)[:len(s)-len(strings.TrimLeft(string(s), "0123456789"))]
}

// Matters returns all coordination matters, in the catalogue's order.
func (c *Catalog) Matters() []Matter {
	all := slices.Clone(c.matters)
	for i := range all {
		all[i].Kinds = slices.Clone(all[i].Kinds)
	}
	return all
}

// Matter returns the matter with the code, and whether there is one.
func (c *Catalog) Matter(code MatterCode) (Matter, bool) {
	for _, m := range c.matters {
		if m.Code == code {
			m.Kinds = slices.Clone(m.Kinds)
			return m, true
		}
	}
	return Matter{}, false
}

// Search returns the items that every word of the query fits: an item's number,
// characters of its Chinese name, its department or its stage, the beginning of
// a word of its English name. Letters of either case and of full width are the
// same. The item whose number is the whole query comes first, the others follow
// by number. An empty query fits every item.
func (c *Catalog) Search(query string) []Item {
	words := strings.Fields(fold(query))
	var found []Item
	for _, item := range c.items {
		if !slices.ContainsFunc(words, func(word string) bool { return !item.fits(word) }) {
			found = append(found, item.clone())
		}
	}
	if len(words) == 1 {
		slices.SortStableFunc(found, func(a, b Item) int {
			return rank(a, words[0]) - rank(b, words[0])
		})
	}
	return found
}

func rank(i Item, word string) int {
	if strconv.Itoa(int(i.No)) == word {
		return 0
	}
	return 1
}

func (i Item) fits(word string) bool {
	if strconv.Itoa(int(i.No)) == word {
		return true
	}
	for _, text := range []string{i.NameZH, i.Department, string(i.Stage)} {
		if strings.ContainsFunc(word, isHan) && strings.Contains(fold(text), word) {
			return true
		}
	}
	name := fold(i.NameEN)
	for start := range name {
		if strings.HasPrefix(name[start:], word) && (start == 0 || !isWord(name[start-1])) {
			return true
		}
	}
	return false
}

func isHan(r rune) bool { return r >= 0x3400 && r <= 0x9fff }

func isWord(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 0x80 }

// fold makes letters lower case and full-width signs (Ａ，１) plain.
func fold(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		}
		return r
	}, s))
}
