// "Behind the scenes": the panels below the conversation that Slack does not have.

import { fetchPanel } from "./api.js";
import { botsSummary, listenForBots, renderBots } from "./bots.js";
import { h, patchChildren } from "./dom.js";
import { glyph } from "./icons.js";
import { isFlashing, ledgerSummary, noteRefunds, renderLedger } from "./ledger.js";
import { listenForCopies, looksSummary, renderLooks } from "./looks.js";
import { renderSandboxes, sandboxesSummary } from "./sandboxes.js";

const PANELS = {
  bots: { render: renderBots, summary: botsSummary },
  sandboxes: { render: renderSandboxes, summary: sandboxesSummary },
  billing: { render: renderLedger, summary: ledgerSummary },
  looks: { render: renderLooks, summary: looksSummary },
};
const KEY = "dock-open";
const ROOMY_PX = 700;

export class Dock {
  constructor(container, page) {
    this.container = container;
    this.page = page;
    this.isOpen = (localStorage.getItem(KEY) ?? String(window.innerHeight >= ROOMY_PX)) === "true";
    container.addEventListener("click", (event) => event.target.closest("[data-do=toggle-dock]") && this.#toggle());
    listenForBots(container, page);
    listenForCopies(container);
  }

  get names() {
    return Object.keys(PANELS).filter((name) => this.page.store.panels.includes(name));
  }

  /** Fetch one panel anew; a panel that cannot be fetched keeps what it showed. */
  async refresh(name) {
    if (!this.names.includes(name)) return;
    try {
      const data = await fetchPanel(name);
      if (name === "billing") noteRefunds(data.refunds ?? [], () => this.render());
      this.page.store.setPanel(name, data);
    } catch (error) {
      console.warn("panel", name, error);
    }
  }

  render() {
    const { panelData } = this.page.store;
    const shown = this.names.filter((name) => panelData[name]);
    this.container.hidden = shown.length === 0;
    document.body.classList.toggle("has-dock", shown.length > 0);
    this.container.classList.toggle("is-open", this.isOpen);
    patchChildren(this.container, [this.#bar(shown), this.isOpen ? h("div", { class: "dock-body", id: "dock-body" }, shown.map((name) => PANELS[name].render(panelData[name]))) : null].filter(Boolean));
  }

  #bar(shown) {
    const { panelData } = this.page.store;
    return h(
      "button",
      { type: "button", class: `dock-bar${isFlashing() ? " is-new" : ""}`, "data-do": "toggle-dock", "data-testid": "dock-toggle", "aria-expanded": String(this.isOpen), "aria-controls": "dock-body" },
      h("b", {}, "Behind the scenes"),
      h("span", {}, shown.map((name) => PANELS[name].summary(panelData[name])).join(" · ")),
      glyph(this.isOpen ? "down" : "up"),
    );
  }

  #toggle() {
    this.isOpen = !this.isOpen;
    localStorage.setItem(KEY, String(this.isOpen));
    this.render();
  }
}
