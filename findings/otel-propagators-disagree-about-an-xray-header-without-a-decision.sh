#!/usr/bin/env bash
# A trace header of X-Ray (X-Amzn-Trace-Id, and AWSTraceHeader of an SQS message) need not say whether the trace is
# sampled. The X-Ray SDK for Go has two values for this: none, and Sampled=?, which leaves the decision to the receiver.
# OpenTelemetry's propagators disagree about such headers: opentelemetry-propagator-aws-xray 1.0.2 (Python),
# go.opentelemetry.io/contrib/propagators/aws v1.47.0 and @opentelemetry/propagator-aws-xray 2.2.0 (JavaScript). Where
# one goes on with the sender's trace, another begins a new one, without an error. So what joins a trace depends on the
# languages of the services. A header without Parent, which the X-Ray guide ("Concepts") shows too, is lost in all three.
# aws-xray-sdk-core 3.12.0, AWS's own, reads all of them.
#
# Output seen on 2026-11-30:
#   Root, Parent, Sampled=1 | Python goes on, sampled | Go goes on, sampled | JavaScript goes on, sampled | X-Ray SDK has root, parent
#   Root, Parent | Python goes on, unsampled | Go goes on, unsampled | JavaScript loses it | X-Ray SDK has root, parent
#   Root, Parent, Sampled=? | Python loses it | Go goes on, unsampled | JavaScript loses it | X-Ray SDK has root, parent
#   Root, Sampled=1 | Python loses it | Go loses it | JavaScript loses it | X-Ray SDK has root
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
root='Root=1-5759e988-bd862e3fe1be46a994272793' parent='Parent=53995c3f42cd8ad8'
printf '%s\n' "$root;$parent;Sampled=1" "$root;$parent" "$root;$parent;Sampled=?" "$root;Sampled=1" >headers

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opentelemetry-propagator-aws-xray==1.0.2 opentelemetry-api==1.45.2
cat >finding.py <<'PYTHON'
from opentelemetry import trace
from opentelemetry.propagators.aws import AwsXRayPropagator

for header in open("headers").read().splitlines():
    context = AwsXRayPropagator().extract({"X-Amzn-Trace-Id": header})
    span = trace.get_current_span(context).get_span_context()
    goes_on = "goes on, sampled" if span.trace_flags.sampled else "goes on, unsampled"
    print("Python", goes_on if span.is_valid else "loses it")
PYTHON
venv/bin/python finding.py >python

mkdir go
cat >go/main.go <<'GO'
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	headers := bufio.NewScanner(os.Stdin)
	for headers.Scan() {
		carrier := propagation.MapCarrier{"X-Amzn-Trace-Id": headers.Text()}
		span := trace.SpanContextFromContext(xray.Propagator{}.Extract(context.Background(), carrier))
		switch {
		case !span.IsValid():
			fmt.Println("Go loses it")
		case span.IsSampled():
			fmt.Println("Go goes on, sampled")
		default:
			fmt.Println("Go goes on, unsampled")
		}
	}
}
GO
cat >go/go.mod <<'MOD'
module finding

go 1.25.0

require (
	go.opentelemetry.io/contrib/propagators/aws v1.47.0
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
)
MOD
(cd go && go mod tidy 2>/dev/null && go run . <../headers) >golang

npm install --silent --no-audit --no-fund --prefix . \
  @opentelemetry/propagator-aws-xray@2.2.0 @opentelemetry/api@1.9.1 aws-xray-sdk-core@3.12.0
cat >finding.mjs <<'JS'
import { readFileSync } from "node:fs";
import { defaultTextMapGetter, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AWSXRayPropagator } from "@opentelemetry/propagator-aws-xray";
import sdk from "aws-xray-sdk-core";

for (const header of readFileSync("headers", "utf8").trim().split("\n")) {
  const context = new AWSXRayPropagator().extract(ROOT_CONTEXT, { "x-amzn-trace-id": header }, defaultTextMapGetter);
  const span = trace.getSpanContext(context);
  const goesOn = span ? `goes on, ${span.traceFlags & 1 ? "sampled" : "unsampled"}` : "loses it";
  const { root, parent } = sdk.utils.processTraceData(header);
  console.log(`JavaScript ${goesOn} | X-Ray SDK has ${Object.keys({ ...(root && { root }), ...(parent && { parent }) }).join(", ")}`);
}
JS
AWS_XRAY_LOG_LEVEL=silent node finding.mjs >javascript

sed 's/1-[0-9a-f]*-[0-9a-f]*//; s/Parent=[0-9a-f]*/Parent/; s/Root=/Root/; s/;/, /g' headers |
  paste -d '|' - python golang javascript | sed 's/|\([^ ]\)/ | \1/g' | tee seen
diff seen - <<'SEEN'
Root, Parent, Sampled=1 | Python goes on, sampled | Go goes on, sampled | JavaScript goes on, sampled | X-Ray SDK has root, parent
Root, Parent | Python goes on, unsampled | Go goes on, unsampled | JavaScript loses it | X-Ray SDK has root, parent
Root, Parent, Sampled=? | Python loses it | Go goes on, unsampled | JavaScript loses it | X-Ray SDK has root, parent
Root, Sampled=1 | Python loses it | Go loses it | JavaScript loses it | X-Ray SDK has root
SEEN
