// The box one writes in: Enter sends, Shift+Enter makes a line, "/" and "@" suggest.

import { send } from "./api.js";
import { Attached, encodeFiles } from "./attached.js";
import { h } from "./dom.js";
import { glyph } from "./icons.js";
import { openMenu } from "./menu.js";
import { encodeMessage, mentionText, parseCommand } from "./outgoing.js";
import { SuggestionList, suggest } from "./suggestions.js";

const MAX_HEIGHT_PX = 200;

export class Composer {
  #drafts = new Map();
  #key = "";
  #attached = new Attached(() => this.#changed({ quiet: true }));

  /** `testid` also prefixes the ids; `target()` answers `{channel, thread_ts?}` of where it writes to. */
  constructor(container, page, { testid, target }) {
    this.page = page;
    this.target = target;
    this.list = new SuggestionList(`${testid}-suggestions`, (item) => this.#insertItem(item));
    this.input = h("textarea", { class: "composer-input", rows: 1, "data-testid": testid, "aria-label": "Message", "aria-autocomplete": "list", "aria-controls": `${testid}-suggestions`, spellcheck: "false" });
    this.sendButton = h("button", { type: "button", class: "composer-send", "data-testid": `${testid}-send`, "aria-label": "Send", on: { click: () => this.submit() } }, glyph("send"));
    container.append(this.list.node, h("div", { class: "composer" }, this.input, this.#attached.node, this.#toolbar(testid)), h("p", { class: "composer-hint" }, h("b", {}, "Shift + Enter"), " to add a new line"));
    this.input.addEventListener("input", () => this.#changed());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.input.addEventListener("blur", () => this.list.show([]));
    this.#changed();
  }

  #toolbar(testid) {
    const tool = (name, label, id, act) =>
      h("button", { type: "button", class: "icon-button", "aria-label": label, "data-tip": label, "data-testid": `${testid}-${id}`, on: { click: act } }, glyph(name));
    return h(
      "div",
      { class: "composer-tools" },
      tool("at", "Mention the bot", "mention", () => this.#mentionBot()),
      tool("clip", "Attach files", "attach", () => this.#attached.choose()),
      this.#attached.picker(testid),
      tool("bolt", "Commands and shortcuts", "shortcuts", (event) => this.#openShortcuts(event.currentTarget)),
      h("span", { class: "composer-space" }),
      this.sendButton,
    );
  }

  /** Switch to another place; each keeps its own draft. */
  show(key, placeholder) {
    this.input.placeholder = placeholder;
    if (key === this.#key) return;
    this.#drafts.set(this.#key, this.input.value);
    this.#key = key;
    this.fill(this.#drafts.get(key) ?? "", { focus: false });
  }

  get isEmpty() {
    return this.input.value.trim() === "" && this.#attached.files.length === 0;
  }

  fill(text, { focus = true } = {}) {
    this.input.value = text;
    this.#changed({ quiet: true });
    if (focus) this.focus();
  }

  focus() {
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }

  #changed({ quiet = false } = {}) {
    const { input } = this;
    input.style.setProperty("height", "auto");
    input.style.setProperty("height", `${Math.min(input.scrollHeight, MAX_HEIGHT_PX)}px`);
    this.sendButton.disabled = this.isEmpty;
    const before = input.value.slice(0, input.selectionStart);
    this.suggestion = quiet ? null : suggest(before, this.page.store, Boolean(this.target().thread_ts));
    this.list.show(this.suggestion?.items ?? []);
  }

  #onKey(event) {
    if (event.isComposing) return;
    if (this.list.open && this.#onListKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  /** Keys the suggestions take; a command typed in full is sent by Enter instead of completed. */
  #onListKey({ key, shiftKey }) {
    const item = this.list.items[this.list.active];
    if (key === "ArrowDown" || key === "ArrowUp") this.list.move(key === "ArrowDown" ? 1 : -1);
    else if (key === "Escape") this.list.show([]);
    else if (key === "Tab" || (key === "Enter" && !shiftKey && item.exact !== this.input.value.trim())) this.#insertItem(item);
    else return false;
    return true;
  }

  #insertItem(item) {
    const { input } = this;
    const after = input.value.slice(input.selectionStart);
    const start = input.value.slice(0, this.suggestion?.from ?? 0) + item.insert;
    input.value = start + after.trimStart();
    input.setSelectionRange(start.length, start.length);
    this.#changed({ quiet: true });
    input.focus();
  }

  #mentionBot() {
    const { bot } = this.page.store;
    if (!bot) return;
    const text = mentionText(bot);
    this.fill(this.input.value.startsWith(text) ? this.input.value : `${text} ${this.input.value}`);
  }

  #openShortcuts(button) {
    const { store, toast } = this.page;
    const commands = store.commands.map((one) => ({ label: one.command, note: one.description, act: () => this.fill(`${one.command} `) }));
    const shortcuts = store.shortcuts
      .filter((one) => one.type === "global")
      .map((one) => ({ label: one.name, note: one.description, act: () => send("shortcut", { as: store.me, callback_id: one.callback_id }).then((answer) => answer.ok || toast(answer.error, "error")) }));
    openMenu(button, [...commands, ...shortcuts]);
  }

  /** Send what is written. It leaves the box at once and comes back when it could not be sent. */
  async submit() {
    const typed = this.input.value;
    if (this.isEmpty) return;
    const key = this.#key;
    const files = this.#attached.take();
    this.fill("");
    const answer = await this.#post(typed, files);
    if (answer.ok) return;
    this.page.toast(answer.error, "error");
    if (key !== this.#key || !this.isEmpty) return;
    this.#attached.put(files);
    this.fill(typed);
  }

  async #post(typed, files) {
    const { store } = this.page;
    const place = { as: store.me, ...this.target() };
    const command = typed.startsWith("/") && parseCommand(typed);
    if (!command) return send("post", { ...place, text: encodeMessage(typed, store), files: await encodeFiles(files) });
    if (!store.commands.some((one) => one.command === command.command)) return { ok: false, error: `${command.command} is not a valid command.` };
    return send("command", { ...place, ...command });
  }
}
