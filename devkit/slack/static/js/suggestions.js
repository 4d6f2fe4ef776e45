// The list above a composer while one types "/" or "@".

import { h } from "./dom.js";
import { glyph } from "./icons.js";
import { mentionText } from "./outgoing.js";
import { avatar, nameOf, titleOf } from "./people.js";

const MAX_PEOPLE = 6;

/** What could be meant at the end of `before` (the text left of the caret): `{from, items}` or null. */
export function suggest(before, store, inThread) {
  const command = /^\/[\w-]*$/.exec(before);
  if (command) return found(0, store.commands.filter((one) => one.command.startsWith(before)).map((one) => commandItem(one, inThread)));
  const mention = /(^|[\s(])@([\p{L}\p{N}._-]*)$/u.exec(before);
  if (!mention) return null;
  const wanted = mention[2].toLowerCase();
  const people = [...store.people.values()].filter((one) => matches(one, wanted) && one.id !== store.me);
  people.sort((a, b) => Number(Boolean(b.is_bot)) - Number(Boolean(a.is_bot)));
  return found(before.length - wanted.length - 1, people.slice(0, MAX_PEOPLE).map(personItem));
}

const found = (from, items) => (items.length > 0 ? { from, items } : null);

const matches = (person, wanted) =>
  [person.name, ...nameOf(person).split(/\s+/)].some((word) => word.toLowerCase().startsWith(wanted));

const commandItem = (command, inThread) => ({
  insert: `${command.command} `,
  exact: command.command,
  icon: () => glyph("slash"),
  title: `${command.command} ${command.usage_hint ?? ""}`.trim(),
  note: inThread ? "Not in threads: Slack has no commands there" : command.description,
});

const personItem = (person) => ({
  insert: `${mentionText(person)} `,
  exact: null,
  icon: () => avatar(person, "small"),
  title: nameOf(person),
  note: person.is_bot ? "App" : titleOf(person),
});

/** The popup itself; it never takes the focus, the composer's keys steer it. */
export class SuggestionList {
  items = [];
  active = 0;

  constructor(id, onChoose) {
    this.node = h("ul", { class: "suggestions", role: "listbox", id, "data-testid": "suggestions", hidden: true });
    this.node.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-index]");
      if (option) onChoose(this.items[Number(option.dataset.index)]);
    });
  }

  get open() {
    return !this.node.hidden;
  }

  show(items) {
    this.items = items;
    this.active = 0;
    this.node.hidden = items.length === 0;
    this.#draw();
  }

  move(step) {
    this.active = (this.active + step + this.items.length) % this.items.length;
    this.#draw();
  }

  #draw() {
    this.node.replaceChildren(
      ...this.items.map((item, index) =>
        h(
          "li",
          { role: "option", "data-index": index, "aria-selected": index === this.active ? "true" : "false" },
          h("span", { class: "suggestion-icon" }, item.icon()),
          h("b", {}, item.title),
          h("small", {}, item.note),
        ),
      ),
    );
  }
}
