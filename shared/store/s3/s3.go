// Package s3 keeps the bytes of attachments in a bucket of Amazon S3. It is
// approval's Papers, and says at which addresses people put and fetch files. In
// another bucket, which nobody can change, it keeps what a witness saw of audit trails.
//
// It must not know HTTP routes, nor any rule of the domain but the size of a file.
// Requests are signed with the SDK's core: putting, getting and two prefixes need
// no client of their own.
//
//	incoming/<issue>/<hash>   where people put files; a rule of the bucket removes them after a day
//	kept/<issue>/<hash>       what issues name; only this package writes there
//
// # Promises
//
//   - An upload's signature covers its length and its SHA-256, so that S3 itself
//     refuses other bytes. What is kept is compared with its hash here as well.
//   - Nobody can write under kept/ by an address that was given to them, and nothing
//     there expires.
//   - Every region has its endpoint, those of the China partition included.
package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"lianban/shared/approval"
)

// How long addresses are good: to hash a file and send twenty megabytes over a slow
// line, and to follow a link.
const (
	uploadFor   = 15 * time.Minute
	downloadFor = 5 * time.Minute
)

// emptyHash is the SHA-256 of nothing; unsigned says that a body is not part of a
// signature, because its checksum is.
const (
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	unsigned  = "UNSIGNED-PAYLOAD"
)

// Bucket is where the files are.
type Bucket struct {
	base        string // address, with a slash at its end
	region      string
	credentials aws.CredentialsProvider
	now         func() time.Time
	client      *http.Client
	signer      *v4.Signer
}

// New names the bucket; it connects to nothing. The clock dates signatures. An
// endpoint stands in for the region's when it is not empty.
func New(cloud aws.Config, name, endpoint string, now func() time.Time) *Bucket {
	b := &Bucket{base: "https://" + name + ".s3." + cloud.Region + "." + suffix(cloud.Region) + "/", region: cloud.Region, credentials: cloud.Credentials, now: now}
	if endpoint != "" {
		b.base = strings.TrimSuffix(endpoint, "/") + "/" + name + "/"
	}
	// The API Gateway gives up after 29 seconds.
	b.client = &http.Client{Timeout: 25 * time.Second}
	b.signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return b
}

// suffix is the domain of a region's partition.
func suffix(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

const (
	incoming = "incoming/"
	kept     = "kept/"
)

// name is a file's name below a prefix, or a NotFound error for what can be none.
func name(id approval.IssueID, hash string) (string, error) {
	if !approval.NamesPaper(id, hash) {
		return "", approval.PaperMissing()
	}
	return string(id) + "/" + hash, nil
}

// checksum is a hash as S3 writes it.
func checksum(hash string) string {
	sum, err := hex.DecodeString(hash)
	if err != nil {
		panic("s3: not a hash: " + hash)
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// Upload implements httpapi's Links. Length and checksum go into the signature, so
// that the address takes these bytes and no others.
func (b *Bucket) Upload(ctx context.Context, id approval.IssueID, hash string, size int64) (string, map[string]string, time.Time, error) {
	to, err := name(id, hash)
	if err != nil {
		return "", nil, time.Time{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, b.base+incoming+to, nil)
	if err != nil {
		return "", nil, time.Time{}, err
	}
	r.ContentLength = size
	header := map[string]string{"X-Amz-Checksum-Sha256": checksum(hash)}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	address, until, err := b.presign(ctx, r, uploadFor)
	return address, header, until, err
}

// Download implements httpapi's Links: a file of the attachment's name and type,
// never shown in place.
func (b *Bucket) Download(ctx context.Context, id approval.IssueID, a approval.Attachment) (string, error) {
	from, err := name(id, a.ID)
	if err != nil {
		return "", err
	}
	q := url.Values{
		"response-content-disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": a.Name})},
		"response-content-type":        {a.Type},
		"response-cache-control":       {"private, no-store"},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+kept+from+"?"+encoded(q), nil)
	if err != nil {
		return "", err
	}
	address, _, err := b.presign(ctx, r, downloadFor)
	return address, err
}

// encoded writes a query as signatures count it: a space is %20.
func encoded(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

func (b *Bucket) presign(ctx context.Context, r *http.Request, life time.Duration) (string, time.Time, error) {
	credentials, err := b.credentials.Retrieve(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("credentials for the bucket: %w", err)
	}
	q := r.URL.Query()
	q.Set("X-Amz-Expires", strconv.Itoa(int(life/time.Second)))
	r.URL.RawQuery = encoded(q)
	now := b.now().Truncate(time.Second)
	address, _, err := b.signer.PresignHTTP(ctx, credentials, r, unsigned, "s3", b.region, now)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an address in the bucket: %w", err)
	}
	return address, now.Add(life).UTC(), nil
}

// Keep implements approval.Papers. What people put is read, looked at, and written
// once more where nothing expires.
func (b *Bucket) Keep(ctx context.Context, id approval.IssueID, hash string, look func(r io.ReaderAt, size int64) error) error {
	paper, err := name(id, hash)
	if err != nil {
		return err
	}
	content, err := b.read(ctx, kept+paper, hash)
	fresh := approval.IsKind(err, approval.NotFound)
	if fresh {
		content, err = b.read(ctx, incoming+paper, hash)
	}
	if err != nil {
		return err
	}
	if err := look(bytes.NewReader(content), int64(len(content))); err != nil || !fresh {
		return err
	}
	return b.write(ctx, kept+paper, hash, content)
}

// do sends a signed request and hands the answer over, whose body is closed after.
func (b *Bucket) do(ctx context.Context, method, key, hash string, body []byte, use func(*http.Response) error) error {
	r, err := http.NewRequestWithContext(ctx, method, b.base+key, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if body != nil {
		r.Header.Set("X-Amz-Checksum-Sha256", checksum(hash))
	}
	credentials, err := b.credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("credentials for the bucket: %w", err)
	}
	if err := b.signer.SignHTTP(ctx, credentials, r, hash, "s3", b.region, b.now()); err != nil {
		return fmt.Errorf("sign %s %s: %w", method, key, err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return fmt.Errorf("%s %s in the bucket: %w", method, key, err)
	}
	defer answer.Body.Close()
	return use(answer)
}

// read reads an object that is what its hash says, or answers a NotFound error.
func (b *Bucket) read(ctx context.Context, key, hash string) (content []byte, err error) {
	err = b.do(ctx, http.MethodGet, key, emptyHash, nil, func(answer *http.Response) error {
		switch {
		case answer.StatusCode == http.StatusNotFound:
			return approval.PaperMissing()
		case answer.StatusCode != http.StatusOK:
			return refused(answer, "read "+key)
		}
		if content, err = io.ReadAll(io.LimitReader(answer.Body, approval.MaxPaper+1)); err != nil {
			return fmt.Errorf("read %s: %w", key, err)
		}
		if len(content) > approval.MaxPaper {
			return approval.PaperTooLarge()
		}
		if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != hash {
			return fmt.Errorf("attachment %s is not what was stored: its content has the hash %x; bring its earlier version back", key, got)
		}
		return nil
	})
	return content, err
}

func (b *Bucket) write(ctx context.Context, key, hash string, content []byte) error {
	err := b.do(ctx, http.MethodPut, key, hash, content, func(answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return refused(answer, "write "+key)
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("%w: %w", approval.ErrNotKept, err)
	}
	return err
}

// refused tells what S3 said.
func refused(answer *http.Response, doing string) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // the status says enough without it
	return fmt.Errorf("%s in the bucket: %s: %s", doing, answer.Status, text)
}
