// A small menu next to a button, steered by mouse or arrow keys.

import { h } from "./dom.js";

let close = () => {};

/** Open a menu of `{label, act, note?, separate?}` at `anchor`; opening another closes this one. */
export function openMenu(anchor, items) {
  close();
  const menu = h("div", { class: "menu", role: "menu", "data-testid": "menu" }, items.map((item, index) => entry(item, index)));
  (anchor.closest("dialog") ?? document.body).append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  const stop = new AbortController();
  close = () => {
    stop.abort();
    menu.remove();
    anchor.removeAttribute("aria-expanded");
    close = () => {};
  };
  menu.addEventListener("click", (event) => choose(event, items, anchor));
  menu.addEventListener("keydown", (event) => onKey(event, menu, anchor));
  document.addEventListener("pointerdown", (event) => menu.contains(event.target) || close(), { signal: stop.signal, capture: true });
  window.addEventListener("resize", () => close(), { signal: stop.signal });
  menu.querySelector("button")?.focus();
}

const entry = (item, index) => [
  item.separate && h("hr"),
  h("button", { type: "button", role: "menuitem", "data-index": index }, h("span", {}, item.label), item.note && h("small", {}, item.note)),
];

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, window.innerWidth - menu.offsetWidth - 8));
  const below = box.bottom + 4;
  const top = below + menu.offsetHeight > window.innerHeight - 8 ? box.top - menu.offsetHeight - 4 : below;
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${Math.max(8, top)}px`);
}

function choose(event, items, anchor) {
  const button = event.target.closest("[data-index]");
  if (!button) return;
  close();
  anchor.focus();
  items[Number(button.dataset.index)].act();
}

function onKey(event, menu, anchor) {
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    close();
    anchor.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...menu.querySelectorAll("button")];
  buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
}
