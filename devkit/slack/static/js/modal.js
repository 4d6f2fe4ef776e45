// Modals (views): the topmost open view of the person, its inputs, its errors and its buttons.

import { actInView, whileBusy } from "./acting.js";
import { send } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h, patchChildren } from "./dom.js";
import { readValues, startingFrom } from "./element_state.js";
import { formErrors } from "./form_checks.js";
import { glyph } from "./icons.js";
import { openOverflow } from "./message_actions.js";
import { textObject } from "./mrkdwn.js";

export class Modal {
  #errors = {};
  #shownId = null;
  #typed = new Map();

  constructor(page) {
    this.page = page;
    this.dialog = h("dialog", { class: "dialog modal", "data-testid": "modal", "aria-labelledby": "modal-title" });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close();
    });
    this.dialog.addEventListener("click", (event) => this.#onClick(event));
    this.dialog.addEventListener("input", (event) => this.#onInput(event));
    this.dialog.addEventListener("change", (event) => this.#onChange(event));
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.dialog.addEventListener("submit", (event) => this.#onSubmit(event));
    document.body.append(this.dialog);
  }

  get view() {
    return this.page.store.views.at(-1) ?? null;
  }

  /** Bring the dialog in line with the store. A changed view keeps what was typed into it, a covered one too. */
  render() {
    const { view, dialog } = this;
    if (!view) {
      if (dialog.open) dialog.close();
      this.#shownId = null;
      this.#typed.clear();
      dialog.replaceChildren();
      return;
    }
    const isOther = view.id !== this.#shownId;
    if (isOther) this.#turnTo(view);
    dialog.dataset.viewId = view.id;
    dialog.dataset.callbackId = view.callback_id ?? "";
    patchChildren(dialog, [this.#form(view)]);
    if (!dialog.open) dialog.showModal();
    if (isOther) this.#focusFirst();
  }

  #turnTo(view) {
    if (this.#shownId) this.#typed.set(this.#shownId, readValues(this.dialog));
    this.#shownId = view.id;
    this.#errors = {};
    this.dialog.replaceChildren();
  }

  #focusFirst() {
    const { dialog } = this;
    const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body :is(.field, .choice input, .button)") ?? dialog.querySelector(".dialog-foot .button");
    first?.focus();
  }

  #form(view) {
    const { store } = this.page;
    const values = { ...view.state?.values, ...this.#typed.get(view.id) };
    const blocks = startingFrom(values, view.blocks ?? []);
    const submit = view.submit && h("button", { type: "submit", class: "button button-primary", "data-testid": "modal-submit" }, textObject(view.submit, store));
    return h(
      "form",
      { class: "modal-form", novalidate: true },
      h(
        "header",
        { class: "modal-head" },
        h("h2", { id: "modal-title" }, textObject(view.title, store)),
        h("button", { type: "button", class: "icon-button", "data-do": "close-all", "aria-label": "Close", "data-testid": "modal-close" }, glyph("close")),
      ),
      h("div", { class: "modal-body" }, renderBlocks(blocks, store, this.#errors)),
      h("footer", { class: "dialog-foot" }, h("button", { type: "button", class: "button", "data-do": "close", "data-testid": "modal-cancel" }, view.close?.text ?? (submit ? "Cancel" : "Close")), submit),
    );
  }

  #onClick(event) {
    const tool = event.target.closest("[data-do]");
    if (tool) return this.#close({ all: tool.dataset.do === "close-all" });
    const control = event.target.closest("button[data-element]");
    if (!control) return undefined;
    if (control.classList.contains("overflow")) return openOverflow(control, (choice) => this.#act(control, choice));
    return this.#act(control);
  }

  /** What was wrong with an input is no longer said of what is typed over it. */
  #onInput(event) {
    const id = event.target.closest("[data-block-id]")?.dataset.blockId;
    if (!id || !this.#errors[id]) return;
    delete this.#errors[id];
    this.render();
  }

  #onChange(event) {
    const control = event.target.closest("[data-element]");
    const block = this.#blockOf(control);
    if (control && (block?.type !== "input" || block.dispatch_action)) this.#act(control);
  }

  /** Enter in an input that acts by itself acts, and does not submit. */
  #onKey(event) {
    const control = event.target.closest("input[data-element]");
    if (event.key !== "Enter" || !this.#blockOf(control)?.dispatch_action) return;
    event.preventDefault();
    control.blur();
    control.focus();
  }

  #blockOf(control) {
    return this.view?.blocks.find((one) => one.block_id === control?.closest("[data-block-id]").dataset.blockId);
  }

  #act(control, choice) {
    return actInView(control, this.page, { view: this.view, root: this.dialog, choice });
  }

  async #onSubmit(event) {
    event.preventDefault();
    const { view } = this;
    const values = readValues(this.dialog);
    const wrong = formErrors(values, view.blocks ?? []);
    if (Object.keys(wrong).length > 0) return this.#fail(wrong);
    const answer = await this.#send("view_submit", view, { values }, this.dialog.querySelector("[type=submit]"));
    return view.id === this.view?.id ? this.#fail(answer.errors ?? {}) : undefined;
  }

  #fail(errors) {
    this.#errors = errors;
    this.render();
    this.dialog.querySelector(".block-invalid :is(.field, input)")?.focus();
  }

  /** Close the view; `all` closes those below it too. */
  #close({ all = false } = {}) {
    if (this.view) this.#send("view_close", this.view, { all });
  }

  async #send(path, view, body, control) {
    const answer = await whileBusy(control, () => send(path, { as: this.page.store.me, view_id: view.id, ...body }));
    if (!answer.ok && !answer.errors) this.page.toast(answer.error, "error");
    return answer;
  }
}
