// A list of messages in a scrolling pane: updated in place by key, kept at the bottom while one reads there.

import { h, patch } from "./dom.js";
import { countReplies, renderMessage } from "./message.js";
import { dateOf, dayName } from "./time.js";

const COMPACT_WITHIN_SECONDS = 300;
const NEAR_BOTTOM_PX = 60;

export class MessageList {
  #shown = "";
  #drawn = new Map();

  constructor(container, scroller, store) {
    this.container = container;
    this.scroller = scroller;
    this.store = store;
    this.atBottom = true;
    scroller.addEventListener("scroll", () => {
      this.atBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PX;
    });
    new ResizeObserver(() => this.atBottom && this.#toBottom()).observe(scroller);
  }

  showChannel(channel) {
    const messages = this.store.topLevel(channel);
    this.#show(channel, `${this.store.me}/${channel}`, this.#withDays(messages));
  }

  showThread(channel, ts) {
    const [root, ...replies] = this.store.thread(channel, ts);
    const count = this.store.replies(channel, ts).length;
    const divider = { key: "divider", node: () => h("div", { class: "reply-divider", "data-testid": "reply-count" }, count ? countReplies(count) : "No replies yet") };
    const items = root ? [this.#item(root, null, true), divider, ...replies.map((one, index) => this.#item(one, replies[index - 1], true))] : [];
    this.#show(channel, `${this.store.me}/${channel}/${ts}`, items);
  }

  #withDays(messages) {
    return messages.flatMap((message, index) => {
      const day = dayName(dateOf(message.ts));
      const before = messages[index - 1];
      const sameDay = before && dayName(dateOf(before.ts)) === day;
      const item = this.#item(message, sameDay ? before : null, false);
      return sameDay ? [item] : [{ key: `day-${day}`, node: () => h("div", { class: "day-divider" }, h("span", {}, day)) }, item];
    });
  }

  #item(message, before, inThread) {
    const compact = Boolean(before) && follows(message, before);
    return { key: `message-${message.ts}`, message, compact, node: (channel) => renderMessage(message, this.store, { channel, compact, inThread }) };
  }

  #show(channel, place, items) {
    const elsewhere = place !== this.#shown;
    this.#shown = place;
    if (elsewhere) {
      this.container.replaceChildren();
      this.#drawn.clear();
      this.atBottom = true;
    }
    this.#reconcile(items, channel);
    if (this.atBottom) this.#toBottom();
  }

  /** Bring the children in line with the items: patch those that stay, add and drop the others. */
  #reconcile(items, channel) {
    const old = new Map([...this.container.children].map((node) => [node.dataset.key, node]));
    let next = this.container.firstElementChild;
    for (const item of items) {
      const current = old.get(item.key);
      old.delete(item.key);
      const placed = this.#draw(item, current, channel);
      if (placed === next) next = next.nextElementSibling;
      else if (current && next === current) next = placed.nextElementSibling;
      else this.container.insertBefore(placed, next);
    }
    for (const gone of old.values()) gone.remove();
  }

  /** The up-to-date node of an item; nothing is built for a message that is still as it was drawn. */
  #draw(item, current, channel) {
    const stamp = item.message && this.#stamp(item, channel);
    const drawn = this.#drawn.get(item.key);
    if (current && stamp && stamp.every((part, index) => part === drawn?.[index])) return current;
    this.#drawn.set(item.key, stamp);
    const wanted = item.node(channel);
    wanted.dataset.key = item.key;
    return current ? patch(current, wanted) : wanted;
  }

  /** Everything a drawn message depends on; the minute is in it because of "5 minutes ago". */
  #stamp({ message, compact }, channel) {
    const replies = this.store.replies(channel, message.ts);
    return [message, compact, replies.length, replies.at(-1)?.ts, Math.floor(Date.now() / 60_000)];
  }

  #toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

/** Cards stand on their own: who posted them is always shown. */
const isCard = (message) => message.blocks?.some((block) => block.type === "header" || block.type === "actions");

const follows = (message, before) =>
  message.user === before.user &&
  !isCard(message) &&
  !message.ephemeral &&
  !before.ephemeral &&
  Number(message.ts) - Number(before.ts) < COMPACT_WITHIN_SECONDS;
