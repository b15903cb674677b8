package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Notes keeps what was seen of audit trails in a bucket that holds every version of an object
// for years (S3 Object Lock in compliance mode), so that nobody, the account's owner included,
// can change or remove it before. Writing an object once more adds a version and changes none.
//
//	seen/<day>/<name>
type Notes struct{ bucket *Bucket }

const seen = "seen/"

// maxNote is how large a note may be: a stream's batch is far below it.
const maxNote = 16 << 20

// NewNotes keeps notes in a bucket.
func NewNotes(b *Bucket) *Notes { return &Notes{b} }

// Note writes one.
func (n *Notes) Note(ctx context.Context, day, name string, text []byte) error {
	hash := sha256.Sum256(text)
	key := seen + day + "/" + name
	return n.bucket.do(ctx, http.MethodPut, key, hex.EncodeToString(hash[:]), text, func(answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return refused(answer, "write "+key)
		}
		return nil
	})
}

// Noted reads all of a day.
func (n *Notes) Noted(ctx context.Context, day string, each func(text []byte) error) error {
	q := url.Values{"list-type": {"2"}, "prefix": {seen + day + "/"}}
	for {
		var page struct {
			Contents []struct {
				Key string `xml:"Key"`
			} `xml:"Contents"`
			Next string `xml:"NextContinuationToken"`
		}
		if err := n.get(ctx, "?"+encoded(q), func(text []byte) error { return xml.Unmarshal(text, &page) }); err != nil {
			return err
		}
		for _, o := range page.Contents {
			if err := n.get(ctx, o.Key, each); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Set("continuation-token", page.Next)
	}
}

func (n *Notes) get(ctx context.Context, key string, use func(text []byte) error) error {
	return n.bucket.do(ctx, http.MethodGet, key, emptyHash, nil, func(answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return refused(answer, "read "+key)
		}
		var text bytes.Buffer
		switch k, err := text.ReadFrom(io.LimitReader(answer.Body, maxNote+1)); {
		case err != nil:
			return fmt.Errorf("read %s: %w", key, err)
		case k > maxNote:
			return fmt.Errorf("%s has more than %d bytes, which is no note", key, maxNote)
		}
		return use(text.Bytes())
	})
}
