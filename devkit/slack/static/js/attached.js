// The files that go with the next message: chosen, shown as chips, taken back, encoded.

import { h } from "./dom.js";
import { glyph } from "./icons.js";

/** Files as the stand-in takes them: a name, and the content in base64. */
export const encodeFiles = (files) => Promise.all(files.map(async (file) => ({ name: file.name, content: await base64(file) })));

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

export class Attached {
  files = [];

  /** `onChange` is called whenever files come or go. */
  constructor(onChange) {
    this.onChange = onChange;
    this.node = h("ul", { class: "attached", "aria-label": "Attached files", hidden: true });
  }

  /** The browser's own field behind the button. */
  picker(testid) {
    this.input = h("input", { type: "file", multiple: true, hidden: true, "data-testid": `${testid}-files`, on: { change: () => this.#chosen() } });
    return this.input;
  }

  choose() {
    this.input.click();
  }

  /** Hand the files over, and forget them. */
  take() {
    const { files } = this;
    this.put([]);
    return files;
  }

  put(files) {
    this.files = files;
    this.node.hidden = files.length === 0;
    this.node.replaceChildren(...files.map((file) => this.#chip(file)));
    this.onChange();
  }

  #chosen() {
    this.put([...this.files, ...this.input.files]);
    this.input.value = "";
  }

  #chip(file) {
    const label = `Remove ${file.name}`;
    const remove = h("button", { type: "button", "aria-label": label, "data-tip": label, on: { click: () => this.put(this.files.filter((one) => one !== file)) } }, glyph("close"));
    return h("li", { "data-testid": "attached" }, glyph("file"), h("span", {}, file.name), remove);
  }
}
