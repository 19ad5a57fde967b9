#!/usr/bin/env bash
# CloudWatch's embedded metric format has one unit for all values of a metric on a line. A function that times some
# steps in seconds and others in milliseconds gives the libraries of AWS two units for one metric name. Neither
# converts a value. aws-lambda-powertools 3.37.0 (Python) keeps the last unit, and aws-embedded-metrics 3.5.0
# (Python) the first. Both write all values beside it, without an error or a warning. So one value is wrong by a
# factor of 1,000, and which one depends on the library. Powertools for TypeScript 2.36.0 raises an error.
#
# Output seen on 2026-11-30:
#   aws-lambda-powertools: [2.0, 500.0] Milliseconds
#   aws-embedded-metrics: [2, 500] Seconds
#   @aws-lambda-powertools/metrics: Error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0 aws-embedded-metrics==3.5.0
cat >finding.py <<'PYTHON'
import json
import warnings

from aws_embedded_metrics.logger.metrics_context import MetricsContext
from aws_embedded_metrics.serializers.log_serializer import LogSerializer
from aws_lambda_powertools import Metrics

warnings.simplefilter("error")


def tell(library, line):
    (metric,) = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    print(f"{library}: {line[metric['Name']]} {metric['Unit']}")


powertools = Metrics(namespace="Shop", service="orders")
powertools.add_metric(name="Latency", unit="Seconds", value=2)
powertools.add_metric(name="Latency", unit="Milliseconds", value=500)
tell("aws-lambda-powertools", powertools.serialize_metric_set())

embedded = MetricsContext.empty()
embedded.put_metric("Latency", 2, "Seconds")
embedded.put_metric("Latency", 500, "Milliseconds")
(line,) = LogSerializer.serialize(embedded)
tell("aws-embedded-metrics", json.loads(line))
PYTHON
venv/bin/python finding.py | tee seen
npm install --silent --no-fund --no-audit @aws-lambda-powertools/metrics@2.36.0
cat >finding.mjs <<'JS'
import { Metrics } from '@aws-lambda-powertools/metrics'
const metrics = new Metrics({ namespace: 'Shop', serviceName: 'orders' })
metrics.addMetric('Latency', 'Seconds', 2)
try {
  metrics.addMetric('Latency', 'Milliseconds', 500)
  console.log('@aws-lambda-powertools/metrics:', JSON.stringify(metrics.serializeMetrics()))
} catch (error) {
  console.log('@aws-lambda-powertools/metrics:', error.constructor.name)
}
JS
node finding.mjs | tee -a seen
diff seen - <<'SEEN'
aws-lambda-powertools: [2.0, 500.0] Milliseconds
aws-embedded-metrics: [2, 500] Seconds
@aws-lambda-powertools/metrics: Error
SEEN
