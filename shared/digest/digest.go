// Package digest brings along the digests that the standard library lacks: whoever imports it can
// read and write trails that are chained by SM3 (GB/T 32905-2016), by github.com/emmansun/gmsm.
package digest

import (
	"fmt"

	"github.com/emmansun/gmsm/sm3"

	"lianban/shared/approval"
)

func init() { approval.RegisterDigest(approval.SM3, sm3.New) }

// Parse reads a digest as configurations name it: sha256 or sm3.
func Parse(name string) (approval.Digest, error) {
	switch name {
	case "", "sha256":
		return approval.SHA256, nil
	case "sm3":
		return approval.SM3, nil
	}
	return "", fmt.Errorf("%q is no digest; take sha256 or sm3", name)
}
