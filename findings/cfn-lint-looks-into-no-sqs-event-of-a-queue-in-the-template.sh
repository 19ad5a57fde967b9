#!/usr/bin/env bash
# cfn-lint 1.58.0 checks nothing in an SQS event of an AWS::Serverless::Function if its Queue is a
# !GetAtt of a queue in the template. Most templates name the queue like this. Here the batch
# size is over the limit, and a value is misspelt, and neither is reported. If Queue is the ARN as
# text, both are reported.
#
# Output seen on 2026-11-28:
#   Queue: !GetAtt Q.Arn reports nothing
#   Queue as text reports E3002 E3003 E3017 E3030 E3034
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cfn-lint==1.58.0
template() {
  cat <<YAML
Transform: AWS::Serverless-2016-10-31
Resources:
  Q: {Type: AWS::SQS::Queue, DeletionPolicy: Delete, UpdateReplacePolicy: Delete}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        E:
          Type: SQS
          Properties:
            Queue: $1
            BatchSize: 20000
            FunctionResponseTypes: [ReportBatchItemFailuress]
YAML
}
report() {
  template "$1" >"$folder/template.yaml"
  found=$("$folder/venv/bin/cfn-lint" --region us-east-1 --format parseable "$folder/template.yaml" | grep -o ':[EW][0-9]*:' | tr -d : | sort -u | tr '\n' ' ' || true)
  found=${found% }
  echo "$2 reports ${found:-nothing}"
}
{
  report '!GetAtt Q.Arn' 'Queue: !GetAtt Q.Arn'
  report 'arn:aws:sqs:us-east-1:123456789012:q' 'Queue as text'
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
Queue: !GetAtt Q.Arn reports nothing
Queue as text reports E3002 E3003 E3017 E3030 E3034
SEEN
