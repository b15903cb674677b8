package dynamo_test

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lianban/shared/approval/approvaltest"
	"lianban/shared/docket/dockettest"
	"lianban/shared/intake/intaketest"
	"lianban/shared/measure/measuretest"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
)

// endpoint is where a DynamoDB of one's own answers. Without one there is nothing
// to hold the table to, which a complete run takes for a failure.
func endpoint(t testing.TB) string {
	t.Helper()
	url := os.Getenv("LIANBAN_DYNAMODB")
	switch {
	case url != "":
	case os.Getenv("LIANBAN_REQUIRE_EXTERNAL") != "":
		t.Fatal("LIANBAN_DYNAMODB is not set: it names the endpoint of a DynamoDB-compatible server, which a complete run needs")
	default:
		t.Skip("NOT TESTED: LIANBAN_DYNAMODB is not set, so the DynamoDB table was held to nothing; set it to the endpoint of a DynamoDB-compatible server")
	}
	return url
}

// connect makes a client of the server under test.
func connect(t testing.TB, transport http.RoundTripper) *dynamodb.Client {
	t.Helper()
	return dynamodb.New(dynamodb.Options{
		Region: "cn-north-1", BaseEndpoint: aws.String(endpoint(t)), HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// rig is a fresh table and what a test needs to look behind it.
type rig struct {
	*dynamo.Table
	client *dynamodb.Client
	name   string
}

func fresh(t testing.TB, transport http.RoundTripper, options ...dynamo.Option) rig {
	t.Helper()
	r := rig{client: connect(t, transport), name: "t" + rand.Text()}
	r.Table = dynamo.New(r.client, r.name, options...)
	if err := r.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := r.client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &r.name}); err != nil {
			t.Log(err)
		}
	})
	return r
}

// all reads the table, or one of its indexes, to its end.
func (r rig) all(t testing.TB, index *string) map[string]string {
	t.Helper()
	found := map[string]string{}
	in := &dynamodb.ScanInput{TableName: &r.name, IndexName: index, ConsistentRead: aws.Bool(index == nil)}
	for {
		out, err := r.client.Scan(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.Items {
			var key, rest []string
			for _, name := range []string{"pk", "sk", "g1pk", "g1sk", "g2pk", "g2sk", "body"} {
				s, _ := v[name].(*types.AttributeValueMemberS)
				switch {
				case s == nil:
					rest = append(rest, "")
				case len(key) < 2:
					key = append(key, s.Value)
				default:
					rest = append(rest, s.Value)
				}
			}
			if index == nil || rest[map[string]int{"index1": 0, "index2": 2}[*index]] != "" {
				found[strings.Join(key, " ")] = strings.Join(rest, "\x00")
			}
		}
		if out.LastEvaluatedKey == nil {
			return found
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// settle waits until both indexes show what the table holds.
func (r rig) settle(t testing.TB) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		table := r.all(t, nil)
		caughtUp := true
		for k, index := range []string{"index1", "index2"} {
			want := maps.Clone(table)
			maps.DeleteFunc(want, func(_, rest string) bool { return strings.Split(rest, "\x00")[2*k] == "" })
			caughtUp = caughtUp && maps.Equal(want, r.all(t, &index))
		}
		if caughtUp {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("the indexes did not catch up")
		}
	}
}

func TestHistoriesOnTheStoreAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	endpoint(t)
	approvaltest.Model(t, func(t *testing.T) approvaltest.Opened {
		r := fresh(t, http.DefaultTransport)
		return approvaltest.Opened{Store: store.New(r), Settle: func() { r.settle(t) }}
	})
}

func TestDocketKeepsItsContract(t *testing.T) {
	t.Parallel()
	endpoint(t)
	dockettest.Store(t, func(t *testing.T) dockettest.Opened {
		r := fresh(t, http.DefaultTransport)
		return dockettest.Opened{Store: store.New(r), Settle: func() { r.settle(t) }}
	})
}

func TestIntakeHoldsOnTheTable(t *testing.T) {
	t.Parallel()
	endpoint(t)
	intaketest.Service(t, func(t testing.TB) intaketest.Opened {
		r := fresh(t, http.DefaultTransport)
		s := store.New(r)
		return intaketest.Opened{Issues: s, Docket: s, Settle: func() { r.settle(t) }}
	})
}

func TestStoreKeepsItsContract(t *testing.T) {
	t.Parallel()
	endpoint(t)
	approvaltest.Store(t, func(t *testing.T) approvaltest.Opened {
		r := fresh(t, http.DefaultTransport)
		return approvaltest.Opened{Store: store.New(r), Settle: func() { r.settle(t) }}
	})
}

func TestFiguresKeepTheirContract(t *testing.T) {
	t.Parallel()
	endpoint(t)
	measuretest.Store(t, func(t *testing.T) measuretest.Opened {
		return measuretest.Opened{Store: store.New(fresh(t, http.DefaultTransport))}
	})
}

func TestFiguresAreTheSumOfTheIssuesAfterAnyHistory(t *testing.T) {
	t.Parallel()
	endpoint(t)
	measuretest.Histories(t, func(t *testing.T) measuretest.Opened {
		r := fresh(t, http.DefaultTransport)
		return measuretest.Opened{Store: store.New(r), Settle: func() { r.settle(t) }}
	})
}
