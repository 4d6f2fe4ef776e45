// Which channels hold something new, for each person this tab has acted as.

import { isReply, latestTs } from "./store.js";
import { mentionsMe } from "./message.js";

const KEY = "last-read";

const load = () => JSON.parse(sessionStorage.getItem(KEY) ?? "{}");

/** Everything up to now is read, unless this tab has already seen this person. */
export function startReading(store) {
  const read = load();
  const now = store.channels.map((channel) => latestTs(store, channel.id)).sort().at(-1) ?? "0";
  read.from ??= now;
  sessionStorage.setItem(KEY, JSON.stringify(read));
}

export function markRead(store, channel) {
  const read = load();
  const latest = latestTs(store, channel);
  (read[store.me] ??= {})[channel] = latest;
  sessionStorage.setItem(KEY, JSON.stringify(read));
}

/** `{messages, mentions}` since the person last looked; in a DM every message counts as a mention. */
export function unreadIn(store, channel) {
  const read = load();
  const since = read[store.me]?.[channel.id] ?? read.from ?? "0";
  const fresh = store.all(channel.id).filter((message) => message.ts > since && message.user !== store.me && !message.ephemeral);
  const loud = fresh.filter((message) => mentionsMe(message, store) || (channel.kind === "dm" && !isReply(message)));
  return { messages: fresh.length, mentions: loud.length };
}
