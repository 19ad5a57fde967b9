#!/usr/bin/env bash
# jsdom 31.0.1: evaluate of an XPath needs the type of the result. In the DOM standard it is optional, and
# 0 (any) if it is left out. jsdom throws a DOMException instead, and has the sentence that explains it as
# the exception's name. htmx.org 4.0.1 looks for hx-on with an XPath and no type, before it looks for
# anything else. So in jsdom it stops there, and no hx-get does anything. The script itself loads, and
# htmx is there. With the type filled in, hx-get works. (This jsdom needs a newer Node.js than 20, so this
# brings Node.js 24.15.0.)
#
# Output seen on 2026-11-28:
#   document.evaluate without a type: a DOMException with the name: You must provide an XPath result type (0=any).
#   document.evaluate with the type 0: finds B
#   htmx in jsdom: htmx is an object, the click requests nothing
#   htmx in jsdom with the type filled in: htmx is an object, the click requests /more
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . node@24.15.0 jsdom@31.0.1 htmx.org@4.0.1
cat >finding.mjs <<'JS'
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { JSDOM, VirtualConsole } from "jsdom";

const { document } = new JSDOM("<p><b>bold</b></p>").window;
function tell(what, ...type) {
  try {
    console.log(`${what}: finds ${document.evaluate("//b", document, null, ...type).iterateNext().nodeName}`);
  } catch (error) {
    console.log(`${what}: a ${error.constructor.name} with the name: ${error.name}`);
  }
}
tell("document.evaluate without a type");
tell("document.evaluate with the type 0", 0);

const htmx = readFileSync("node_modules/htmx.org/dist/htmx.min.js", "utf8");
function fillIn(window) {
  const expression = Object.getPrototypeOf(new window.XPathEvaluator().createExpression("b"));
  const { evaluate } = expression;
  expression.evaluate = function (node, type = 0) {
    return evaluate.call(this, node, type);
  };
}
async function click(what, prepare) {
  const requested = [];
  const { window } = new JSDOM(`<script>${htmx}</script><button hx-get="/more"></button>`, {
    url: "http://localhost/",
    runScripts: "dangerously",
    virtualConsole: new VirtualConsole(), // jsdom's word about the error goes here
    beforeParse(window) {
      window.fetch = url => {
        requested.push(url);
        return new Promise(() => {});
      };
      prepare(window);
    },
  });
  await new Promise(loaded => window.addEventListener("load", loaded));
  window.document.querySelector("button").click();
  await sleep(500);
  console.log(`${what}: htmx is an ${typeof window.eval("htmx")}, the click requests ${requested.join() || "nothing"}`);
  window.close();
}
await click("htmx in jsdom", () => {});
await click("htmx in jsdom with the type filled in", fillIn);
JS
node_modules/.bin/node finding.mjs | tee seen
diff seen - <<'SEEN'
document.evaluate without a type: a DOMException with the name: You must provide an XPath result type (0=any).
document.evaluate with the type 0: finds B
htmx in jsdom: htmx is an object, the click requests nothing
htmx in jsdom with the type filled in: htmx is an object, the click requests /more
SEEN
