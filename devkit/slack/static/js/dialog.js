// Block Kit's confirm dialogs, on the browser's own <dialog> (focus trap and Escape come with it).

import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** Ask as the `confirm` object says; true when the person confirmed. */
export function confirmFirst(confirm, store) {
  const style = confirm.style === "danger" ? "button-danger-full" : "button-primary";
  const dialog = h(
    "dialog",
    { class: "dialog confirm", "data-testid": "confirm", "aria-labelledby": "confirm-title" },
    h("h2", { id: "confirm-title" }, textObject(confirm.title, store)),
    h("div", { class: "confirm-text" }, textObject(confirm.text, store)),
    h(
      "form",
      { method: "dialog", class: "dialog-foot" },
      h("button", { class: "button", value: "deny" }, confirm.deny?.text ?? "Cancel"),
      h("button", { class: `button ${style}`, value: "confirm", autofocus: true }, confirm.confirm?.text ?? "Confirm"),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
  });
}
