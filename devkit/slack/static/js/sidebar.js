// The sidebar: channels and direct messages, with what is unread.

import { h, patchChildren } from "./dom.js";
import { glyph } from "./icons.js";
import { avatar, nameOf } from "./people.js";
import { unreadIn } from "./unread.js";

/** The person at the other end of a direct message. */
export const dmPartner = (channel, store) =>
  store.people.get((channel.members ?? []).find((id) => id !== store.me)) ?? store.bot;

/** How a channel is called in a sentence: "#support" or the partner's name. */
export const placeName = (channel, store) =>
  channel.kind === "dm" ? dmName(dmPartner(channel, store)) : `#${channel.name}`;

const dmName = (person) => (person?.is_bot ? person.name : nameOf(person));

export function renderSidebar(container, store, place) {
  const channels = store.channels.filter((channel) => channel.kind !== "dm");
  const dms = store.channels.filter((channel) => channel.kind === "dm");
  patchChildren(container, [
    h("h2", { class: "sidebar-title" }, "Channels"),
    h("ul", {}, channels.map((channel) => entry(channel, store, place, () => glyph("hash")))),
    h("h2", { class: "sidebar-title" }, "Direct messages"),
    h("ul", {}, dms.map((channel) => entry(channel, store, place, () => face(channel, store)))),
  ]);
}

function face(channel, store) {
  const bots = store.panelData.bots?.bots;
  const away = bots && !bots.some((bot) => bot.state === "running");
  return [avatar(dmPartner(channel, store), "tiny"), h("i", { class: `presence${away ? " presence-away" : ""}`, title: away ? "No bot process is running" : "Active" })];
}

function entry(channel, store, place, picture) {
  const current = channel.id === place.channel;
  const unread = current ? { messages: 0, mentions: 0 } : unreadIn(store, channel);
  const name = channel.kind === "dm" ? dmName(dmPartner(channel, store)) : channel.name;
  return h(
    "li",
    {},
    h(
      "a",
      {
        href: `#${channel.id}`,
        class: `sidebar-entry${unread.messages > 0 ? " is-unread" : ""}`,
        "aria-current": current ? "page" : null,
        "data-testid": `channel-${channel.id}`,
      },
      h("span", { class: "sidebar-picture" }, picture()),
      h("span", { class: "sidebar-name" }, name),
      channel.kind === "dm" && h("span", { class: "app-badge" }, "APP"),
      unread.mentions > 0 && h("span", { class: "sidebar-badge", "data-testid": "unread" }, unread.mentions),
    ),
  );
}
