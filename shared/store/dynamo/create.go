package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// indexNames are the names of the indexes, by store.Index; DynamoDB wants three
// letters at least.
var indexNames = [3]string{1: "index1", 2: "index2"}

// activeWithin is how long a new table may take.
const activeWithin = 2 * time.Minute

// Create makes the table as the deployment's template does, for tests and for a
// server of one's own: keys, both indexes, the stream that the relay reads, and
// the attribute by which receipts expire. It returns when the table is usable.
func (t *Table) Create(ctx context.Context) error {
	in := &dynamodb.CreateTableInput{
		TableName: &t.name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(0),
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage},
	}
	for k, names := range attributes {
		for _, name := range names {
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
		}
		if indexNames[k] != "" {
			in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
				IndexName: aws.String(indexNames[k]), KeySchema: schema(k), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			})
		}
	}
	if _, err := t.client.CreateTable(ctx, in); err != nil {
		return fmt.Errorf("create table %s: %w", t.name, err)
	}
	active := dynamodb.NewTableExistsWaiter(t.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 5*time.Second
	})
	if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.name}, activeWithin); err != nil {
		return fmt.Errorf("wait for table %s: %w", t.name, err)
	}
	_, err := t.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &t.name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(attrExpires), Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("expire items of table %s: %w", t.name, err)
	}
	return nil
}

func schema(index int) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(attributes[index][0]), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(attributes[index][1]), KeyType: types.KeyTypeRange},
	}
}
