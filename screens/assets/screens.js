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

// Server-sent events of an address, opened again whenever they end or are refused. `stale` gets the time since which
// nothing can have come, and null once something comes again; it is not called for a stream that is merely renewed.
function keepOpen(url, receive, stale) {
  let since, waiting;
  const open = () => {
    const source = new EventSource(url);
    for (const kind of ["update", "last"]) source.addEventListener(kind, (message) => {
      clearTimeout(waiting);
      since = waiting = undefined;
      stale(null);
      if (kind === "last") source.close();
      receive(message);
    });
    source.addEventListener("error", () => {
      since ??= new Date();
      waiting ??= setTimeout(() => stale(since), 5000);
      // A browser opens a stream again that was cut, but gives up one that was refused.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 5000);
    });
  };
  open();
}

// The notice above a region that it is no longer up to date, with the time since when.
function showStale(region, since) {
  const shown = region.previousElementSibling?.matches("[data-stale]") ? region.previousElementSibling : null;
  const template = document.getElementById("stale");
  if (!since) shown?.remove();
  else if (!shown && template) {
    const notice = template.content.firstElementChild.cloneNode(true);
    const text = notice.querySelector("p");
    text.textContent = text.textContent.replace("{at}", since.toLocaleTimeString("ja", { hour: "2-digit", minute: "2-digit" }));
    notice.dataset.stale = "";
    region.before(notice);
    announce(text.textContent);
  }
}

// Push: a region with data-events is replaced by what the server sends. Focus and what is being typed stay.
function listen(region) {
  const replace = (html) => {
    if (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = region.querySelector("[data-roving]")?.scrollTop;
    region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (scrolled) region.querySelector("[data-roving]")?.scrollTo(0, scrolled);
    prepare(region);
    region.dispatchEvent(new Event("replaced", { bubbles: true }));
  };
  const receive = (message) => {
    const [said, ...lines] = message.data.split("\n");
    const part = document.createElement("template");
    part.innerHTML = lines.join("\n");
    const next = message.type === "last" && part.content.querySelector("[data-follow]");
    if (next) {
      window.location.replace(next.getAttribute("href"));
      return;
    }
    announce(said);
    replace(part.innerHTML);
  };
  keepOpen(region.dataset.events, receive, (since) => showStale(region, since));
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
// The server knows how long it is open: there may have been input in another tab, and asking is none.
function watchIdle(dialog) {
  const seconds = Number(dialog.dataset.idleSeconds);
  const warnSeconds = Math.min(60, seconds / 2);
  let timer;
  const ask = async (expected) => {
    const response = await fetch(dialog.dataset.alive).catch(() => null);
    wait(response?.ok ? (await response.json()).seconds : expected);
  };
  const wait = (left) => {
    clearTimeout(timer);
    if (left <= 0) window.location.replace(dialog.dataset.locked);
    else if (left > warnSeconds) {
      dialog.close();
      timer = setTimeout(ask, (left - warnSeconds) * 1000, warnSeconds);
    } else {
      if (!dialog.open) dialog.showModal();
      timer = setTimeout(ask, (left + 1) * 1000, 0);
    }
  };
  const stay = async () => {
    const response = await fetch(dialog.dataset.alive, { method: "POST", redirect: "manual" }).catch(() => null);
    wait(response?.ok ? seconds : 0);
  };
  dialog.querySelector("form").addEventListener("submit", stay);
  dialog.addEventListener("cancel", stay);
  wait(seconds);
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
  if (copies) navigator.clipboard?.writeText(document.getElementById(copies.dataset.copy).textContent).then(() => announce(copies.dataset.copied));
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
