// A page that may be seen until an instant: counts down, says so at ten minutes and at one, and asks the server at the end.
"use strict";

function countDown(shown) {
  const ends = Date.now() + Number(shown.dataset.closes) * 1000;
  const words = (left) => {
    const [key, values] = left >= 3600 ? ["hours", { h: Math.floor(left / 3600), m: Math.floor((left % 3600) / 60) }]
      : left >= 60 ? ["minutes", { m: Math.floor(left / 60) }]
      : ["seconds", { s: Math.max(left, 0) }];
    return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), shown.dataset[key]);
  };
  const said = new Set();
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left <= 0) {
      document.querySelector("main").replaceChildren();
      window.location.replace(shown.dataset.closed);
      return;
    }
    shown.querySelector("[data-left]").textContent = words(left);
    shown.classList.toggle("near", left <= 600);
    for (const limit of [600, 60]) {
      if (left <= limit && left > limit - 5 && !said.has(limit)) {
        said.add(limit);
        announce(`${shown.dataset.until} ${words(left)}`);
      }
    }
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
}

// How many rows of a long list are below the window, as soon as its first one is inside.
function countBelow(shown) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const show = () => {
    const below = rows.filter((row) => row.getBoundingClientRect().top >= window.innerHeight).length;
    shown.hidden = below === 0 || below === rows.length;
    shown.textContent = shown.dataset.below.replace("{n}", below);
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  };
  document.addEventListener("scroll", later, { passive: true });
  window.addEventListener("resize", later);
  show();
}

document.addEventListener("DOMContentLoaded", () => {
  for (const shown of document.querySelectorAll("[data-closes]")) countDown(shown);
  for (const shown of document.querySelectorAll("[data-below]")) countBelow(shown);
});
// A page that the browser kept may have been closed since.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
