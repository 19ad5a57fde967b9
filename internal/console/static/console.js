// What the pages do beyond htmx: say that the console is gone, and choose every row of a table.
"use strict";

const offline = (is) => { document.getElementById("offline").hidden = !is; };
document.addEventListener("htmx:sse:error", () => offline(true));
document.addEventListener("htmx:sse:after:connection", () => offline(false));

document.addEventListener("DOMContentLoaded", () => {
  const label = document.getElementById("every");
  if (!label) return;
  const every = label.querySelector("input");
  const boxes = [...document.querySelectorAll('#chosen input[name="id"]')];
  label.hidden = false;
  every.addEventListener("change", () => { for (const box of boxes) box.checked = every.checked; });
  for (const box of boxes) box.addEventListener("change", () => {
    const chosen = boxes.filter((b) => b.checked).length;
    every.checked = chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  });
});
