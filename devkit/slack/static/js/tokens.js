// What mrkdwn and Markdown share: Slack's <…> tokens, HTML entities, emoji and bare links.
// Slack parses the tokens in both (also in the markdown block), so the page shows them alive in both.

import { h, link } from "./dom.js";
import { emojiRules } from "./emoji.js";
import { nameOf } from "./people.js";
import { formatDateToken } from "./time.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export const decode = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);

/** Code has no links: an address that Slack's client has put between < and > is shown without these. */
export const unlinked = (code) => code.replace(/<((?:https?:\/\/|mailto:)[^<>|\n]+)(?:\|([^<>\n]*))?>/gi, (_, address, label) => label ?? address);

/** A pill for a person, a group or everybody. */
export const mention = (label, { me = false, broadcast = false } = {}) =>
  h("span", { class: `mention${me ? " mention-me" : ""}${broadcast ? " mention-all" : ""}` }, label);

/** A person's pill by id. */
export function personMention(id, store) {
  const person = store.people.get(id);
  return mention(`@${person?.is_bot ? person.name : nameOf(person)}`, { me: id === store.me });
}

/** The node for what stands between < and >, or null when it is no Slack token. */
export function slackToken(inner, store) {
  const [body, label] = splitOnce(inner, "|");
  if (body.startsWith("@")) return personMention(body.slice(1), store);
  if (body.startsWith("#")) return mention(`#${label ?? store.channel(body.slice(1))?.name ?? "channel"}`);
  if (body.startsWith("!")) return specialMention(body.slice(1), label, store);
  if (/^(https?:\/\/|mailto:)/i.test(body)) return link(decode(body), decode(label ?? body.replace(/^mailto:/i, "")));
  return null;
}

function specialMention(body, label, store) {
  const [kind, ...parts] = body.split("^");
  if (kind === "date") return dateNode(parts, label);
  if (kind === "subteam") {
    const group = store.usergroups.find((one) => one.id === parts[0]);
    return mention(label ?? `@${group?.handle ?? "group"}`, { me: group?.users?.includes(store.me) });
  }
  if (["here", "channel", "everyone"].includes(kind)) return mention(`@${kind}`, { broadcast: true });
  return null;
}

function dateNode([unix, format = "{date_short_pretty}", url], fallback = "") {
  if (!/^\d+$/.test(unix ?? "")) return h("span", {}, decode(fallback));
  const time = h("time", { title: decode(fallback), datetime: new Date(unix * 1000).toISOString() }, formatDateToken(unix, decode(format)));
  return url ? link(decode(url), time) : time;
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The rules both languages know, as [sticky pattern, match -> node]. A null node leaves the text as it is. */
export const sharedRules = (store) => [
  [/<([^<>\n]+)>/y, (match) => slackToken(match[1], store)],
  [/&(?:amp|lt|gt);/y, (match) => document.createTextNode(ENTITIES[match[0]])],
  ...emojiRules,
  [/https?:\/\/[^\s<>|`]*[^\s<>|`.,;:!?'")\]}*_~]/y, (match) => link(decode(match[0]), decode(match[0]))],
];

/** Walk over `text`, try the rules at every place, keep the rest as text, and newlines as line breaks. */
export function scan(text, rules) {
  const found = [];
  let plain = "";
  const flush = () => {
    if (plain) found.push(document.createTextNode(plain));
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const hit = firstMatch(text, at, rules);
    if (hit) {
      flush();
      found.push(...[hit.node].flat());
      at = hit.end;
    } else if (text[at] === "\n") {
      flush();
      found.push(h("br"));
      at += 1;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return found;
}

function firstMatch(text, at, rules) {
  for (const [pattern, build] of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match && build(match, text);
    if (node) return { node, end: at + match[0].length };
  }
  return null;
}
