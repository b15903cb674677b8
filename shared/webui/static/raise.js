// What a browser with script adds to the form that raises an issue: items are sought
// while typing, the plan follows what is ticked, and leaving with something unsent is
// asked about. Everything works without it.
"use strict";
(() => {
  const form = document.getElementById("form");
  const find = document.getElementById("f-find");
  const found = document.getElementById("found");
  const plan = document.getElementById("plan-now");

  // The same rule as sought in pinyin.go.
  const squeezed = text => text.toLowerCase().replace(/\s+/g, "");
  const reads = (typed, read) => {
    if (!typed) return true;
    if (!read.length) return false;
    for (let n = 1; n <= typed.length && n <= read[0].length && typed[n - 1] === read[0][n - 1]; n++) {
      if (reads(typed.slice(n), read.slice(1))) return true;
    }
    return false;
  };
  const sought = (typed, of) => {
    if (squeezed(of.dataset.name).includes(typed)) return true;
    const read = of.dataset.reading.split(" ");
    return read.some((_, k) => reads(typed, read.slice(k)));
  };
  const chosen = of => of.querySelector("input:checked") !== null;

  const seek = () => {
    const typed = squeezed(find.value);
    let n = 0;
    form.querySelectorAll("[data-name]").forEach(of => {
      const meant = sought(typed, of);
      of.hidden = !meant && !chosen(of);
      if (meant) n++;
      if (of.tagName === "DETAILS") of.open = typed ? meant || chosen(of) : chosen(of);
    });
    form.querySelectorAll("[data-group]").forEach(group => {
      const shown = group.querySelector("[data-name]:not([hidden])") !== null;
      group.hidden = !shown;
      group.open = typed ? shown : chosen(group);
    });
    found.textContent = typed ? found.dataset.found.replace("{n}", n) : "";
  };

  // The latest answer alone is shown, whichever comes last.
  let asked = 0, waiting = 0;
  const preview = () => {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "live");
    fetch(form.getAttribute("action"), { method: "POST", body, credentials: "same-origin" })
      .then(answer => answer.ok ? answer.text() : "")
      .then(text => { if (mine === asked) plan.innerHTML = text; })
      .catch(() => {}); // the button still previews
  };

  let unsent = false;
  form.addEventListener("input", event => {
    if (event.target === find) {
      seek();
      return;
    }
    unsent = true;
    if (["item", "commitment", "party", "join", "project"].includes(event.target.name) || event.target.name.startsWith("k-")) {
      clearTimeout(waiting);
      waiting = setTimeout(preview, 250);
    }
  });
  find.addEventListener("keydown", event => {
    if (event.key === "Enter") event.preventDefault(); // it has already been sought
  });
  form.addEventListener("submit", () => { unsent = false; });
  window.addEventListener("beforeunload", event => {
    if (!unsent) return;
    event.preventDefault();
    event.returnValue = ""; // what older browsers ask for
  });
})();
