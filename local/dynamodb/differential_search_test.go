package dynamodb_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// drawKey draws a key value of the type. There are only a few values, so that operations often use
// the same item.
func drawKey(t *rapid.T, kind types.ScalarAttributeType) types.AttributeValue {
	i := rapid.IntRange(0, 3).Draw(t, "key")
	switch kind {
	case "N":
		return number([]string{"1", "2", "-10", "1.0"}[i])
	case "B":
		return &types.AttributeValueMemberB{Value: [][]byte{{1}, {2}, {200, 0}, {0}}[i]}
	}
	return text([]string{"1", "2", "10", "é"}[i])
}

var plain = []types.AttributeValue{
	number("0"), number("1"), number("2.5"), number("-3"), number("10"), text(""), text("a"), text("ab"), text("b"),
	&types.AttributeValueMemberB{Value: []byte("a")}, &types.AttributeValueMemberB{Value: []byte{}},
	&types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true},
}

// wrong are invalid attribute values.
var wrong = []types.AttributeValue{
	number("one"), number("123456789012345678901234567890123456789"), number("1e126"), number(""),
	&types.AttributeValueMemberSS{Value: []string{}}, &types.AttributeValueMemberSS{Value: []string{"a", "a"}},
	&types.AttributeValueMemberNS{Value: []string{"1", "1.0"}}, &types.AttributeValueMemberNULL{Value: false},
}

func drawPlain(t *rapid.T) types.AttributeValue { return rapid.SampledFrom(plain).Draw(t, "value") }

func drawSetOf(t *rapid.T) types.AttributeValue {
	texts := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3"}), 1, 3, rapid.ID).Draw(t, "set")
	switch rapid.IntRange(0, 2).Draw(t, "set of") {
	case 0:
		return &types.AttributeValueMemberNS{Value: texts}
	case 1:
		return &types.AttributeValueMemberSS{Value: texts}
	}
	set := &types.AttributeValueMemberBS{}
	for _, text := range texts {
		set.Value = append(set.Value, []byte(text))
	}
	return set
}

// drawAttribute draws an attribute value. Seldom it is an invalid one.
func drawAttribute(t *rapid.T) types.AttributeValue {
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 5:
		return drawSetOf(t)
	case 6:
		return &types.AttributeValueMemberL{Value: rapid.SliceOfN(rapid.Custom(drawPlain), 0, 2).Draw(t, "list")}
	case 7:
		if seldom(t, 8) {
			return rapid.SampledFrom(wrong).Draw(t, "wrong")
		}
		return &types.AttributeValueMemberM{Value: item{"x": drawPlain(t), "y": drawPlain(t)}}
	}
	return drawPlain(t)
}

// index draws the name of an index of the table, or nil for the table, and returns its keys. Seldom
// it is the name of an index that does not exist.
func (d drawn) index(t *rapid.T) (name *string, keys []types.KeySchemaElement) {
	choice := rapid.IntRange(0, 20).Draw(t, "index")
	switch {
	case choice == 20:
		return aws.String("none"), d.table.KeySchema
	case choice > 12 && len(d.table.GlobalSecondaryIndexes) > 0:
		index := d.table.GlobalSecondaryIndexes[0]
		return index.IndexName, index.KeySchema
	case choice > 6 && len(d.table.LocalSecondaryIndexes) > 0:
		index := d.table.LocalSecondaryIndexes[0]
		return index.IndexName, index.KeySchema
	}
	return nil, d.table.KeySchema
}

