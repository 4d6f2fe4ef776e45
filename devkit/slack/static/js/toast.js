// Short notices at the edge of the page, such as the errors Slack itself would show.

import { h } from "./dom.js";
import { glyph } from "./icons.js";

const STAY_MS = 7000;

/** Show a notice. `kind` is "info" or "error"; `act` makes it a button. */
export function toast(text, kind = "info", act = null) {
  const area = document.getElementById("toasts");
  const node = h(
    "div",
    { class: `toast toast-${kind}`, "data-testid": "toast" },
    kind === "error" && glyph("alert"),
    h("span", {}, text || "Something went wrong."),
    act && h("button", { type: "button", class: "toast-act", on: { click: () => remove(act) } }, "Show"),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: () => remove() } }, glyph("close")),
  );
  const remove = (then) => {
    node.remove();
    then?.();
  };
  area.append(node);
  raise(area);
  setTimeout(remove, STAY_MS);
}

/** Put the area above a dialog that was opened after it. */
function raise(area) {
  if (area.matches(":popover-open")) area.hidePopover();
  area.showPopover();
}
