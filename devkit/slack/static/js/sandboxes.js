// The sandboxes that exist: one while a task works in it, none when it is done.

import { h } from "./dom.js";
import { clock } from "./time.js";

export function renderSandboxes({ sandboxes = [], made = 0 }) {
  return h(
    "section",
    { class: "dock-part sandboxes", "data-testid": "sandboxes" },
    h("h3", {}, "Sandboxes ", h("span", { class: "count" }, sandboxes.length)),
    sandboxes.length > 0 ? h("ul", { class: "dock-scroll" }, sandboxes.map(sandboxRow)) : h("p", { class: "nothing" }, made > 0 ? `${made} made, none left.` : "None was needed yet."),
  );
}

export const sandboxesSummary = ({ sandboxes = [] }) => `${sandboxes.length} ${sandboxes.length === 1 ? "sandbox" : "sandboxes"}`;

const sandboxRow = (sandbox) =>
  h(
    "li",
    { class: "bot", "data-testid": "sandbox-row", "data-id": sandbox.id },
    h("i", { class: "presence" }),
    h("span", { class: "bot-name" }, h("b", { title: sandbox.id }, sandbox.id.slice(0, 8)), h("small", {}, `since ${clock(new Date(sandbox.created))}`)),
  );
