package digest_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/digest"
)

// The examples of GB/T 32905-2016, annex A.
func TestSM3IsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"abc":                      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		strings.Repeat("abcd", 16): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
	} {
		got, err := approval.SM3.Sum([]byte(text))
		body, named := strings.CutPrefix(got, "sm3:")
		sum, bad := base64.RawURLEncoding.DecodeString(body)
		if err != nil || bad != nil || !named || hex.EncodeToString(sum) != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestATrailMayGoOnUnderAnotherDigest(t *testing.T) {
	t.Parallel()
	var events []approval.Event
	head := ""
	for k, d := range []approval.Digest{approval.SHA256, approval.SHA256, approval.SM3, approval.SM3, approval.SHA256} {
		e := approval.Event{Issue: "i", Seq: int64(k + 1), Kind: approval.EvComment}
		if err := e.Chain(head, d); err != nil {
			t.Fatal(err)
		}
		if approval.DigestOf(e.Hash) != d {
			t.Errorf("%s does not say that it is by %q", e.Hash, d)
		}
		events, head = append(events, e), e.Hash
	}
	if err := approval.VerifyChain(events, head); err != nil {
		t.Error(err)
	}
	for k := range events {
		spoilt := append([]approval.Event{}, events...)
		spoilt[k].Kind = approval.EvUrge
		if err := approval.VerifyChain(spoilt, head); err == nil {
			t.Errorf("event %d was changed, and nobody notices", k+1)
		}
	}
	events[2].Hash = "md5:" + events[2].Hash[4:]
	if err := approval.VerifyChain(events, head); err == nil || !strings.Contains(err.Error(), "md5") {
		t.Errorf("a digest that is not known: %v", err)
	}
}

func TestDigestsAreNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]approval.Digest{"": approval.SHA256, "sha256": approval.SHA256, "sm3": approval.SM3} {
		if got, err := digest.Parse(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := digest.Parse("md5"); err == nil {
		t.Error("md5 is taken")
	}
}
