// What happens on a click in a message: threads, the message menu, and Block Kit's elements.

import { confirmed, followUrl, whileBusy } from "./acting.js";
import { send } from "./api.js";
import { actionValue } from "./element_state.js";
import { openMenu } from "./menu.js";

/** Listen in a message container. `page` gives the store, the place shown, navigation and toasts. */
export function listenForActions(container, page) {
  container.addEventListener("click", (event) => onClick(event, page));
  container.addEventListener("change", (event) => onChange(event, page));
}

const tsOf = (node) => node.closest("[data-ts]").dataset.ts;

function onClick(event, page) {
  const tool = event.target.closest("[data-do]");
  if (tool) return TOOLS[tool.dataset.do](tool, page);
  const control = event.target.closest("button[data-element]");
  if (!control) return undefined;
  if (control.classList.contains("overflow")) return openOverflow(control, (choice) => act(control, page, choice));
  return act(control, page);
}

function onChange(event, page) {
  const control = event.target.closest("[data-element]");
  if (control && !control.closest(".block-input")) act(control, page);
}

/** Show the choices of an overflow element; `choose` gets the chosen value. */
export function openOverflow(control, choose) {
  const { options } = JSON.parse(control.dataset.element);
  openMenu(control, options.map((option) => ({ label: option.text.text, act: () => choose(option.value) })));
}

async function act(control, page, choice) {
  const spec = JSON.parse(control.dataset.element);
  const block = control.closest("[data-block-id]").dataset.blockId;
  const place = { as: page.store.me, channel: page.place.channel, message_ts: tsOf(control) };
  if (!(await confirmed(spec, page.store))) return;
  followUrl(spec.url, page.store);
  const deed = { ...place, block_id: block, action_id: spec.action_id, value: actionValue(control, choice) };
  const answer = await whileBusy(control, () => send("action", deed));
  if (!answer.ok) page.toast(answer.error, "error");
}

const TOOLS = {
  reply: (node, page) => page.openThread(tsOf(node), { focus: true }),
  "open-thread": (node, page) => page.openThread(tsOf(node), { focus: true }),
  dismiss: (node, page) => page.store.apply({ type: "message_deleted", channel: page.place.channel, ts: tsOf(node) }),
  "copy-link": (node, page) => copyLink(tsOf(node), page),
  menu: (node, page) => openMenu(node, menuItems(tsOf(node), page)),
};

function menuItems(ts, page) {
  const { store, place } = page;
  const shortcuts = store.shortcuts.filter((shortcut) => shortcut.type === "message");
  return [
    { label: "Reply in thread", act: () => page.openThread(ts, { focus: true }) },
    { label: "Copy link", act: () => copyLink(ts, page) },
    ...(store.message(place.channel, ts)?.user === store.me ? ownItems(ts, page) : []),
    ...shortcuts.map((shortcut, index) => ({
      label: shortcut.name,
      note: store.bot?.name,
      separate: index === 0,
      act: () => runShortcut(shortcut, ts, place.channel, page),
    })),
  ];
}

/** What only who wrote a message can do about it. */
function ownItems(ts, page) {
  const place = { as: page.store.me, channel: page.place.channel, ts };
  const change = () => {
    const text = window.prompt("Edit message", page.store.message(place.channel, ts).text);
    if (text) tell("edit", { ...place, text }, page);
  };
  return [
    { label: "Edit message", separate: true, act: change },
    { label: "Delete message", act: () => tell("delete", place, page) },
  ];
}

async function tell(deed, body, page) {
  const answer = await send(deed, body);
  if (!answer.ok) page.toast(answer.error, "error");
}

async function runShortcut(shortcut, ts, channel, page) {
  const answer = await send("shortcut", { as: page.store.me, callback_id: shortcut.callback_id, channel, message_ts: ts });
  if (!answer.ok) page.toast(answer.error, "error");
}

/** The address Slack's own "Copy link" gives, which `/reset <link>` understands. */
async function copyLink(ts, page) {
  const { store, place } = page;
  const root = store.message(place.channel, ts)?.thread_ts;
  const host = store.team.url ?? `https://${store.team.name.toLowerCase()}.slack.com`;
  const query = root && root !== ts ? `?thread_ts=${root}&cid=${place.channel}` : "";
  try {
    await navigator.clipboard.writeText(`${host.replace(/\/$/, "")}/archives/${place.channel}/p${ts.replace(".", "")}${query}`);
    page.toast("Link copied. Use it with /reset.");
  } catch {
    page.toast("The browser did not allow copying.", "error");
  }
}