// keyCondition draws a KeyConditionExpression for the keys.
func (s *placeholders) keyCondition(t *rapid.T, d drawn, keys []types.KeySchemaElement) string {
	of := func(k types.KeySchemaElement) string { return s.constant(drawKey(t, d.typeOf(*k.AttributeName))) }
	condition := *keys[0].AttributeName + " = " + of(keys[0])
	if len(keys) == 1 || rapid.Bool().Draw(t, "only the partition") {
		if seldom(t, 12) {
			condition += " AND " + s.simpleCondition(t)
		}
		return condition
	}
	second, name := keys[1], *keys[1].AttributeName
	operator := rapid.SampledFrom([]string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", "<>"}).Draw(t, "operator")
	switch operator {
	case "BETWEEN":
		return condition + " AND " + name + " BETWEEN " + of(second) + " AND " + of(second)
	case "begins_with":
		return "begins_with ( " + name + " , " + of(second) + " ) and " + condition
	}
	return condition + " AND " + name + " " + operator + " " + of(second)
}

func (d drawn) query(t *rapid.T) operation {
	s := d.placeholders()
	index, keys := d.index(t)
	in := &dynamodb.QueryInput{
		TableName: d.name(t), IndexName: index, ScanIndexForward: drawTruth(t, "forward"), ConsistentRead: drawTruth(t, "consistent"),
		KeyConditionExpression: s.draw(t, func(t *rapid.T) string { return s.keyCondition(t, d, keys) }),
		FilterExpression:       s.perhaps(t, s.condition),
		ProjectionExpression:   s.perhaps(t, s.projection),
		Limit:                  drawLimit(t), Select: drawSelect(t),
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = s.used(t)
	if index != nil {
		return queryAll(in)
	}
	return call("Query", in, true, (*dynamodb.Client).Query)
}

func (d drawn) scan(t *rapid.T) operation {
	s := d.placeholders()
	index, _ := d.index(t)
	in := &dynamodb.ScanInput{
		TableName: d.name(t), IndexName: index, ConsistentRead: drawTruth(t, "consistent"),
		FilterExpression: s.perhaps(t, s.condition), ProjectionExpression: s.perhaps(t, s.projection),
		Limit: drawLimit(t), Select: drawSelect(t),
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = s.used(t)
	return scanAll(in)
}

func drawTruth(t *rapid.T, name string) *bool {
	return rapid.SampledFrom([]*bool{nil, aws.Bool(false), aws.Bool(true)}).Draw(t, name)
}

func drawLimit(t *rapid.T) *int32 {
	return rapid.SampledFrom([]*int32{nil, nil, nil, nil, aws.Int32(1), aws.Int32(2), aws.Int32(3), aws.Int32(1000), aws.Int32(0)}).Draw(t, "limit")
}

func drawSelect(t *rapid.T) types.Select {
	return rapid.SampledFrom([]types.Select{"", "", "", "", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "NONE"}).Draw(t, "select")
}

// found holds all items of the pages of a Query or a Scan. Their order is not compared, as DynamoDB
// promises an order only within a partition.
type found struct {
	Items               []item
	Count, ScannedCount int32
}

// allPages makes a call for each page. Each call starts where the last page ended.
func allPages(call func(start item) (page found, last item, err error)) told {
	f, all, start := told{}, found{}, item(nil)
	for n := 0; n == 0 || start != nil; n++ {
		page, last, err := call(start)
		if err == nil && n == 100 {
			err = fmt.Errorf("there are more than %d pages", n)
		}
		if err != nil {
			tellError(f, err)
			return f
		}
		all.Items, start = append(all.Items, page.Items...), last
		all.Count, all.ScannedCount = all.Count+page.Count, all.ScannedCount+page.ScannedCount
	}
	tell(f, false, all)
	return f
}

func queryAll(in *dynamodb.QueryInput) operation {
	return operation{"Query", in, func(c *comparison, client *dynamodb.Client) told {
		page := *in
		return allPages(func(start item) (found, item, error) {
			page.ExclusiveStartKey = start
			out, err := client.Query(c.t.Context(), &page)
			if err != nil {
				return found{}, nil, err
			}
			return found{out.Items, out.Count, out.ScannedCount}, out.LastEvaluatedKey, nil
		})
	}}
}

func scanAll(in *dynamodb.ScanInput) operation {
	return operation{"Scan", in, func(c *comparison, client *dynamodb.Client) told {
		page := *in
		return allPages(func(start item) (found, item, error) {
			page.ExclusiveStartKey = start
			out, err := client.Scan(c.t.Context(), &page)
			if err != nil {
				return found{}, nil, err
			}
			return found{out.Items, out.Count, out.ScannedCount}, out.LastEvaluatedKey, nil
		})
	}}
}
