package approval

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	stdhash "hash"
	"strings"
)

// Digest is the function by which audit trails are chained (摘要算法). A trail may go on under another
// one than it began with: each hash says by which it was made.
type Digest string

const (
	// SHA256 is FIPS 180-4; its hashes have no prefix.
	SHA256 Digest = ""
	// SM3 is GB/T 32905-2016, which networks under commercial-cryptography rules ask for (密码法, 商用密码应用安全性评估). Package digest
	// brings it along.
	SM3 Digest = "sm3"
)

var digests = map[Digest]func() stdhash.Hash{SHA256: sha256.New}

// RegisterDigest makes a digest known to the whole program, as crypto.RegisterHash does; it is for
// init functions.
func RegisterDigest(d Digest, make func() stdhash.Hash) { digests[d] = make }

// Known reports whether this program can compute the digest.
func (d Digest) Known() bool { return digests[d] != nil }

// DigestOf is the digest by which a hash says that it was made.
func DigestOf(hash string) Digest {
	name, _, named := strings.Cut(hash, ":")
	if !named {
		return SHA256
	}
	return Digest(name)
}

// Sum is the hash of texts one after the other, with the digest's name before it. It fails for a
// digest that this program does not know.
func (d Digest) Sum(texts ...[]byte) (string, error) {
	if !d.Known() {
		return "", fmt.Errorf("this program knows no digest named %q; a newer one wrote this trail", string(d))
	}
	sum := digests[d]()
	for _, text := range texts {
		sum.Write(text) // it never fails
	}
	name := string(d)
	if name != "" {
		name += ":"
	}
	return name + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)), nil
}
