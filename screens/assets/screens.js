// What pages do beyond plain HTML: updates by push, sorting, the idle lock, keys. Every page works without it.
"use strict";

// Texts for screen readers follow each other: of two at the same moment, none is lost.
function announce(text) {
  const region = document.getElementById("announcer");
  if (!region || !text) return;
  const line = document.createElement("p");
  line.textContent = text;
  region.append(line);
  while (region.children.length > 3) region.firstElementChild.remove();
}

// Push: a region with data-events is replaced by what the server sends. Focus and what is being typed stay.
function listen(region) {
  const source = new EventSource(region.dataset.events);
  const replace = (message) => {
    const [said, ...html] = message.data.split("\n");
    announce(said);
    if (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = region.querySelector("[data-roving]")?.scrollTop;
    region.innerHTML = html.join("\n");
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (scrolled) region.querySelector("[data-roving]")?.scrollTo(0, scrolled);
    prepare(region);
    region.dispatchEvent(new Event("replaced", { bubbles: true }));
  };
  source.addEventListener("update", replace);
  source.addEventListener("last", (message) => {
    source.close();
    replace(message);
    const next = region.querySelector("[data-follow]");
    if (next) window.location.replace(next.href);
  });
}

// Tables whose heads are buttons are sorted by the text or the number of that column.
function sort(button) {
  const head = button.closest("th");
  const body = head.closest("table").tBodies[0];
  const column = [...head.parentNode.children].indexOf(head);
  const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const key = (row) => row.children[column].dataset.value ?? row.children[column].textContent.trim();
  const compare = new Intl.Collator("ja", { numeric: true }).compare;
  const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)));
  body.append(...(order === "ascending" ? rows : rows.reverse()));
}

// The idle lock: a question a minute before the session ends, then the log-in page, which hides all data.
function watchIdle(dialog) {
  const seconds = Number(dialog.dataset.idleSeconds);
  const warnAfter = Math.max(seconds - 60, seconds / 2) * 1000;
  let warn, lock;
  const begin = () => {
    clearTimeout(warn);
    clearTimeout(lock);
    warn = setTimeout(() => dialog.showModal(), warnAfter);
    lock = setTimeout(() => window.location.replace(dialog.dataset.locked), (seconds + 1) * 1000);
  };
  const stay = async () => {
    const response = await fetch(dialog.dataset.alive, { method: "POST", redirect: "manual" }).catch(() => null);
    if (response && response.ok) begin();
    else window.location.replace(dialog.dataset.locked);
  };
  dialog.addEventListener("close", stay);
  begin();
}

// A message about what was done disappears by itself, but not while it is pointed at or focused.
function fade(toast) {
  let left = 8;
  const timer = setInterval(() => {
    if (!toast.matches(":hover, :focus-within")) left -= 1;
    if (left <= 0) close();
  }, 1000);
  const close = () => {
    clearInterval(timer);
    toast.remove();
  };
  toast.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

// Keys: Ctrl+Enter presses the main action. Nothing happens while a text is being composed.
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey && event.key === "Enter") {
    const form = event.target.closest("form");
    const action = (form ?? document).querySelector("button.main");
    if (action) action.click();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("thead button");
  if (button) sort(button);
  if (event.target.closest("[data-print]")) window.print();
  const copies = event.target.closest("[data-copy]");
  if (copies) navigator.clipboard.writeText(document.getElementById(copies.dataset.copy).textContent).then(() => announce(copies.dataset.copied));
});

function prepare(part) {
  for (const toast of part.querySelectorAll(".toast")) fade(toast);
  for (const input of part.querySelectorAll("input[type=file]")) {
    const shown = document.getElementById(input.dataset.shownIn);
    if (shown) input.addEventListener("change", () => {
      const file = input.files[0];
      shown.textContent = file ? (file.size >= 1e6 ? `${(file.size / 1e6).toFixed(1)} MB` : `${(file.size / 1e3).toFixed(1)} kB`) : "";
    });
  }
}

document.addEventListener("DOMContentLoaded", () => {
  prepare(document);
  for (const region of document.querySelectorAll("[data-events]")) listen(region);
  const dialog = document.querySelector("dialog[data-idle-seconds]");
  if (dialog) watchIdle(dialog);
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();
});
