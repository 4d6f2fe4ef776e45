// Slack's own mrkdwn: *bold*, _italic_, ~strike~, `code`, ```fences```, > quotes, <tokens>.

import { h } from "./dom.js";
import { emojiRules } from "./emoji.js";
import { decode, scan, sharedRules, unlinked } from "./tokens.js";

const TAGS = { "*": "strong", _: "em", "~": "s" };

/** mrkdwn as a list of nodes. */
export function mrkdwn(text, store) {
  return text.split(/\n?(```[\s\S]*?```)\n?/).flatMap((part) => (isFence(part) ? fence(part) : lines(part, store)));
}

const isFence = (part) => part.length >= 6 && part.startsWith("```") && part.endsWith("```");

const fence = (part) => [h("pre", { class: "code" }, decode(unlinked(part.slice(3, -3).replace(/^\n|\n$/g, ""))))];

/** Neighbouring quoted lines become one quote; the rest is running text. */
function lines(text, store) {
  const found = [];
  let run = [];
  let quoted = false;
  const flush = () => {
    const nodes = scan(run.join("\n"), rules(store));
    if (run.length > 0 && text) found.push(...(quoted ? [h("blockquote", {}, nodes)] : nodes));
    run = [];
  };
  for (const line of text.split("\n")) {
    const match = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (Boolean(match) !== quoted) {
      flush();
      quoted = Boolean(match);
    }
    run.push(match ? match[1] : line);
  }
  flush();
  return found;
}

function rules(store) {
  const styled = (match, text) => {
    const before = text[match.index - 1] ?? " ";
    if (/[\p{L}\p{N}]/u.test(before)) return null;
    return h(TAGS[match[1]], {}, scan(match[2], rules(store)));
  };
  return [
    [/`([^`\n]+)`/y, (match) => h("code", {}, decode(unlinked(match[1])))],
    ...sharedRules(store),
    [/([*_~])(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}])/uy, styled],
  ];
}

/** A text object of Block Kit: mrkdwn is formatted, plain_text is taken as it is (emoji names apart, where it asks for them). */
export function textObject(object, store) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", store);
  return scan(object.text ?? "", object.emoji === false ? [] : emojiRules);
}
