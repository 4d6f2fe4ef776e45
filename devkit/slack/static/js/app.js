// Puts the page together: one store, its views, and the events that change it.

import { EventStream, fetchState } from "./api.js";
import { Composer } from "./composer.js";
import { Dock } from "./dock.js";
import { h, patchChildren } from "./dom.js";
import { Home } from "./home.js";
import { glyph } from "./icons.js";
import { listenForActions } from "./message_actions.js";
import { MessageList } from "./message_list.js";
import { Modal } from "./modal.js";
import { renderSwitcher } from "./people.js";
import { placeOfLink, readPerson, readPlace, writePerson, writePlace } from "./router.js";
import { dmPartner, placeName, renderSidebar } from "./sidebar.js";
import { isReply, Store } from "./store.js";
import { toast } from "./toast.js";
import { markRead, startReading, unreadIn } from "./unread.js";
import { isFollowUp, welcomeCard } from "./welcome.js";

const REFRESH_MS = 60_000;

const at = (id) => document.getElementById(id);

class Page {
  store = new Store();
  place = { channel: null, thread: null };
  toast = toast;
  #stream = null;
  #awaiting = new Set();
  #introFor = "";
  #turn = 0;
  #held = null;

  constructor() {
    this.channelList = new MessageList(at("channel-messages"), at("channel-scroll"), this.store);
    this.threadList = new MessageList(at("thread-messages"), at("thread-scroll"), this.store);
    this.composer = new Composer(at("composer"), this, { testid: "composer", target: () => ({ channel: this.place.channel }) });
    this.threadComposer = new Composer(at("thread-composer"), this, { testid: "thread-composer", target: () => ({ channel: this.place.channel, thread_ts: this.place.thread }) });
    this.modal = new Modal(this);
    this.home = new Home({ tabs: at("tabs"), panel: at("app-home"), messages: at("messages-panel") }, this, (tab) => this.#openTab(tab));
    this.dock = new Dock(at("dock"), this);
    for (const id of ["channel-messages", "thread-messages"]) listenForActions(at(id), this);
    at("thread-close").append(glyph("close"));
    at("thread-close").addEventListener("click", () => this.closeThread());
    at("help").addEventListener("click", () => this.#openHelp());
    at("thread").addEventListener("keydown", (event) => event.key === "Escape" && this.closeThread());
    document.addEventListener("click", (event) => this.#followLink(event));
    window.addEventListener("hashchange", () => this.#readAddress());
    this.store.onChange(() => this.render());
    setInterval(() => this.store.changed(), REFRESH_MS);
  }

  /** Load everything as `me` sees it, and follow the events of that person. */
  async actAs(me) {
    const turn = ++this.#turn;
    this.#stream?.close();
    delete document.body.dataset.ready;
    const state = await fetchState(me);
    if (turn !== this.#turn) return;
    this.#show(state);
    writePerson(this.store.me);
    this.#awaiting.clear();
    this.#stream = new EventStream(this.store.me, {
      onFrame: (frame) => this.#onFrame(frame),
      onOpen: () => this.#catchUp(turn),
      onLost: () => (at("offline").hidden = false),
    });
  }

  #show(state) {
    this.store.load(state);
    startReading(this.store);
    this.#readAddress();
    for (const name of this.store.panels) this.refreshPanel(name);
  }

  /** Load what happened before the stream was open; frames that come meanwhile are newer and wait. */
  async #catchUp(turn) {
    at("offline").hidden = true;
    this.#held = [];
    const state = await fetchState(this.store.me).catch(() => null);
    if (turn !== this.#turn) return;
    const held = this.#held;
    this.#held = null;
    if (state) this.#show(state);
    for (const frame of held) this.#onFrame(frame);
    document.body.dataset.ready = this.store.me;
  }

  refreshPanel(name) {
    return this.dock.refresh(name);
  }

  #onFrame(frame) {
    if (this.#held) return void this.#held.push(frame);
    if (frame.type === "notice") return toast(frame.text, frame.level ?? "error");
    if (frame.type === "panel") return this.refreshPanel(frame.name);
    if (frame.type === "state") return this.#catchUp(this.#turn);
    const isNew = frame.message && !this.store.message(frame.channel, frame.message.ts);
    this.store.apply(frame);
    if (isNew) this.#followAnswer(frame);
    return undefined;
  }

  /** Open the thread in which the bot answers what was just asked; point at private answers elsewhere. */
  #followAnswer({ type, channel, message }) {
    const root = message.thread_ts ?? message.ts;
    if (!isReply(message)) {
      if (type === "message" && message.user === this.store.me) this.#awaiting.add(`${channel}/${root}`);
      return;
    }
    const here = channel === this.place.channel && !this.place.tab;
    const asked = this.#awaiting.delete(`${channel}/${root}`);
    if (here && root === this.place.thread) return;
    if (asked && message.bot_id && here && this.threadComposer.isEmpty) this.openThread(root);
    else if (message.ephemeral) toast("There is a message for you in a thread.", "info", () => writePlace({ channel, thread: root }));
  }

  /** Links to messages of this workspace stay in the page. */
  #followLink(event) {
    const anchor = event.target.closest("a[href*='/archives/']");
    const place = anchor && placeOfLink(anchor.href);
    if (!place || !this.store.channel(place.channel)) return;
    event.preventDefault();
    writePlace(place);
  }

