// What comes before every action, and the actions in a view: an open form or the Home.

import { send } from "./api.js";
import { confirmFirst } from "./dialog.js";
import { actionValue, readValues } from "./element_state.js";
import { placeOfLink, writePlace } from "./router.js";

/** Ask where the element wants it asked; false if the person thought better of it. */
export const confirmed = async (spec, store) => !spec.confirm || confirmFirst(spec.confirm, store);

/** Follow the link of a button: to a message of this workspace in the page, else in a new tab. */
export function followUrl(url, store) {
  if (!/^https?:\/\//i.test(url ?? "")) return;
  const place = placeOfLink(url);
  if (place && store.channel(place.channel)) writePlace(place);
  else window.open(url, "_blank", "noopener,noreferrer");
}

/** Mark a button as busy while something runs. */
export async function whileBusy(control, work) {
  const button = control?.tagName === "BUTTON" ? control : null;
  button?.setAttribute("aria-busy", "true");
  const answer = await work();
  button?.removeAttribute("aria-busy");
  return answer;
}

/** Use an element of a view; `root` holds the view's elements, whose state goes along. */
export async function actInView(control, page, { view, root, choice }) {
  const spec = JSON.parse(control.dataset.element);
  const block = control.closest("[data-block-id]").dataset.blockId;
  if (!(await confirmed(spec, page.store))) return;
  followUrl(spec.url, page.store);
  const deed = { as: page.store.me, view_id: view.id, block_id: block, action_id: spec.action_id, value: actionValue(control, choice), values: readValues(root) };
  const answer = await whileBusy(control, () => send("view_action", deed));
  if (!answer.ok) page.toast(answer.error, "error");
}
