// The reader's screen: receives each step by push, keeps the typed PIN nowhere but here until it is sent, reads aloud.
"use strict";

(() => {
  const region = document.querySelector("[data-reader]");
  let typed = "";
  let touched = 0;

  const post = (form, values) => fetch(form.action, { method: "POST", body: new URLSearchParams(values), redirect: "manual" }).catch(() => null);
  const stepOf = () => region.querySelector("[data-step]");

  function replace(message) {
    const [said, ...html] = message.data.split("\n");
    const next = document.createElement("div");
    next.innerHTML = html.join("\n");
    const step = next.querySelector("[data-step]").dataset;
    // The bar is in the language of the page: that of another one, or none, comes with a page of its own.
    if (step.language !== document.documentElement.lang) return window.location.reload();
    const former = { ...stepOf().dataset };
    const changed = step.step !== stepOf().dataset.step;
    // The first message repeats the page.
    if (!changed && step.version === stepOf().dataset.version && !stepOf().matches(".step-working")) return;
    const open = region.querySelector("details")?.open;
    region.replaceChildren(...next.childNodes);
    if (changed) typed = "";
    preparePin();
    // A card may be read so fast that its own screen is never seen.
    soundOf(former.sound, step.sound || (changed && former.step.startsWith("idle") ? "card" : ""), changed);
    if (changed && step.step.startsWith("idle")) setAloud(isAloudAtFirst);
    if (!changed) {
      if (open && region.querySelector("details")) region.querySelector("details").open = true;
      announce(said);
      if (said) speakWords(said);
      return;
    }
    enter();
  }

  // A new screen: from its top, with the focus on its title.
  function enter() {
    stepOf().classList.add("entering");
    window.scrollTo(0, 0);
    region.querySelector("h1").focus();
    speak();
  }

  // -- the terminal: the browser itself opens a stream again that was cut, but not one that was refused
  const RETRY_MS = 2000;
  const LOST_MS = 5000;
  let losing = null;
  let isLost = false;

  function listen() {
    const source = new EventSource(region.dataset.reader);
    source.addEventListener("update", replace);
    source.addEventListener("open", () => {
      clearTimeout(losing);
      losing = null;
      // The terminal may be a newer one, with other scripts.
      if (isLost) window.location.reload();
    });
    source.addEventListener("error", () => {
      losing ??= setTimeout(showLost, LOST_MS);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
    });
  }

  // What was on the screen may be over, or another patient's.
  function showLost() {
    isLost = true;
    typed = "";
    region.replaceChildren(document.querySelector("[data-lost]").content.cloneNode(true));
    soundOf("", "problem", true);
    enter();
  }

  // -- the PIN: own keys, a ten-key, Enter and Backspace; sent by 確定 alone
  function preparePin() {
    const form = region.querySelector("[data-pin]");
    if (!form) return;
    for (const part of form.querySelectorAll("[hidden]")) part.hidden = false;
    for (const part of form.querySelectorAll(".plain-pin, .plain-send")) part.remove();
    if (typed) show(form);
  }

  function show(form, text) {
    form.querySelectorAll(".dots span").forEach((dot, index) => dot.classList.toggle("filled", index < typed.length));
    form.querySelector("[data-said]").textContent = text ?? (typed ? form.dataset.typed.replace("{n}", typed.length) : "");
  }

  function type(form, digit) {
    if (typed.length < 4) typed += digit;
    show(form);
    if (Date.now() - touched > 15000) {
      touched = Date.now();
      post(form, { version: form.elements.version.value, choice: "touch" });
    }
  }

  function send(form) {
    const said = form.querySelector("[data-said]");
    if (typed.length < 4) {
      said.classList.remove("said");
      show(form, form.dataset.four);
      return;
    }
    const pin = typed;
    typed = "";
    show(form);
    post(form, { version: form.elements.version.value, choice: "send", pin });
  }

  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-pin]");
    const button = event.target.closest("button");
    if (!form || !button) return;
    if ("digit" in button.dataset || "clear" in button.dataset || button.value === "send") playSound("key");
    if (button.dataset.digit) type(form, button.dataset.digit);
    else if ("clear" in button.dataset) { typed = ""; show(form); }
  });

  document.addEventListener("keydown", (event) => {
    const form = region.querySelector("[data-pin]");
    if (!form || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[0-9]$/.test(event.key)) { playSound("key"); type(form, event.key); }
    else if (event.key === "Backspace") { playSound("key"); typed = typed.slice(0, -1); show(form); }
    else if (event.key === "Enter" && (event.code === "NumpadEnter" || !event.target.closest("button, summary, a"))) { playSound("key"); send(form); }
    else return;
    event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-pin]")) {
      event.preventDefault();
      send(form);
    } else if (form.matches("[data-press]")) {
      event.preventDefault();
      post(form, new FormData(form, event.submitter));
    }
  });

  // -- reading aloud, by voices of this machine alone; never a PIN
  const button = document.querySelector("[data-speak]");
  const voice = () => window.speechSynthesis?.getVoices().find((one) => one.localService && one.lang.startsWith(document.documentElement.lang));

  const isAloud = () => button.getAttribute("aria-pressed") === "true";
  const isAloudAtFirst = isAloud();

  // What one patient chose ends with her: the next one begins with the facility's setting.
  function setAloud(on) {
    button.setAttribute("aria-pressed", String(on));
    if (!on) window.speechSynthesis?.cancel();
  }

  function speakWords(text) {
    if (!isAloud() || !voice()) return;
    window.speechSynthesis.cancel();
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice();
    words.lang = words.voice.lang;
    window.speechSynthesis.speak(words);
  }

  // Title and sentences in the page's language; the small English and the seconds that run are not read.
  function speak() {
    const lines = [...region.querySelectorAll("h1, .reader-text p:not(.said, .elapsed), .about li")].map((one) => {
      const copy = one.cloneNode(true);
      for (const part of copy.querySelectorAll(".en")) part.remove();
      return copy.textContent.replace(/\s+/g, " ").trim();
    });
    speakWords(lines.join(document.documentElement.lang === "ja" ? "。" : ". "));
  }

  const offer = () => { button.hidden = !voice(); };
  button.addEventListener("click", () => {
    setAloud(!isAloud());
    speak();
  });
  window.speechSynthesis?.addEventListener("voiceschanged", offer);
  offer();

  preparePin();
  listen();
})();
