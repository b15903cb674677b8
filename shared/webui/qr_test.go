package webui

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"testing"

	"rsc.io/qr"
)

func TestTheCodeDrawsTheAddressThatPeopleReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, public string
		secure       bool
		want         string
	}{
		{"as configured", "https://lianban.example/", true, "https://lianban.example/issues/1"},
		{"as asked for", "", false, "http://127.0.0.1:8420/issues/1"},
		{"as asked for behind TLS", "", true, "https://127.0.0.1:8420/issues/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := &visit{server: &server{Config: Config{Public: c.public, Secure: c.secure}}, r: httptest.NewRequest("GET", "http://127.0.0.1:8420/", nil)}
			got, err := v.qr("/issues/1")
			if err != nil {
				t.Fatal(err)
			}
			if got.Address != c.want {
				t.Fatalf("it leads to %s, want %s", got.Address, c.want)
			}
			want, err := qr.Encode(c.want, qr.M)
			if err != nil {
				t.Fatal(err)
			}
			dark := map[[2]int]bool{}
			for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(got.Path, -1) {
				var x, y, wide int
				if _, err := fmt.Sscan(m[1], &x); err != nil {
					t.Fatal(err)
				}
				if _, err := fmt.Sscan(m[2], &y); err != nil {
					t.Fatal(err)
				}
				if _, err := fmt.Sscan(m[3], &wide); err != nil {
					t.Fatal(err)
				}
				for k := range wide {
					dark[[2]int{x + k, y}] = true
				}
			}
			if got.Side != want.Size+8 {
				t.Errorf("%d squares wide, want %d and four around", got.Side, want.Size)
			}
			for y := range got.Side {
				for x := range got.Side {
					if want := want.Black(x-4, y-4); dark[[2]int{x, y}] != want {
						t.Fatalf("the square %d, %d is dark: %t, want %t", x, y, !want, want)
					}
				}
			}
		})
	}
}
