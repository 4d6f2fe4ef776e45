// Standard Markdown within a line: code, emphasis, links, escapes, and Slack's tokens.

import { h, link } from "./dom.js";
import { decode, scan, sharedRules } from "./tokens.js";

const EMPHASIS = { "***": ["strong", "em"], "**": ["strong"], __: ["strong"], "*": ["em"], _: ["em"], "~~": ["s"], "~": ["s"] };

/** A line (or several) of Markdown as a list of nodes. */
export const inline = (text, store) => scan(text, rules(store));

function rules(store) {
  const emphasis = (match, text) => {
    const before = text[match.index - 1] ?? " ";
    if (match[1].startsWith("_") && /[\p{L}\p{N}]/u.test(before)) return null;
    return EMPHASIS[match[1]].reduceRight((inner, tag) => [h(tag, {}, inner)], inline(match[2], store));
  };
  return [
    [/(`+)(?!`)([\s\S]*?[^`])\1(?!`)/y, (match) => h("code", {}, match[2].trim())],
    [/\\([\\`*_{}[\]()#+\-.!|~<>])/y, (match) => document.createTextNode(match[1])],
    [/!\[([^\]\n]*)\]\([^()\s]*\)/y, (match) => h("span", { class: "image-note" }, `[image: ${match[1] || "untitled"}]`)],
    [/\[([^\]\n]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)/y, (match) => link(decode(match[2]), inline(match[1], store))],
    ...sharedRules(store),
    [/(\*\*\*|\*\*|__|~~)(?=\S)([\s\S]*?\S)\1/y, emphasis],
    [/(\*|_|~)(?=[^\s*_~])([^\n]*?[^\s*_~])\1(?![\p{L}\p{N}*])/uy, emphasis],
  ];
}
