// Turns what was typed into what Slack's client sends: escaped, with names and addresses as <…> tokens.

import { nameOf } from "./people.js";

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const BROADCASTS = ["here", "channel", "everyone"];

/** What `@…` inserts for a person: the handle of a bot, the full name of a human. */
export const mentionText = (person) => `@${person.is_bot ? person.name : nameOf(person)}`;

/** The text of a message as it is posted. */
export function encodeMessage(text, store) {
  const escaped = text.trim().replace(/[&<>]/g, (character) => ESCAPES[character]);
  const tokens = mentionTokens(store);
  const names = [...tokens.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const mentions = new RegExp(`(?<![\\w@])@(${names.join("|")})(?![\\w-])`, "giu");
  return escaped
    .replace(/https?:\/\/[^\s`]*[^\s`.,;:!?'")\]}]/g, (url) => `<${url}>`)
    .replace(mentions, (_, name) => tokens.get(name.toLowerCase()));
}

function mentionTokens(store) {
  const tokens = new Map(BROADCASTS.map((name) => [name, `<!${name}>`]));
  for (const group of store.usergroups) tokens.set(group.handle.toLowerCase(), `<!subteam^${group.id}>`);
  for (const person of store.people.values()) {
    tokens.set(person.name.toLowerCase(), `<@${person.id}>`);
    tokens.set(nameOf(person).toLowerCase(), `<@${person.id}>`);
  }
  return tokens;
}

/** "/reset rest" as its two halves; null when the text is no command. */
export function parseCommand(text) {
  const match = /^(\/[\w-]+)(?:\s+([\s\S]*))?$/.exec(text.trim());
  return match && { command: match[1], text: match[2] ?? "" };
}
