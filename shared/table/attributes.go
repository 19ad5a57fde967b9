package table

import (
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/item"
)

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// encode returns the attributes of a new item.
func encode(created item.Item) map[string]types.AttributeValue {
	attributes := key(created.ID)
	attributes["created_at"] = &types.AttributeValueMemberS{Value: created.CreatedAt}
	for i, feature := range item.Features {
		attributes[feature.Name] = &types.AttributeValueMemberN{Value: item.FormatNumber(created.Measurements[i])}
	}
	return attributes
}

// decode reads a stored item. An attribute that is missing or of another type is left empty, and a
// measurement is NaN then: an item that somebody spoiled can still be shown, and be marked as failed.
// A prediction without a target or without a model version does not count. The enricher classifies
// such an item (see update).
func decode(attributes map[string]types.AttributeValue) item.Item {
	stored := item.Item{ID: text(attributes, "id"), CreatedAt: text(attributes, "created_at")}
	for i, feature := range item.Features {
		stored.Measurements[i] = float(attributes, feature.Name)
	}
	if version := text(attributes, "model_version"); version != "" && version <= LastVersion && isText(attributes, "pred_target") {
		probability := float(attributes, "pred_probability")
		if math.IsNaN(probability) { // which JSON cannot show
			probability = 0
		}
		stored.Prediction = &item.Prediction{
			Target:       text(attributes, "pred_target"),
			Probability:  probability,
			ModelVersion: text(attributes, "model_version"),
			ClassifiedAt: text(attributes, "classified_at"),
		}
	}
	if _, ok := attributes["failure_code"]; ok {
		stored.Failure = &item.Failure{
			Code:     text(attributes, "failure_code"),
			Reason:   text(attributes, "failure_reason"),
			FailedAt: text(attributes, "failed_at"),
		}
	}
	return stored
}

func isText(attributes map[string]types.AttributeValue, name string) bool {
	_, ok := attributes[name].(*types.AttributeValueMemberS)
	return ok
}

func text(attributes map[string]types.AttributeValue, name string) string {
	if value, ok := attributes[name].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

func float(attributes map[string]types.AttributeValue, name string) float64 {
	value, ok := attributes[name].(*types.AttributeValueMemberN)
	if !ok {
		return math.NaN()
	}
	f, err := strconv.ParseFloat(value.Value, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func number(f float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: item.FormatNumber(f)}
}
