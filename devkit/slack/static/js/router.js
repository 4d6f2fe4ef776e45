// The address: `?as=PERSON#CHANNEL/THREAD` or `?as=PERSON#home`, so that any state of the page can be linked to.

/** What the address asks for; a channel may be given by id or by name. */
export function readPlace(store) {
  const [wanted, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (wanted === "home" && store.home.enabled && store.dm) return { channel: store.dm.id, thread: null, tab: "home" };
  const channel = store.channels.find((one) => one.id === wanted || one.name === wanted.replace(/^#/, "")) ?? homeChannel(store, wanted);
  const sameChannel = channel && [channel.id, channel.name].includes(wanted);
  return { channel: channel?.id ?? null, thread: sameChannel && thread ? thread : null };
}

/** Where a person starts: their own DM when they come from somebody else's, else #support, else the first channel. */
function homeChannel(store, wanted) {
  const dm = wanted.startsWith("D") && store.dm;
  return dm || store.channels.find((channel) => channel.name === "support") || store.channels[0] || null;
}

/** The place a message link ("…/archives/C1/p1795000000000100?thread_ts=…") leads to, null for other addresses. */
export function placeOfLink(url) {
  const { pathname, searchParams } = new URL(url, location.href);
  const match = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(pathname);
  return match && { channel: match[1], thread: searchParams.get("thread_ts") ?? `${match[2]}.${match[3]}` };
}

export const readPerson = () => new URLSearchParams(location.search).get("as");

/** Put the place into the address; `quietly` corrects it without a step in the history. */
export function writePlace({ channel, thread, tab }, { quietly = false } = {}) {
  const hash = tab === "home" ? "#home" : `#${channel}${thread ? `/${thread}` : ""}`;
  if (location.hash === hash) return;
  if (quietly) history.replaceState(null, "", `${location.search}${hash}`);
  else location.hash = hash;
}

export function writePerson(me) {
  const query = new URLSearchParams(location.search);
  query.set("as", me);
  history.replaceState(null, "", `?${query}${location.hash}`);
}
