#!/usr/bin/env bash
# htmx.org 4.0.1 with its own extension for server-sent events, as two <script defer> in order. Deferred
# scripts run after the page is parsed. So htmx does not wait for DOMContentLoaded, as it does without
# defer, but starts on a timer. If the extension loads more slowly than that, htmx has already gone
# through the page. The extension then registers without an error, and hx-sse:connect never opens a
# stream. This looks at both in Chromium 147 (@sparticuz/chromium 147.0.0, puppeteer-core 24.43.1).
#
# Output seen on 2026-11-28, where the extension comes half a second after htmx:
#   two scripts: 1 stream, the page shows: hello
#   two deferred scripts: 0 streams, the page shows: nothing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . htmx.org@4.0.1 @sparticuz/chromium@147.0.0 puppeteer-core@24.43.1
cat >finding.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const script = name => readFileSync(`node_modules/htmx.org/dist/${name}`);
let streams = 0;
const server = createServer(async (request, answer) => {
  const { pathname, search } = new URL(request.url, "http://localhost");
  if (pathname === "/htmx.js") {
    answer.end(script("htmx.min.js"));
  } else if (pathname === "/hx-sse.js") {
    await sleep(500);
    answer.end(script("ext/hx-sse.min.js"));
  } else if (pathname === "/stream") {
    streams++;
    answer.setHeader("Content-Type", "text/event-stream");
    answer.write("data: hello\n\n");
  } else if (pathname === "/") {
    const how = search.slice(1);
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<!doctype html><script ${how} src="/htmx.js"></script><script ${how} src="/hx-sse.js"></script>
      <p hx-sse:connect="/stream"></p>`);
  } else {
    answer.writeHead(404).end();
  }
});
await new Promise(ready => server.listen(0, "127.0.0.1", ready));
const browser = await puppeteer.launch({ args: chromium.args, executablePath: await chromium.executablePath(), headless: "shell" });
for (const [what, how] of [["two scripts", ""], ["two deferred scripts", "defer"]]) {
  streams = 0;
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/?${how}`); // until both scripts have run
  await sleep(3000);
  const shown = await page.$eval("p", p => p.textContent);
  console.log(`${what}: ${streams} ${streams === 1 ? "stream" : "streams"}, the page shows: ${shown || "nothing"}`);
  await page.close();
}
await browser.close();
server.closeAllConnections();
server.close();
JS
TMPDIR=$folder node finding.mjs | tee seen
diff seen - <<'SEEN'
two scripts: 1 stream, the page shows: hello
two deferred scripts: 0 streams, the page shows: nothing
SEEN
