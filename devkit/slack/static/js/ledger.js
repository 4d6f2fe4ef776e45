// The billing ledger: invoices with what was refunded, and every refund with its idempotency key.

import { h } from "./dom.js";
import { clock } from "./time.js";

const FLASH_MS = 6000;

let known = null;
const fresh = new Set();

/** Remember which refunds are new since the last look, and call `redraw` when they no longer are. */
export function noteRefunds(refunds, redraw) {
  const added = known ? refunds.filter((refund) => !known.has(refund.id)) : [];
  known = new Set(refunds.map((refund) => refund.id));
  for (const { id } of added) {
    fresh.add(id);
    setTimeout(() => {
      fresh.delete(id);
      redraw();
    }, FLASH_MS);
  }
}

export function renderLedger({ invoices = [], refunds = [] }) {
  const flashing = new Set(refunds.filter((refund) => fresh.has(refund.id)).map((refund) => refund.invoice_id));
  return h(
    "div",
    { class: "ledger", "data-testid": "ledger" },
    h("section", { class: "dock-part ledger-invoices" }, h("h3", {}, "Billing ledger"), table(["Invoice", "Customer", "Date", "Amount", "Refunded"], invoices.map((invoice) => invoiceRow(invoice, flashing)))),
    h("section", { class: "dock-part ledger-refunds" }, h("h3", {}, "Refunds ", h("span", { class: "count" }, refunds.length)), refunds.length > 0 ? table(["Invoice", "Amount", "Reason", "Idempotency key", "At"], refunds.toReversed().map(refundRow)) : h("p", { class: "nothing" }, "No money has moved yet.")),
  );
}

export const ledgerSummary = ({ invoices = [], refunds = [] }) =>
  `${invoices.length} invoices · ${refunds.length} ${refunds.length === 1 ? "refund" : "refunds"}`;

export const isFlashing = () => fresh.size > 0;

const table = (heads, rows) =>
  h("div", { class: "dock-scroll", tabindex: "0" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col", class: numeric(head) }, head)))), h("tbody", {}, rows)));

const numeric = (head) => (head === "Amount" || head === "Refunded" ? "align-right" : null);

const decimal = (amount) => Number(amount).toLocaleString("en-US", { minimumFractionDigits: 2 });

const money = (amount, currency) => `${decimal(amount)} ${currency}`;

const invoiceRow = (invoice, flashing) =>
  h(
    "tr",
    { class: flashing.has(invoice.id) ? "is-new" : null, "data-testid": "invoice-row", "data-id": invoice.id },
    h("td", {}, h("b", {}, invoice.id)),
    h("td", { title: invoice.description }, invoice.customer),
    h("td", {}, invoice.date),
    h("td", { class: "align-right" }, money(invoice.amount, invoice.currency)),
    h("td", { class: `align-right${Number(invoice.refunded) > 0 ? " is-refunded" : " is-quiet"}` }, Number(invoice.refunded) > 0 ? decimal(invoice.refunded) : "–"),
  );

const refundRow = (refund) =>
  h(
    "tr",
    { class: fresh.has(refund.id) ? "is-new" : null, "data-testid": "refund-row", "data-id": refund.id },
    h("td", {}, h("b", {}, refund.invoice_id)),
    h("td", { class: "align-right is-refunded" }, money(refund.amount, refund.currency)),
    h("td", { class: "cut", title: refund.reason }, refund.reason),
    h("td", { class: "cut" }, h("code", { title: refund.idempotency_key }, refund.idempotency_key)),
    h("td", { title: refund.created_at }, atTime(refund.created_at)),
  );

function atTime(value) {
  const date = new Date(typeof value === "number" ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? value : clock(date);
}
