// rich_text blocks: sections, lists, preformatted text and quotes, with styled elements inside.

import { h, link } from "./dom.js";
import { namedEmoji } from "./emoji.js";
import { mention, personMention } from "./tokens.js";
import { formatDateToken } from "./time.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

/** A rich_text block. Neighbouring lists belong together, so that deeper ones are indented. */
export const richText = (block, store) => h("div", { class: "rich-text" }, (block.elements ?? []).map((part) => container(part, store)));

function container(part, store) {
  const children = (part.elements ?? []).map((element) => leaf(element, store));
  if (part.type === "rich_text_preformatted") return h("pre", { class: "code" }, children);
  if (part.type === "rich_text_quote") return h("blockquote", {}, children);
  if (part.type === "rich_text_list") {
    const items = (part.elements ?? []).map((item) => h("li", {}, container(item, store)));
    const ordered = part.style === "ordered";
    const className = `rich-list indent-${Math.min(Number(part.indent) || 0, 4)}`;
    return h(ordered ? "ol" : "ul", { class: className, start: ordered ? (part.offset ?? 0) + 1 : null }, items);
  }
  return h("div", { class: "rich-section" }, children);
}

function leaf(element, store) {
  return Object.entries(STYLES).reduce(
    (inner, [style, tag]) => (element.style?.[style] ? h(tag, {}, inner) : inner),
    bare(element, store),
  );
}

function bare(element, store) {
  switch (element.type) {
    case "text":
      return element.text ?? "";
    case "link":
      return link(element.url ?? "", element.text || element.url || "");
    case "emoji":
      return namedEmoji(element.name) ?? `:${element.name}:`;
    case "user":
      return personMention(element.user_id, store);
    case "channel":
      return mention(`#${store.channel(element.channel_id)?.name ?? "channel"}`);
    case "usergroup":
      return mention(`@${store.usergroups.find((group) => group.id === element.usergroup_id)?.handle ?? "group"}`);
    case "broadcast":
      return mention(`@${element.range}`, { broadcast: true });
    case "date":
      return h("time", {}, formatDateToken(element.timestamp, element.format ?? "{date_short_pretty}"));
    case "color":
      return element.value ?? "";
    default:
      return h("span", { class: "unsupported" }, `[${element.type}]`);
  }
}
