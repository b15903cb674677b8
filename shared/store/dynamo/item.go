package dynamo

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lianban/shared/store"
)

// The attributes of an item. Names are short because they count as stored bytes.
const (
	attrPK      = "pk"
	attrSK      = "sk"
	attrG1PK    = "g1pk"
	attrG1SK    = "g1sk"
	attrG2PK    = "g2pk"
	attrG2SK    = "g2sk"
	attrVersion = "v"
	attrExpires = "ttl"
	attrBody    = "body"

	// What makes a torn read visible; see the package comment.
	attrWritten = "w"    // the version of the header that the item was written with
	attrWith    = "with" // on the header: the sort keys put with it
	attrGone    = "gone" // on the header: the sort keys deleted with it
)

// attributes are the key attributes by index: partition key and sort key.
var attributes = [3][2]string{{attrPK, attrSK}, {attrG1PK, attrG1SK}, {attrG2PK, attrG2SK}}

// item is a stored item with what makes a torn read visible.
type item struct {
	store.Item
	written    int64
	with, gone []string
}

type values = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyOf(k store.Key) values { return values{attrPK: text(k.PK), attrSK: text(k.SK)} }

func encode(i *store.Item) values {
	v := keyOf(i.Key)
	v[attrBody] = text(string(i.Body))
	if i.G1PK != "" {
		v[attrG1PK], v[attrG1SK] = text(i.G1PK), text(i.G1SK)
	}
	if i.G2PK != "" {
		v[attrG2PK], v[attrG2SK] = text(i.G2PK), text(i.G2SK)
	}
	if i.Version != 0 {
		v[attrVersion] = number(i.Version)
	}
	if i.Expires != 0 {
		v[attrExpires] = number(i.Expires)
	}
	return v
}

func decode(v values) (i item, err error) {
	for name, into := range map[string]*string{attrPK: &i.PK, attrSK: &i.SK, attrG1PK: &i.G1PK, attrG1SK: &i.G1SK, attrG2PK: &i.G2PK, attrG2SK: &i.G2SK} {
		if s, ok := v[name].(*types.AttributeValueMemberS); ok {
			*into = s.Value
		}
	}
	for name, into := range map[string]*int64{attrVersion: &i.Version, attrExpires: &i.Expires, attrWritten: &i.written} {
		n, ok := v[name].(*types.AttributeValueMemberN)
		if !ok {
			continue
		}
		if *into, err = strconv.ParseInt(n.Value, 10, 64); err != nil {
			return i, fmt.Errorf("attribute %s of %s %s: %w", name, i.PK, i.SK, err)
		}
	}
	for name, into := range map[string]*[]string{attrWith: &i.with, attrGone: &i.gone} {
		if s, ok := v[name].(*types.AttributeValueMemberSS); ok {
			*into = s.Value
		}
	}
	s, ok := v[attrBody].(*types.AttributeValueMemberS)
	if !ok {
		return i, fmt.Errorf("item %s %s has no body", i.PK, i.SK)
	}
	i.Body = []byte(s.Value)
	return i, nil
}

// Image is the item in a stream's new image, without its index keys: its key and
// its body. Text answers a string attribute by name, "" when there is none.
func Image(text func(attribute string) string) store.Item {
	return store.Item{Key: store.Key{PK: text(attrPK), SK: text(attrSK)}, Body: []byte(text(attrBody))}
}
