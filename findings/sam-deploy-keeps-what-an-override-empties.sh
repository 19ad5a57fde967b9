#!/usr/bin/env bash
# aws-sam-cli 1.170.0: sam deploy takes parameters as words (A=1 B=2), or as one text ("A=1 B=2"), which is how
# samconfig.toml often has them. In the text it ignores an empty value without a warning. The stack then keeps the
# value that it has. As a word it refuses an empty value. With A="" the parameter is empty. A value that does not
# begin with a quotation mark ends before the first one, and sam deploys what is left: of JSON, one brace.
# aws cloudformation deploy (awscli 1.46.3) has an option with the same name, and passes both values on as they are.
# moto 5.2.5 is the CloudFormation here.
#
# Output seen on 2026-11-29, each time with a stack whose AlarmEmail is me@example.com:
#   aws, words: AlarmEmail is "" and Filter is "{"kind":["a"]}"
#   sam, words: refused
#   sam, a text: AlarmEmail is "me@example.com" and Filter is "{"
#   sam, samconfig.toml: AlarmEmail is "me@example.com" and Filter is "{"
#   sam, a text with quotation marks: AlarmEmail is "" and Filter is "{"kind":["a"]}"
set -euo pipefail
folder=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv sam
sam/bin/pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0
python3 -m venv aws
aws/bin/pip install --quiet --disable-pip-version-check awscli==1.46.3 'moto[cloudformation,server]==5.2.5'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
aws/bin/moto_server -H 127.0.0.1 -p "$port" >server.log 2>&1 &
server=$!
unset AWS_PROFILE
export HOME=$folder SAM_CLI_TELEMETRY=0 SAM_CLI_POLL_DELAY=0.2 AWS_ENDPOINT_URL=http://127.0.0.1:$port \
  AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
cat >template.yaml <<'YAML'
Parameters:
  AlarmEmail: {Type: String, Default: ""}
  Filter: {Type: String, Default: ""}
Resources:
  Q: {Type: AWS::SQS::Queue}
YAML
aws() { aws/bin/aws cloudformation "$@"; }
value() { aws describe-stacks --stack-name "$stack" --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue" --output text; }
tell() {
  local what=$1 stack=$2
  shift 2
  aws create-stack --stack-name "$stack" --template-body file://template.yaml --parameters ParameterKey=AlarmEmail,ParameterValue=me@example.com >log 2>&1
  if "$@" --stack-name "$stack" >log 2>&1; then
    echo "$what: AlarmEmail is \"$(value AlarmEmail)\" and Filter is \"$(value Filter)\""
  else
    grep -q 'AlarmEmail= is not a valid format' log
    echo "$what: refused"
  fi
}
for ((attempt = 0; attempt < 60; attempt++)); do # until it has started
  ! aws describe-stacks >log 2>&1 || break
  sleep 1
done
{
  tell 'aws, words' a aws deploy --template-file template.yaml --parameter-overrides AlarmEmail= 'Filter={"kind":["a"]}'
  tell 'sam, words' b sam/bin/sam deploy --parameter-overrides AlarmEmail= 'Filter={"kind":["a"]}'
  tell 'sam, a text' c sam/bin/sam deploy --parameter-overrides 'AlarmEmail= Filter={"kind":["a"]}'
  cat >samconfig.toml <<'TOML'
version = 0.1
[default.deploy.parameters]
parameter_overrides = 'AlarmEmail= Filter={"kind":["a"]}'
TOML
  tell 'sam, samconfig.toml' d sam/bin/sam deploy
  rm samconfig.toml
  tell 'sam, a text with quotation marks' e sam/bin/sam deploy --parameter-overrides 'AlarmEmail="" Filter="{\"kind\":[\"a\"]}"'
} | tee seen
diff seen - <<'SEEN'
aws, words: AlarmEmail is "" and Filter is "{"kind":["a"]}"
sam, words: refused
sam, a text: AlarmEmail is "me@example.com" and Filter is "{"
sam, samconfig.toml: AlarmEmail is "me@example.com" and Filter is "{"
sam, a text with quotation marks: AlarmEmail is "" and Filter is "{"kind":["a"]}"
SEEN
