package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	metricsPatience = 10 * time.Minute
	metricsPeriod   = time.Minute
	quietBefore     = 15 * time.Minute // that long without any metric, and the stack is taken for unused
)

// awaitMinute waits until a minute begins, if the metrics are to be compared. CloudWatch has one sum for each minute. So what
// others have caused in the same minute, before the run, could not be told from what the run has caused.
func (s *session) awaitMinute(ctx context.Context) {
	if withoutCloudWatch(s) != "" || s.only != nil && !slices.Contains(s.only, "metrics") {
		return
	}
	if past := time.Since(time.Now().Truncate(metricsPeriod)); past > 0 {
		fmt.Fprintln(s.notices, "verify: waiting for the next minute to begin, as CloudWatch has sums of whole minutes")
		_ = wait(ctx, metricsPeriod-past) // an end of ctx is told by the checks
	}
	s.minute = time.Now().Truncate(metricsPeriod)
}

// checkMetrics compares the sums in CloudWatch with what the API has answered, until none is less. Others who use the
// stack at the same time are counted too: then the sums may be larger.
func checkMetrics(ctx context.Context, s *session) (string, error) {
	want := maps.Clone(s.counted)
	if s.letter.message.Body != nil {
		want["ItemsFailed"] = 2
	}
	begin := s.minute
	before, err := s.sums(ctx, want, begin.Add(-quietBefore), begin)
	if err != nil {
		return "", err
	}
	isQuiet := !anyLess(nil, before)
	if !isQuiet { // these may be the run's own, if a clock is wrong
		begin = begin.Add(-metricsPeriod)
	}
	fmt.Fprintf(s.notices, "verify: waiting for the metrics, which takes CloudWatch some minutes (up to %s)\n", metricsPatience)
	var got map[string]int
	_, err = poll(ctx, metricsPatience, 15*time.Second, func() (bool, error) {
		got, err = s.sums(ctx, want, begin, time.Now().Add(metricsPeriod))
		return err == nil && !anyLess(got, want), err
	})
	if err != nil {
		return "", err
	}
	var found faults
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] < want[name] || isQuiet && got[name] > want[name] {
			found.add("%s is %d in the namespace %s, and %d were caused", name, got[name], s.target.Stack, want[name])
		}
	}
	if isQuiet {
		return "as caused, when last looked at: " + inOrder(got), found.err()
	}
	return fmt.Sprintf("at least as caused (the stack was in use before): %s; caused were %s", inOrder(got), inOrder(want)), found.err()
}

// anyLess tells whether a sum is less than it is to be.
func anyLess(got, want map[string]int) bool {
	for name, n := range want {
		if got[name] < n {
			return true
		}
	}
	return false
}

// sums returns the sums of metrics over a time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
func (s *session) sums(ctx context.Context, names map[string]int, from, to time.Time) (map[string]int, error) {
	in := &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &to}
	for name := range names {
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String(strings.ToLower(name)), Label: &name,
			MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: &s.target.Stack, MetricName: &name},
				Period: aws.Int32(int32(metricsPeriod / time.Second)), Stat: aws.String("Sum"),
			},
		})
	}
	pages := cloudwatch.NewGetMetricDataPaginator(cloudwatch.NewFromConfig(s.target.AWS), in)
	sums := map[string]int{}
	for name := range names {
		sums[name] = 0
	}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look at the metrics: %w", err)
		}
		for _, r := range page.MetricDataResults {
			for _, value := range r.Values {
				sums[aws.ToString(r.Label)] += int(value)
			}
		}
	}
	return sums, nil
}

func inOrder(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
