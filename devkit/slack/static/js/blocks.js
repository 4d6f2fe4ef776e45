// Block Kit's layout blocks.

import { h } from "./dom.js";
import { element, imagePlaceholder } from "./elements.js";
import { glyph } from "./icons.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** Blocks as nodes. `errors` maps block ids to what is wrong with them (modals). */
export const renderBlocks = (blocks, store, errors = {}) => blocks.map((block) => renderBlock(block, store, errors));

function renderBlock(block, store, errors) {
  const build = BUILDERS[block.type] ?? unknown;
  const error = errors[block.block_id];
  return h(
    "div",
    { class: `block block-${block.type}${error ? " block-invalid" : ""}`, "data-block-id": block.block_id },
    build(block, store),
    error && h("p", { class: "block-error", role: "alert", "data-testid": "block-error" }, glyph("alert"), error),
  );
}

function section(block, store) {
  const fields = block.fields?.length ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field-text" }, textObject(field, store)))) : null;
  const body = h("div", { class: "section-body" }, block.text && h("div", {}, textObject(block.text, store)), fields);
  const accessory = block.accessory && h("div", { class: "section-accessory" }, element(block.accessory, store));
  return [body, accessory];
}

const context = (block, store) =>
  (block.elements ?? []).map((one) => (one.type === "image" ? imagePlaceholder(one) : h("span", {}, textObject(one, store))));

function input(block, store) {
  const id = `label-${block.block_id}`;
  const optional = block.optional ? h("span", { class: "optional" }, " (optional)") : null;
  return [
    h("div", { class: "input-label", id }, textObject(block.label, store), optional),
    element(block.element, store, { labelled: id }),
    block.hint && h("p", { class: "input-hint" }, textObject(block.hint, store)),
  ];
}

function table(block, store) {
  const cell = (one) => (one.type === "rich_text" ? richText(one, store) : one.text ?? "");
  const [head = [], ...rows] = block.rows ?? [];
  const row = (tag, cells) => h("tr", {}, cells.map((one, index) => h(tag, { class: `align-${block.column_settings?.[index]?.align ?? "left"}` }, cell(one))));
  return h("div", { class: "table-scroll" }, h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, rows.map((cells) => row("td", cells)))));
}

/** A task of a stream: https://docs.slack.dev/reference/block-kit/blocks/task-card-block. */
const STATES = { pending: "○", in_progress: "◔", complete: "✓", error: "✕" };
const task = (block) => [
  h("span", { class: `task-state task-${block.status}`, "aria-label": block.status.replace("_", " ") }, STATES[block.status] ?? "○"),
  h("span", { class: "task-title" }, block.title),
];

const file = (block) => h("span", { class: "file" }, glyph("file"), block.external_id || "File");

const unknown = (block) => h("span", { class: "unsupported" }, `This page cannot show “${block.type}” blocks.`);

const BUILDERS = {
  section,
  context,
  task_card: task,
  input,
  table,
  file,
  header: (block, store) => h("h3", { class: "header-text" }, textObject(block.text, store)),
  divider: () => h("hr"),
  actions: (block, store) => (block.elements ?? []).map((one) => element(one, store)),
  context_actions: (block, store) => (block.elements ?? []).map((one) => element(one, store)),
  markdown: (block, store) => h("div", { class: "markdown" }, markdown(block.text ?? "", store)),
  rich_text: richText,
  image: (block) => imagePlaceholder(block),
  video: (block) => imagePlaceholder(block),
};
