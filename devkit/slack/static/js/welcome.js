// "Try this": what a newcomer can do here, one click each. What that is, the team of the bot says (`Team.examples`).

import { h } from "./dom.js";
import { glyph } from "./icons.js";
import { mentionText } from "./outgoing.js";
import { nameOf } from "./people.js";

/** Does a message go on in the thread of the one before? */
export const isFollowUp = (text) => text.startsWith("and ");

/** The card. `onPrompt(text)` fills a composer, `onPerson(id)` switches the person; a DM needs no mention and has no approver. */
export function welcomeCard(store, { isDm, onPrompt, onPerson }) {
  const bot = store.bot ? mentionText(store.bot) : "@countersign";
  const prompt = (text) => h("button", { type: "button", class: "try-prompt", "data-testid": "try-prompt", on: { click: () => onPrompt(text) } }, text);
  const ask = (text) => prompt(isDm || isFollowUp(text) ? text : `${bot} ${text}`);
  const [first, ...others] = store.examples;
  const approver = store.people.get(store.approver);
  const become = approver && h("button", { type: "button", class: "try-person", on: { click: () => onPerson(approver.id) } }, nameOf(approver));
  return h(
    "section",
    { class: "welcome", "aria-label": "Try this", "data-testid": "welcome" },
    h("h3", {}, glyph("ticks"), "Try this"),
    h(
      "ol",
      {},
      !isDm && first && step(first.title, ask(first.text)),
      !isDm && first && become && step("Approve it", h("span", { class: "try-how" }, "Switch to ", become, " and click ", h("b", {}, "Approve"), " in the thread")),
      ...(isDm ? followUpsLast(others) : others).map(({ title, text }) => step(title, ask(text))),
      store.panels.includes("sandboxes") && step("Have code run in a sandbox", ask("run `python3 --version; ls /data/docs`")),
      step("Start clean", prompt("/reset")),
    ),
  );
}

const followUpsLast = (examples) => [...examples].sort((a, b) => Number(isFollowUp(a.text)) - Number(isFollowUp(b.text)));

const step = (title, how) => h("li", {}, h("span", { class: "try-title" }, title), how);
