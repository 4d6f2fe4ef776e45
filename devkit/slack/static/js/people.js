// People: how they are called, what they look like, and the "act as" switcher.

import { h, patchChildren } from "./dom.js";
import { glyph } from "./icons.js";

const COLORS = ["#8a5a44", "#2f7d6b", "#3b6ea8", "#a0517f", "#7a6a2f", "#5b5ea6"];

export const nameOf = (person) => person?.real_name || person?.name || "Somebody";

export const titleOf = (person) => person?.title || (person?.is_restricted ? "Guest" : "");

function initials(person) {
  const words = nameOf(person).split(/\s+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : words[0]?.slice(0, 1) ?? "?").toUpperCase();
}

function colorOf(person) {
  if (/^#?[0-9a-f]{6}$/i.test(person?.color ?? "")) return `#${person.color.replace("#", "")}`;
  const sum = [...(person?.id ?? "")].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return COLORS[sum % COLORS.length];
}

/** A coloured square with the initials; the bot gets its two ticks. */
export function avatar(person, size = "medium") {
  const square = h("span", { class: `avatar avatar-${size}${person?.is_bot ? " avatar-bot" : ""}`, "aria-hidden": "true" });
  if (person?.is_bot) square.append(glyph("ticks"));
  else {
    square.style.setProperty("background-color", colorOf(person));
    square.append(initials(person));
  }
  return square;
}

/** Draw the switcher: one click and the page is seen through somebody else's eyes. */
export function renderSwitcher(container, store, onChoose) {
  const everyone = [...store.people.values()].filter((person) => !person.is_bot);
  const group = h(
    "div",
    { class: "act-as", role: "radiogroup", "aria-label": "Act as", "data-testid": "act-as", "data-me": store.me },
    everyone.map((person) => pill(person, person.id === store.me)),
  );
  patchChildren(container, [h("span", { class: "act-as-label" }, "Act as"), group]);
  container.onclick = (event) => choose(event.target.closest("[data-person]"), onChoose);
  container.onkeydown = (event) => moveFocus(event, onChoose);
}

function pill(person, checked) {
  return h(
    "button",
    {
      type: "button",
      class: "act-as-person",
      role: "radio",
      "aria-checked": checked ? "true" : "false",
      "aria-label": `${nameOf(person)}, ${titleOf(person)}`,
      tabindex: checked ? "0" : "-1",
      title: `${nameOf(person)} – ${titleOf(person)}`,
      "data-person": person.id,
      "data-testid": `act-as-${person.id}`,
    },
    avatar(person, "small"),
    h("span", { class: "act-as-text" }, h("b", {}, nameOf(person)), h("small", {}, titleOf(person))),
  );
}

function choose(button, onChoose) {
  if (button) onChoose(button.dataset.person);
}

function moveFocus(event, onChoose) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll("[data-person]")];
  const next = buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length);
  next.focus();
  choose(next, onChoose);
}
