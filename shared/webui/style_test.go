package webui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luminance is the relative luminance of a colour written as #rgb or #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	part := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func TestTextStandsOutFromItsGround(t *testing.T) {
	t.Parallel()
	css, err := staticFiles.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]+);`)
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(css, 2)
	colours := map[string]string{}
	for k, scheme := range []string{"light", "dark"} {
		for _, m := range token.FindAllSubmatch(blocks[k][1], -1) {
			colours[string(m[1])] = string(m[2])
		}
		for _, pair := range []struct {
			text, ground string
			least        float64
		}{
			{"ink", "paper", 7},
			{"ink", "sheet", 7},
			{"quiet", "paper", 4.5},
			{"quiet", "sheet", 4.5},
			{"blue", "paper", 4.5},
			{"blue", "sheet", 4.5},
			{"sheet", "blue", 4.5},
			{"sheet", "red", 4.5},
			{"red", "sheet", 4.5},
			{"red", "red-soft", 4.5},
			{"yellow", "yellow-soft", 4.5},
			{"yellow", "sheet", 4.5},
			{"green", "green-soft", 4.5},
			{"green", "sheet", 4.5},
			{"quiet", "blue-soft", 4.5},
			{"blue", "blue-soft", 4.5},
			{"blue", "red-soft", 4.5},
			{"ink", "yellow-soft", 4.5},
			{"line-strong", "sheet", 3},
			{"ink", "bar-muted", 4.5},
			{"ink", "bar-muted-2", 4.5},
		} {
			a, b := luminance(t, colours[pair.text]), luminance(t, colours[pair.ground])
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < pair.least {
				t.Errorf("%s: --%s on --%s has a contrast of %.2f, want %.1f", scheme, pair.text, pair.ground, got, pair.least)
			}
		}
	}
}
