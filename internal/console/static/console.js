// What the pages do beyond htmx: say that the program is gone, load the page again when it is back, and choose every row of a table.
"use strict";

const offline = (is) => { document.getElementById("offline").hidden = !is; };
document.addEventListener("htmx:sse:error", () => offline(true));
// The program may have been started anew: then it takes no form of a page from before. What is chosen or typed stays.
const isTouched = () => [...document.querySelectorAll("main input, main textarea, main select")].some((e) =>
  e.checked !== e.defaultChecked || "defaultValue" in e && e.value !== e.defaultValue);
document.addEventListener("htmx:sse:after:connection", () => {
  if (!document.getElementById("offline").hidden && !isTouched()) location.reload();
  offline(false);
});

// htmx may put another table in the place of this one, so the document itself listens.
document.documentElement.classList.add("js");
document.addEventListener("change", (event) => {
  const every = document.querySelector("#every input");
  const boxes = [...document.querySelectorAll('#chosen input[name="id"]')];
  if (event.target === every) {
    for (const box of boxes) box.checked = every.checked;
  } else if (boxes.includes(event.target)) {
    const chosen = boxes.filter((b) => b.checked).length;
    every.checked = chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  }
});
