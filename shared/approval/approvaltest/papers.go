package approvaltest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"lianban/shared/approval"
)

// Shelf is a place for papers under test: how bytes arrive there, and how they go bad.
type Shelf struct {
	Papers approval.Papers
	Arrive func(t *testing.T, id approval.IssueID, content string)
	Spoil  func(t *testing.T, id approval.IssueID, hash string)
}

// Hash is how papers are named.
func Hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

var errUnfit = errors.New("not to the taste of who looks")

// Papers holds an implementation of approval.Papers to its contract. Every case
// gets a fresh one.
func Papers(t *testing.T, open func(t *testing.T) Shelf) {
	const a, b, content = approval.IssueID("01900000-0000-7000-8000-00000000000a"), approval.IssueID("01900000-0000-7000-8000-00000000000b"), "%PDF-1.7 总平面图"
	// seen answers what look is shown.
	seen := func(t *testing.T, s Shelf, id approval.IssueID, hash string) (string, error) {
		t.Helper()
		var got string
		err := s.Papers.Keep(t.Context(), id, hash, func(r io.ReaderAt, size int64) error {
			text, err := io.ReadAll(io.NewSectionReader(r, 0, size))
			got = string(text)
			return err
		})
		return got, err
	}
	run := func(name string, test func(t *testing.T, s Shelf)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
	run("KeepsWhatHasArrivedAgainAndAgain", func(t *testing.T, s Shelf) {
		s.Arrive(t, a, content)
		for range 3 {
			if got, err := seen(t, s, a, Hash(content)); got != content || err != nil {
				t.Errorf("kept %q, %v", got, err)
			}
		}
	})
	run("TakesTheSameFileTwice", func(t *testing.T, s Shelf) {
		s.Arrive(t, a, content)
		if _, err := seen(t, s, a, Hash(content)); err != nil {
			t.Fatal(err)
		}
		s.Arrive(t, a, content)
		if got, err := seen(t, s, a, Hash(content)); got != content || err != nil {
			t.Errorf("kept %q, %v", got, err)
		}
	})
	run("KnowsNothingThatHasNotArrived", func(t *testing.T, s Shelf) {
		s.Arrive(t, a, content)
		for _, hash := range []string{Hash("another"), "", "..", strings.Repeat("/", 64), strings.ToUpper(Hash(content))} {
			if _, err := seen(t, s, a, hash); !approval.IsKind(err, approval.NotFound) {
				t.Errorf("hash %q: %v", hash, err)
			}
		}
		for _, id := range []approval.IssueID{b, "", "../" + a, "a/b", "a.b", `a\b`} {
			if _, err := seen(t, s, id, Hash(content)); !approval.IsKind(err, approval.NotFound) {
				t.Errorf("issue %q: %v", id, err)
			}
		}
	})
	run("AnswersWhatLookSays", func(t *testing.T, s Shelf) {
		s.Arrive(t, a, content)
		if err := s.Papers.Keep(t.Context(), a, Hash(content), func(io.ReaderAt, int64) error { return errUnfit }); !errors.Is(err, errUnfit) {
			t.Errorf("look's error is answered as %v", err)
		}
		if _, err := seen(t, s, a, Hash(content)); err != nil {
			t.Errorf("looked at again: %v", err)
		}
	})
	run("RefusesBytesThatAreNotWhatTheirHashSays", func(t *testing.T, s Shelf) {
		s.Arrive(t, a, content)
		if _, err := seen(t, s, a, Hash(content)); err != nil {
			t.Fatal(err)
		}
		s.Spoil(t, a, Hash(content))
		shown := false
		err := s.Papers.Keep(t.Context(), a, Hash(content), func(io.ReaderAt, int64) error { shown = true; return nil })
		if _, refusal := errors.AsType[*approval.Error](err); err == nil || refusal || shown || !strings.Contains(err.Error(), Hash(content)[2:]) {
			t.Errorf("spoilt bytes: shown %v, %v", shown, err)
		}
	})
	run("KeepsForManyAtOnce", func(t *testing.T, s Shelf) {
		var wg sync.WaitGroup
		for k := range 8 {
			wg.Go(func() {
				id := []approval.IssueID{a, b}[k%2]
				s.Arrive(t, id, content)
				if got, err := seen(t, s, id, Hash(content)); got != content || err != nil {
					t.Errorf("kept %q, %v", got, err)
				}
			})
		}
		wg.Wait()
	})
}
