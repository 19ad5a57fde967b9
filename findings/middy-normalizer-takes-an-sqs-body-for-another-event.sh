#!/usr/bin/env bash
# @middy/event-normalizer 6.4.5 (with @middy/core and @middy/sqs-partial-batch-failure 6.4.5) parses the body of an SQS
# message if it is JSON. Then it looks whether the object in it is an event of AWS, by the names Records, records,
# messages, tasks and events, and changes what it finds there. So a sender's own list with such a name is changed, too.
# If the list is empty, the normalizer raises a TypeError before the handler is called. Then
# sqs-partial-batch-failure reports the whole batch as failed, also the other message, which is good.
#
# Output seen on 2026-11-29:
#   {"id":"a"} and {"tasks":[{"s3Key":"a+b"}]}: handler got [{"id":"a"},{"tasks":[{"s3Key":"a b"}]}], failed []
#   {"id":"a"} and {"jobs":[]}: handler got [{"id":"a"},{"jobs":[]}], failed []
#   {"id":"a"} and {"tasks":[]}: handler got nothing, failed ["0","1"]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @middy/core@6.4.5 @middy/event-normalizer@6.4.5 @middy/sqs-partial-batch-failure@6.4.5
cat >tell.mjs <<'JS'
import middy from '@middy/core'
import normalizer from '@middy/event-normalizer'
import partialFailure from '@middy/sqs-partial-batch-failure'

for (const second of ['{"tasks":[{"s3Key":"a+b"}]}', '{"jobs":[]}', '{"tasks":[]}']) {
  const bodies = ['{"id":"a"}', second]
  let got = 'nothing'
  const handler = middy()
    .use(partialFailure({ logger: false }))
    .use(normalizer())
    .handler(async event => {
      got = JSON.stringify(event.Records.map(record => record.body))
      return Promise.allSettled(event.Records)
    })
  const Records = bodies.map((body, i) => ({ messageId: String(i), body, eventSource: 'aws:sqs' }))
  const answer = await handler({ Records }, {})
  const failed = JSON.stringify(answer.batchItemFailures.map(f => f.itemIdentifier))
  console.log(`${bodies.join(' and ')}: handler got ${got}, failed ${failed}`)
}
JS
node tell.mjs | tee seen
diff seen - <<'SEEN'
{"id":"a"} and {"tasks":[{"s3Key":"a+b"}]}: handler got [{"id":"a"},{"tasks":[{"s3Key":"a b"}]}], failed []
{"id":"a"} and {"jobs":[]}: handler got [{"id":"a"},{"jobs":[]}], failed []
{"id":"a"} and {"tasks":[]}: handler got nothing, failed ["0","1"]
SEEN
