// The app's Home: its tab next to the messages, and what the app has published there for the person.

import { actInView } from "./acting.js";
import { send } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h, patchChildren } from "./dom.js";
import { startingFrom } from "./element_state.js";
import { openOverflow } from "./message_actions.js";
import { avatar } from "./people.js";
import { unreadIn } from "./unread.js";

const TABS = [
  ["home", "Home", "app-home"],
  ["messages", "Messages", "messages-panel"],
];

export class Home {
  #opened = "";

  /** `tabs` and `panel` are its places in the page; `open(tab)` goes to one. */
  constructor({ tabs, panel, messages }, page, open) {
    Object.assign(this, { tabs, panel, messages, page });
    tabs.addEventListener("click", (event) => {
      const tab = event.target.closest("[data-tab]");
      if (tab) open(tab.dataset.tab);
    });
    tabs.addEventListener("keydown", (event) => this.#onKey(event, open));
    panel.addEventListener("click", (event) => this.#onClick(event));
    panel.addEventListener("change", (event) => this.#onChange(event));
  }

  render() {
    const { store, place } = this.page;
    const channel = store.channel(place.channel);
    const isApp = store.home.enabled && channel?.kind === "dm";
    const tab = isApp && place.tab === "home" ? "home" : "messages";
    this.tabs.hidden = !isApp;
    this.panel.hidden = tab !== "home";
    this.messages.hidden = tab === "home";
    this.#tell(isApp ? tab : "");
    for (const [name, value] of [["role", "tabpanel"], ["aria-labelledby", "messages-tab"]]) {
      if (isApp) this.messages.setAttribute(name, value);
      else this.messages.removeAttribute(name);
    }
    if (!isApp) return;
    patchChildren(this.tabs, TABS.map((one) => this.#tab(one, tab)));
    if (tab === "home") patchChildren(this.panel, [this.#content()]);
  }

  #tab([name, label, panel], current) {
    const { store, place } = this.page;
    const fresh = name === "messages" && current === "home" ? unreadIn(store, store.channel(place.channel)).messages : 0;
    return h(
      "button",
      { type: "button", class: "tab", role: "tab", id: `${name}-tab`, tabindex: name === current ? "0" : "-1", "aria-selected": String(name === current), "aria-controls": panel, "data-tab": name, "data-testid": `${name}-tab` },
      label,
      fresh > 0 && h("span", { class: "sidebar-badge" }, fresh),
    );
  }

  #content() {
    const { store } = this.page;
    const { view } = store.home;
    if (!view) return this.#empty();
    return h("div", { class: "home-view", "data-view-id": view.id }, renderBlocks(startingFrom(view.state.values, view.blocks), store));
  }

  #empty() {
    const { bot } = this.page.store;
    return h(
      "div",
      { class: "home-empty", "data-testid": "home-empty" },
      avatar(bot, "huge"),
      h("h2", {}, "This is a work in progress"),
      h("p", {}, `${bot?.name ?? "The app"} has not put anything here yet. You can still write to it under Messages.`),
    );
  }

  /** Tell the app each time the person comes to a tab, as Slack does. */
  #tell(tab) {
    const { me } = this.page.store;
    const opened = tab && `${me}/${tab}`;
    if (opened === this.#opened) return;
    this.#opened = opened;
    if (tab) send("app_home", { as: me, tab });
  }

  #onKey(event, open) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const index = TABS.findIndex(([name]) => name === event.target.dataset.tab);
    if (!step || index < 0) return;
    event.preventDefault();
    const [name] = TABS.at((index + step) % TABS.length);
    open(name);
    this.tabs.querySelector(`[data-tab=${name}]`)?.focus();
  }

  #onClick(event) {
    const control = event.target.closest("button[data-element]");
    if (!control) return undefined;
    if (control.classList.contains("overflow")) return openOverflow(control, (choice) => this.#act(control, choice));
    return this.#act(control);
  }

  #onChange(event) {
    const control = event.target.closest("[data-element]");
    const block = this.page.store.home.view?.blocks.find((one) => one.block_id === control?.closest("[data-block-id]").dataset.blockId);
    if (control && (block?.type !== "input" || block.dispatch_action)) this.#act(control);
  }

  #act(control, choice) {
    return actInView(control, this.page, { view: this.page.store.home.view, root: this.panel, choice });
  }
}
