// Modals (views): the topmost open view of the person, its inputs, its errors and its buttons.

import { send } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { confirmFirst } from "./dialog.js";
import { h, patchChildren } from "./dom.js";
import { actionValue, missingInputs, readValues } from "./element_state.js";
import { glyph } from "./icons.js";
import { openOverflow } from "./message_actions.js";
import { textObject } from "./mrkdwn.js";

export class Modal {
  #errors = {};
  #shownId = null;

  constructor(page) {
    this.page = page;
    this.dialog = h("dialog", { class: "dialog modal", "data-testid": "modal", "aria-labelledby": "modal-title" });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close();
    });
    this.dialog.addEventListener("click", (event) => this.#onClick(event));
    this.dialog.addEventListener("change", (event) => this.#onChange(event));
    this.dialog.addEventListener("submit", (event) => this.#onSubmit(event));
    document.body.append(this.dialog);
  }

  get view() {
    return this.page.store.views.at(-1) ?? null;
  }

  /** Bring the dialog in line with the store. A changed view keeps what was typed into it. */
  render() {
    const { view, dialog } = this;
    if (!view) {
      if (dialog.open) dialog.close();
      this.#shownId = null;
      return;
    }
    if (view.id !== this.#shownId) {
      this.#shownId = view.id;
      this.#errors = {};
      dialog.replaceChildren();
    }
    dialog.dataset.viewId = view.id;
    dialog.dataset.callbackId = view.callback_id ?? "";
    patchChildren(dialog, [this.#form(view)]);
    if (!dialog.open) this.#open(dialog);
  }

  #open(dialog) {
    dialog.showModal();
    const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".field, .modal-body .button, .modal-foot .button");
    first?.focus();
  }

  #form(view) {
    const { store } = this.page;
    const submit = view.submit && h("button", { type: "submit", class: "button button-primary", "data-testid": "modal-submit" }, textObject(view.submit, store));
    return h(
      "form",
      { class: "modal-form", novalidate: true },
      h(
        "header",
        { class: "modal-head" },
        h("h2", { id: "modal-title" }, textObject(view.title, store)),
        h("button", { type: "button", class: "icon-button", "data-do": "close", "aria-label": "Close", "data-testid": "modal-close" }, glyph("close")),
      ),
      h("div", { class: "modal-body" }, renderBlocks(view.blocks ?? [], store, { ...view.errors, ...this.#errors })),
      (submit || view.close) &&
        h("footer", { class: "dialog-foot" }, h("button", { type: "button", class: "button", "data-do": "close", "data-testid": "modal-cancel" }, view.close?.text ?? "Cancel"), submit),
    );
  }

  #onClick(event) {
    if (event.target === this.dialog) return undefined;
    if (event.target.closest("[data-do=close]")) return this.#close();
    const control = event.target.closest("button[data-element]");
    if (!control) return undefined;
    if (control.classList.contains("overflow")) return openOverflow(control, (choice) => this.#act(control, choice));
    return this.#act(control);
  }

  #onChange(event) {
    const control = event.target.closest("[data-element]");
    const block = this.view?.blocks.find((one) => one.block_id === control?.closest("[data-block-id]").dataset.blockId);
    if (control && (block?.type !== "input" || block.dispatch_action)) this.#act(control);
  }

  async #act(control, choice) {
    const spec = JSON.parse(control.dataset.element);
    if (spec.confirm && !(await confirmFirst(spec.confirm, this.page.store))) return;
    const block = control.closest("[data-block-id]").dataset.blockId;
    await this.#send("action", { block_id: block, action_id: spec.action_id, value: actionValue(control, choice), values: readValues(this.dialog) }, control);
  }

  async #onSubmit(event) {
    event.preventDefault();
    const { view } = this;
    const missing = missingInputs(this.dialog, view.blocks ?? []);
    if (Object.keys(missing).length > 0) return this.#fail(missing);
    const answer = await this.#send("view_submit", { values: readValues(this.dialog) }, event.submitter);
    return this.#fail(answer.errors ?? {});
  }

  #fail(errors) {
    this.#errors = errors;
    if (this.view) this.render();
    this.dialog.querySelector(".block-invalid .field")?.focus();
  }

  #close() {
    const { view } = this;
    if (!view) return;
    send("view_close", { as: this.page.store.me, view_id: view.id });
    this.page.store.closeView(view.id);
  }

  async #send(path, body, control) {
    control?.setAttribute("aria-busy", "true");
    const answer = await send(path, { as: this.page.store.me, view_id: this.view.id, ...body });
    control?.removeAttribute("aria-busy");
    if (!answer.ok && !answer.errors) this.page.toast(answer.error, "error");
    return answer;
  }
}
