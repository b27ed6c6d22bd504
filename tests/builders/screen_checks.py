"""What a screen may not do in a window, measured in the browser: the checks of the design that need no eye."""

from __future__ import annotations

from playwright.sync_api import Page

_CHECKS = """() => {
  const root = document.documentElement;
  const smallest = { reader: 16, phone: 15 }[root.dataset.scale] ?? 13;
  const lowest = { reader: 64, phone: 48 }[root.dataset.scale] ?? 24;
  const found = [];
  const note = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".said, .skip, .print-head, dialog:not([open])");
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const kept = /(?<![\\w.-])\\d{6,10}(?![\\w.-])|(((明治|大正|昭和|平成|令和)(元|\\d{1,2})|\\d{4})年)?\\d{1,2}月\\d{1,2}日|\\d{1,2}時\\d{2}分|\\d{4}-\\d{2}-\\d{2}/g;

  const linesOf = (part) => {
    const range = part instanceof Range ? part : document.createRange();
    if (range !== part) range.selectNodeContents(part);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  };
  const lastLineOf = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()], lowest = Math.max(...boxes.map((box) => Math.round(box.top)));
    return boxes.filter((box) => Math.round(box.top) === lowest).reduce((width, box) => width + box.width, 0);
  };

  for (const element of document.querySelectorAll("body *")) {
    if (element.getBoundingClientRect().right > root.clientWidth + 1 && !element.closest(".scroll, .said, .skip, dialog")) note("wider than the window", element);
    const style = getComputedStyle(element);
    if (style.overflowX === "hidden" && style.clipPath === "none" && element.scrollWidth > element.clientWidth + 1 && isShown(element) && !(element instanceof SVGElement)) note("cut off", element);
    if (style.textOverflow === "ellipsis" && !element.matches("input[type=file]")) note("an ellipsis", element);
  }
  if (!found.length && root.scrollWidth > root.clientWidth) note("a page that moves sideways", document.body);
  for (const element of document.querySelectorAll("button, summary, select, .button, .way, input:not([type=hidden], [type=checkbox], [type=radio])")) {
    const height = element.getBoundingClientRect().height;
    if (isShown(element) && height > 0 && height < lowest - 0.5) note(`${height} px high`, element);
  }
  for (const whole of document.querySelectorAll(".whole")) if (getComputedStyle(whole.parentElement).display.match(/flex|grid/)) note("a day apart from its sentence", whole.parentElement);
  while (texts.nextNode()) {
    const node = texts.currentNode, element = node.parentElement;
    if (!node.data.trim() || !isShown(element) || element.closest("option, script, style, noscript, title, desc")) continue;
    const scale = element instanceof SVGElement ? element.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size > 0 && size < smallest - 0.01) note(`text of ${size.toFixed(1)} px`, element);
    if (node.data.trim().length <= 8 && element.closest("button, .button") && linesOf(node) > 1) note("a short label is broken", element);
    if (element.matches("h1, h2") && linesOf(node) > 1 && lastLineOf(node) < 1.5 * size) note("a heading's last line is one character", element);
    for (const match of node.data.matchAll(kept)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      if (linesOf(range) > 1) note(`${match[0]} is broken`, element);
    }
  }
  return found;
}"""


def misfits(page: Page) -> list[str]:
    """What the window cuts off, breaks or makes too small; each with its element.

    Wider than the window, a page that moves sideways all the same, cut off, with an ellipsis; a day, a time, a number of 6 to 10 digits or a button's short
    label over two lines, a day apart from its sentence, a heading whose last line is one character; a control lower than 24 px (64 at the reader, 48 on a phone's page), a text smaller than 13 px (16 at the reader, 15 on a phone's page).
    """
    found = page.evaluate(_CHECKS)
    assert isinstance(found, list)
    return found
