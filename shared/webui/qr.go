package webui

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrCode is a QR code (二维码) that leads a phone from paper to a page.
type qrCode struct {
	Address string
	Side    int    // with the quiet zone around it
	Path    string // of the dark squares
}

// quietZone is how many light modules surround a code (GB/T 18284-2000, ISO/IEC 18004:2015, 6.3.8).
const quietZone = 4

// qr draws the address of a page, as the world outside writes it. Level M restores about
// 15% of it (ISO/IEC 18004:2015, 7.5.1), so that it stands up to a crease or a stain.
func (v *visit) qr(path string) (*qrCode, error) {
	c := &qrCode{Address: v.origin() + path}
	drawn, err := qr.Encode(c.Address, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR code of %s: %w", c.Address, err)
	}
	c.Side = drawn.Size + 2*quietZone
	var dark strings.Builder
	for y := range drawn.Size {
		for x := 0; x < drawn.Size; x++ {
			from := x
			for x < drawn.Size && drawn.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&dark, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	c.Path = dark.String()
	return c, nil
}

// origin is where people reach these pages: as configured, else where this request
// came in.
func (v *visit) origin() string {
	if v.Public != "" {
		return strings.TrimSuffix(v.Public, "/")
	}
	if v.Secure {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}
