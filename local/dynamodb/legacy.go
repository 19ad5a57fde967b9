package dynamodb

// legacy refuses a parameter of the time before expressions, which minidyn would ignore.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
func legacy(given int, parameter, instead string) error {
	if given == 0 {
		return nil
	}
	return invalid("the old parameter %s is not supported here, use %s", parameter, instead)
}

func legacyExpected(given int) error { return legacy(given, "Expected", "ConditionExpression") }

func legacyAttributesToGet(given []string) error {
	return legacy(len(given), "AttributesToGet", "ProjectionExpression")
}