  #readAddress() {
    this.place = readPlace(this.store);
    if (this.place.channel) writePlace(this.place, { quietly: true });
    this.store.changed();
  }

  openThread(ts, { focus = false } = {}) {
    const message = this.store.message(this.place.channel, ts);
    this.#go({ ...this.place, thread: message?.thread_ts ?? ts });
    this.render();
    if (focus) this.threadComposer.focus();
  }

  #openTab(tab) {
    this.#go({ channel: this.place.channel, thread: null, tab: tab === "home" ? tab : undefined });
    this.render();
  }

  closeThread() {
    this.#go({ ...this.place, thread: null });
    this.render();
    this.composer.focus();
  }

  #go(place) {
    this.place = place;
    writePlace(place);
  }

  render() {
    const { store, place } = this;
    const channel = store.channel(place.channel);
    patchChildren(at("team"), [h("span", { class: "team-mark", "aria-hidden": "true" }, store.team.name.slice(0, 1)), h("b", {}, store.team.name), h("small", {}, "Local stand-in for Slack")]);
    renderSwitcher(at("people"), store, (me) => this.actAs(me));
    if (!channel) return;
    if (document.visibilityState === "visible" && !place.tab) markRead(store, channel.id);
    renderSidebar(at("sidebar"), store, place);
    this.home.render();
    this.#renderChannel(channel);
    this.#renderThread(channel);
    this.dock.render();
    this.modal.render();
    const loud = store.channels.reduce((sum, one) => sum + (one.id === channel.id ? 0 : unreadIn(store, one).mentions), 0);
    document.title = `${loud ? `(${loud}) ` : ""}${placeName(channel, store)} – ${store.team.name}`;
  }

  #renderChannel(channel) {
    const { store } = this;
    const name = placeName(channel, store);
    at("channel-title").textContent = name;
    at("channel-note").textContent = channel.kind === "dm" ? dmPartner(channel, store)?.title ?? "App" : `${channel.members?.length ?? 0} members`;
    if (this.place.tab) return;
    this.#renderIntro(channel, name);
    this.channelList.showChannel(channel.id);
    this.composer.show(`${store.me}/${channel.id}`, `Message ${name}`);
  }

  #renderIntro(channel, name) {
    const key = `${this.store.me}/${channel.id}`;
    if (key === this.#introFor) return;
    this.#introFor = key;
    const text = channel.kind === "dm" ? `This is the beginning of your direct messages with ${name}.` : `This is the very beginning of ${name}.`;
    at("channel-intro").replaceChildren(h("p", {}, text), this.#card());
  }

  #renderThread(channel) {
    const { place, store } = this;
    const pane = at("thread");
    pane.hidden = !place.thread;
    at("main").classList.toggle("has-thread", Boolean(place.thread));
    if (!place.thread) return;
    at("thread-note").textContent = placeName(channel, store);
    this.threadList.showThread(channel.id, place.thread);
    this.threadComposer.show(`${store.me}/${channel.id}/${place.thread}`, "Reply…");
  }

  #card(done = () => {}) {
    const prompt = (text) => {
      done();
      if (this.place.tab) this.#openTab("messages");
      const followUp = isFollowUp(text) && this.place.thread;
      const target = followUp ? this.threadComposer : this.composer;
      target.fill(text);
    };
    const isDm = this.store.channel(this.place.channel)?.kind === "dm";
    return welcomeCard(this.store, { isDm, onPrompt: prompt, onPerson: (id) => (done(), this.actAs(id)) });
  }

  #openHelp() {
    document.querySelector(".help-card")?.remove();
    const card = h("div", { class: "help-card", popover: "auto" });
    card.append(this.#card(() => card.remove()));
    document.body.append(card);
    card.showPopover();
  }
}

const page = new Page();
page
  .actAs(readPerson())
  .catch(() => page.actAs(null))
  .catch(() => toast("The stand-in did not answer. Is it still running?", "error"));
