// "Try this": what a newcomer can do here, one click each.

import { h } from "./dom.js";
import { glyph } from "./icons.js";
import { mentionText } from "./outgoing.js";
import { nameOf, titleOf } from "./people.js";

/** The card. `onPrompt(text)` fills a composer, `onPerson(id)` switches the person; a DM needs no mention and has no approver. */
export function welcomeCard(store, { isDm, onPrompt, onPerson }) {
  const bot = store.bot ? mentionText(store.bot) : "@countersign";
  const ask = (text) => prompt(isDm ? text : `${bot} ${text}`);
  const prompt = (text) => h("button", { type: "button", class: "try-prompt", "data-testid": "try-prompt", on: { click: () => onPrompt(text) } }, text);
  const approver = [...store.people.values()].find((person) => /approver/i.test(titleOf(person)));
  const become = approver && h("button", { type: "button", class: "try-person", on: { click: () => onPerson(approver.id) } }, nameOf(approver));
  return h(
    "section",
    { class: "welcome", "aria-label": "Try this", "data-testid": "welcome" },
    h("h3", {}, glyph("ticks"), "Try this"),
    h(
      "ol",
      {},
      !isDm && step("Ask for a refund that needs approval", ask("refund $29 on INV-1003")),
      !isDm && step("Approve it", h("span", { class: "try-how" }, "Switch to ", become ?? "a finance approver", " and click ", h("b", {}, "Approve"), " in the thread")),
      !isDm && step("Ask on in the thread, no mention needed", prompt("and what is its date?")),
      step("A small refund needs nobody", ask("refund $12 on INV-1004")),
      isDm && step("Ask on in the same thread", prompt("and what is its date?")),
      store.panels.includes("sandboxes") && step("Have code run in a sandbox", ask("run `python3 --version; ls /data/docs`")),
      step("Start clean", prompt("/reset")),
    ),
  );
}

const step = (title, how) => h("li", {}, h("span", { class: "try-title" }, title), how);
