// What the page knows: the workspace as one person sees it, kept up to date by events.

const QUIET_MS = 25;

/** Is `message` part of a thread but not its first message? */
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

const byTs = (a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0);

export class Store {
  #listeners = [];
  #messages = new Map();
  #scheduled = false;
  #toldAt = -QUIET_MS;

  constructor() {
    this.team = { id: "", name: "" };
    this.me = "";
    this.people = new Map();
    this.channels = [];
    this.commands = [];
    this.shortcuts = [];
    this.usergroups = [];
    this.panels = [];
    this.examples = [];
    this.approver = "";
    this.views = [];
    this.home = { enabled: false, view: null };
    this.panelData = {};
  }

  /** Replace everything by a fresh `/page/state`. */
  load(state) {
    this.team = state.team;
    this.me = state.me;
    this.people = new Map(state.people.map((person) => [person.id, person]));
    this.channels = state.channels;
    this.commands = state.commands ?? [];
    this.shortcuts = state.shortcuts ?? [];
    this.usergroups = state.usergroups ?? [];
    this.panels = state.panels ?? [];
    this.examples = state.examples ?? [];
    this.approver = state.approver ?? "";
    this.views = state.views ?? [];
    this.home = state.home ?? { enabled: false, view: null };
    this.#messages = new Map();
    for (const [channel, messages] of Object.entries(state.messages ?? {})) {
      for (const message of messages) this.#put(channel, message);
    }
    this.changed();
  }

  /** Take one event in. Notices and panel changes are not state; their handlers live in app.js. */
  apply(frame) {
    if (frame.type === "message") this.#put(frame.channel, frame.message);
    else if (frame.type === "ephemeral") this.#put(frame.channel, { ...frame.message, ephemeral: true });
    else if (frame.type === "message_deleted") this.#messages.get(frame.channel)?.delete(frame.ts);
    else if (frame.type === "view") this.#applyView(frame);
    else if (frame.type === "home") this.home = { ...this.home, view: frame.view };
    this.changed();
  }

  #put(channel, message) {
    if (!this.#messages.has(channel)) this.#messages.set(channel, new Map());
    this.#messages.get(channel).set(message.ts, message);
  }

  #applyView({ view, view_id: id }) {
    const index = this.views.findIndex((open) => open.id === (id ?? view?.id));
    if (view && index >= 0) this.views = this.views.with(index, view);
    else if (view) this.views = [...this.views, view];
    else this.views = this.views.filter((open) => open.id !== id);
  }

  setPanel(name, data) {
    this.panelData = { ...this.panelData, [name]: data };
    this.changed();
  }

  get bot() {
    return [...this.people.values()].find((person) => person.is_bot) ?? null;
  }

  /** The direct messages with the bot. */
  get dm() {
    return this.channels.find((channel) => channel.kind === "dm") ?? null;
  }

  channel(id) {
    return this.channels.find((channel) => channel.id === id) ?? null;
  }

  message(channel, ts) {
    return this.#messages.get(channel)?.get(ts) ?? null;
  }

  all(channel) {
    return [...(this.#messages.get(channel)?.values() ?? [])].sort(byTs);
  }

  topLevel(channel) {
    return this.all(channel).filter((message) => !isReply(message));
  }

  /** The root of a thread followed by its replies. */
  thread(channel, ts) {
    return this.all(channel).filter((message) => message.ts === ts || message.thread_ts === ts);
  }

  /** The replies that count for "3 replies": private ones do not. */
  replies(channel, ts) {
    return this.thread(channel, ts).filter((message) => message.ts !== ts && !message.ephemeral);
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** Tell the listeners, once for all changes that come close together. */
  changed() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = Math.max(0, this.#toldAt + QUIET_MS - performance.now());
    setTimeout(() => {
      this.#scheduled = false;
      this.#toldAt = performance.now();
      for (const listener of this.#listeners) listener();
    }, wait);
  }
}

/** The ts of the newest message of a channel, "0" when it is empty. */
export const latestTs = (store, channel) => store.all(channel).at(-1)?.ts ?? "0";
