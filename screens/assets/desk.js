// The desk's keys, the list as one tab stop, fields that are read back, and what hides from passers-by.
"use strict";

const composing = (event) => event.isComposing || event.keyCode === 229;

function keyName(event) {
  const parts = [event.altKey && "Alt", event.ctrlKey && "Ctrl", event.shiftKey && "Shift", event.key];
  return parts.filter(Boolean).join("+");
}

// A key of the foot bar presses its button; a button that needs a field first leads to the field.
function press(element) {
  const field = element.dataset.focuses && document.getElementById(element.dataset.focuses);
  if (field && !field.value) field.focus();
  else element.click();
}

function neighbour(step) {
  const links = [...document.querySelectorAll(".queue a")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const link = links[at < 0 ? 0 : at + step];
  if (link) link.click();
}

// Esc hides the detail when it is pressed twice; any other key, or the pointer, shows it again.
const root = document.documentElement;
let escapedAt = 0;
let hiding;

function show(desk) {
  delete root.dataset.hidden;
  clearTimeout(hiding);
  hiding = setTimeout(() => { root.dataset.hidden = ""; }, Number(desk.dataset.hideSeconds) * 1000);
}

document.addEventListener("keydown", (event) => {
  const desk = document.querySelector("[data-hide-seconds]");
  if (composing(event) || !desk || document.querySelector("dialog[open]")) return;
  const wasHidden = "hidden" in root.dataset;
  show(desk);
  if (event.key === "Escape") {
    if (event.timeStamp - escapedAt < 1000 && !wasHidden) root.dataset.hidden = "";
    escapedAt = event.timeStamp;
    return;
  }
  if (wasHidden) { event.preventDefault(); return; }
  const name = keyName(event);
  // These open a field's own list.
  if (event.target.matches("select, input[list]") && ["F4", "Alt+ArrowDown", "Alt+ArrowUp"].includes(name)) return;
  const pressed = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
  if (pressed) { event.preventDefault(); press(pressed); }
  else if (name === desk.dataset.next || name === desk.dataset.previous) { event.preventDefault(); neighbour(name === desk.dataset.next ? 1 : -1); }
  else if (event.target.closest("[data-roving]")) rove(event);
  else if (name === "Enter") advance(event);
});

for (const kind of ["pointerdown", "pointermove"]) document.addEventListener(kind, () => {
  const desk = document.querySelector("[data-hide-seconds]");
  if (desk) show(desk);
});

// The list is one tab stop: arrows, Home and End move in it.
function rove(event) {
  const links = [...event.target.closest("[data-roving]").querySelectorAll("a")];
  const at = links.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || !links[to]) return;
  event.preventDefault();
  links[to].focus();
}

function prepareRoving() {
  for (const list of document.querySelectorAll("[data-roving]")) {
    const links = [...list.querySelectorAll("a")];
    const stop = links.find((link) => link === document.activeElement) ?? links.find((link) => link.hasAttribute("aria-current")) ?? links[0];
    for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  }
}
document.addEventListener("focusin", prepareRoving);
document.addEventListener("replaced", prepareRoving);

// In a form of numbers, Enter goes to the next field; in the last one it sends the form.
function advance(event) {
  const form = event.target.closest("form[data-enter-moves]");
  if (!form || !event.target.matches("input:not([type=checkbox])")) return;
  const fields = [...form.querySelectorAll("input:not([type=checkbox], [type=hidden])")];
  const next = fields[fields.indexOf(event.target) + 1];
  if (next) { event.preventDefault(); next.focus(); next.select(); }
}

// What the server understands by a field, when it is left. The text goes in the body, never in an address.
async function readBack(input) {
  const form = input.closest("form[data-read-back]");
  if (!form || !input.value || input.type === "checkbox") return;
  const sent = input.value;
  const body = new URLSearchParams({ name: input.name, value: sent });
  const response = await fetch(form.dataset.readBack, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (!response || !response.ok || input.value !== sent) return;
  const read = await response.json();
  input.value = read.value;
  let shown = document.getElementById(`${input.id}-read`);
  if (!shown) {
    shown = Object.assign(document.createElement("span"), { id: `${input.id}-read`, className: "read-back" });
    input.after(shown);
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), shown.id].filter(Boolean).join(" "));
  }
  shown.textContent = read.text;
}
document.addEventListener("focusout", (event) => { if (event.target.matches?.("input")) readBack(event.target); });

document.addEventListener("click", (event) => {
  const large = event.target.closest("[data-large]");
  if (large) document.getElementById(large.dataset.large).showModal();
});

document.addEventListener("DOMContentLoaded", () => {
  prepareRoving();
  const desk = document.querySelector("[data-hide-seconds]");
  if (desk) show(desk);
});
