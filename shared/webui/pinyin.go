package webui

import (
	_ "embed"
	"strings"
)

// pinyinFile has a line for every syllable without its tone, and the characters read
// so in the names of items and matters: 涌 is chong, as in 河涌, and 调 is tiao.
//
//go:embed pinyin.txt
var pinyinFile string

var readings = func() map[rune]string {
	all := map[rune]string{}
	for line := range strings.Lines(pinyinFile) {
		syllable, characters, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, r := range characters {
			all[r] = syllable
		}
	}
	return all
}()

// syllables are how a name is read, with spaces between: 取水许可 is "qu shui xu ke".
func syllables(name string) string {
	var all []string
	for _, r := range name {
		if syllable, ok := readings[r]; ok {
			all = append(all, syllable)
		}
	}
	return strings.Join(all, " ")
}

// sought reports whether something is meant by what was typed: a part of its name in
// characters, or of its reading by initials, whole syllables or their beginnings in
// any mixture (sgxk, shigongxuke, shigxk). static/raise.js looks by the same rule.
func sought(typed, name, reading string) bool {
	typed = squeezed(typed)
	if strings.Contains(squeezed(name), typed) {
		return true
	}
	read := strings.Fields(reading)
	for k := range read {
		if reads(typed, read[k:]) {
			return true
		}
	}
	return false
}

func squeezed(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), "")) }

func reads(typed string, read []string) bool {
	if typed == "" {
		return true
	}
	if len(read) == 0 {
		return false
	}
	for n := 1; n <= min(len(typed), len(read[0])) && typed[n-1] == read[0][n-1]; n++ {
		if reads(typed[n:], read[1:]) {
			return true
		}
	}
	return false
}
