package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// resources returns the stack's resources of a type: their names on AWS by their logical ids.
func (s *session) resources(ctx context.Context, kind string) (map[string]string, error) {
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(s.target.AWS),
		&cloudformation.ListStackResourcesInput{StackName: &s.target.Stack})
	names := map[string]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the resources of stack %s: %w", s.target.Stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == kind {
				names[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
			}
		}
	}
	if len(names) == 0 {
		return nil, faults{fmt.Sprintf("stack %s has no %s", s.target.Stack, kind)}
	}
	return names, nil
}

// arn returns the name of a resource in the stack's account and region.
func (s *session) arn(service, resource string) string {
	partition := "aws"
	if parts := strings.Split(s.target.Queue.ARN, ":"); len(parts) > 1 {
		partition = parts[1]
	}
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", partition, service, s.target.Region, s.target.Account, resource)
}
