#!/usr/bin/env bash
# aws-cron-parser 1.1.12 (npm) says when a cron expression of EventBridge, such as a Schedule event of SAM has, runs
# next. For the 31st in a month of 30 days it names the 1st of the month after, and for February 29 it names March 1
# in other years. Of a list that is not in ascending order it skips what comes after a smaller value: with "18,6" it
# runs once a day instead of twice. None of this is an error, and "6,18" is right. By the page "Cron expressions
# reference" of the EventBridge guide, a comma includes more values. It names no order for them. pyawscron 1.0.7 (PyPI)
# has the list right, and raises a ValueError for such a day. aws-croniter 2.1.1 (PyPI) passes over such a month.
#
# Output seen on 2026-11-30, of the four times after noon of that day (UTC):
#   0 10 31 * ? *
#     aws-cron-parser: 2026-12-01T10:00 2026-12-31T10:00 2027-01-31T10:00 2027-03-03T10:00
#     pyawscron: ValueError
#     aws-croniter: 2026-12-31T10:00 2027-01-31T10:00 2027-03-31T10:00 2027-05-31T10:00
#   0 0 29 2 ? *
#     aws-cron-parser: 2027-03-01T00:00 2028-02-29T00:00 2029-03-01T00:00 2030-03-01T00:00
#     pyawscron: ValueError
#     aws-croniter: 2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00 2040-02-29T00:00
#   0 18,6 * * ? *
#     aws-cron-parser: 2026-11-30T18:00 2026-12-01T18:00 2026-12-02T18:00 2026-12-03T18:00
#     pyawscron: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
#     aws-croniter: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
#   0 6,18 * * ? *
#     aws-cron-parser: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
#     pyawscron: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
#     aws-croniter: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyawscron==1.0.7 aws-croniter==2.1.1
npm install --silent --no-audit --no-fund --prefix . aws-cron-parser@1.1.12
cat >finding.cjs <<'JS'
const parser = require("aws-cron-parser");
const cron = parser.parse(process.argv[2]);
const runs = [];
for (let at = new Date("2026-11-30T12:00:00Z"); runs.length < 4; ) {
  at = parser.next(cron, at);
  runs.push(at.toISOString().slice(0, 16));
}
console.log("  aws-cron-parser:", ...runs);
JS
cat >finding.py <<'PYTHON'
import datetime
import sys

from aws_croniter import AwsCroniter
from pyawscron import AWSCron

for name, parser in ("pyawscron", AWSCron), ("aws-croniter", AwsCroniter):
    at = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.timezone.utc)
    runs = []
    try:
        while len(runs) < 4:
            at = parser(sys.argv[1]).occurrence(at).next()
            runs.append(f"{at:%Y-%m-%dT%H:%M}")
        print(f"  {name}:", *runs)
    except Exception as error:
        print(f"  {name}: {type(error).__name__}")
PYTHON
for expression in '0 10 31 * ? *' '0 0 29 2 ? *' '0 18,6 * * ? *' '0 6,18 * * ? *'; do
  echo "$expression"
  node finding.cjs "$expression"
  venv/bin/python finding.py "$expression"
done | tee seen
diff seen - <<'SEEN'
0 10 31 * ? *
  aws-cron-parser: 2026-12-01T10:00 2026-12-31T10:00 2027-01-31T10:00 2027-03-03T10:00
  pyawscron: ValueError
  aws-croniter: 2026-12-31T10:00 2027-01-31T10:00 2027-03-31T10:00 2027-05-31T10:00
0 0 29 2 ? *
  aws-cron-parser: 2027-03-01T00:00 2028-02-29T00:00 2029-03-01T00:00 2030-03-01T00:00
  pyawscron: ValueError
  aws-croniter: 2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00 2040-02-29T00:00
0 18,6 * * ? *
  aws-cron-parser: 2026-11-30T18:00 2026-12-01T18:00 2026-12-02T18:00 2026-12-03T18:00
  pyawscron: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
  aws-croniter: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
0 6,18 * * ? *
  aws-cron-parser: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
  pyawscron: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
  aws-croniter: 2026-11-30T18:00 2026-12-01T06:00 2026-12-01T18:00 2026-12-02T06:00
SEEN
