// The commands that look into the demo from another terminal; a click copies one.

import { h } from "./dom.js";

export function listenForCopies(container) {
  container.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-do=copy-look]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.textContent);
    } catch {
      getSelection().selectAllChildren(button); // where the browser gives no clipboard
    }
  });
}

export const renderLooks = ({ commands = [] }) =>
  h(
    "section",
    { class: "dock-part looks", "data-testid": "looks" },
    h("h3", {}, "From a terminal"),
    h("ul", { class: "dock-scroll", tabindex: "0" }, commands.map(look)),
  );

export const looksSummary = ({ commands = [] }) => `${commands.length} commands`;

const look = ({ tells, line }) =>
  h("li", {}, h("button", { type: "button", class: "look", "data-do": "copy-look", title: "Copy" }, h("code", {}, line)), h("small", {}, tells));
