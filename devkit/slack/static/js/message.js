// One message as DOM. Pure: it attaches no listeners; clicks are handled by message_actions.js.

import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { namedEmoji } from "./emoji.js";
import { glyph } from "./icons.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, nameOf } from "./people.js";
import { ago, clock, dateOf, fullTime } from "./time.js";

/** `compact`: follows a message of the same person; `inThread`: without the thread's own tools and summary. */
export function renderMessage(message, store, { channel, compact = false, inThread = false }) {
  const author = authorOf(message, store);
  const classes = ["message", compact && "is-compact", message.ephemeral && "is-ephemeral", !author.isApp && mentionsMe(message, store) && "is-for-me"];
  return h(
    "article",
    {
      class: classes.filter(Boolean).join(" "),
      "data-testid": message.ephemeral ? "ephemeral" : "message",
      "data-ts": message.ts,
      "data-user": message.user,
      "aria-label": `${author.name}, ${clock(dateOf(message.ts))}`,
    },
    message.ephemeral && h("p", { class: "only-you" }, glyph("eye"), "Only visible to you"),
    h("div", { class: "message-gutter" }, compact ? time(message, "message-time-hover", bareClock) : avatar(author.person, "large")),
    h("div", { class: "message-content" }, !compact && head(message, author), body(message, store), reactions(message, store), !inThread && replyBar(message, channel, store)),
    tools(message, inThread),
  );
}

/** Who a message is from, also when the person is unknown to the page. */
function authorOf(message, store) {
  const person = store.people.get(message.user) ?? (message.bot_id ? store.bot : null) ?? { id: message.user ?? "?", name: message.username };
  const isApp = Boolean(message.bot_id || person.is_bot);
  return { person, isApp, name: (isApp && message.username) || nameOf(person) };
}

const bareClock = (date) => clock(date).replace(/\s?[AP]M$/, "");

const time = (message, className, format = clock) =>
  h("time", { class: className, datetime: dateOf(message.ts).toISOString(), title: fullTime(dateOf(message.ts)) }, format(dateOf(message.ts)));

const head = (message, author) =>
  h(
    "div",
    { class: "message-head" },
    h("b", { class: "message-name" }, author.name),
    author.isApp && h("span", { class: "app-badge" }, "APP"),
    time(message, "message-time"),
  );

function body(message, store) {
  const edited = message.edited && !message.bot_id ? h("span", { class: "edited" }, " (edited)") : null;
  return h("div", { class: "message-body", "data-testid": "message-body" }, content(message, store), edited, files(message));
}

function content(message, store) {
  if (message.blocks?.length) return renderBlocks(message.blocks, store);
  if (message.markdown_text) return h("div", { class: "markdown" }, markdown(message.markdown_text, store));
  return h("div", { class: "text" }, mrkdwn(message.text ?? "", store));
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const files = (message) =>
  message.files?.length > 0 && h("div", { class: "files" }, message.files.map((file) => (PICTURES.includes(file.mimetype) ? picture(file) : fileChip(file))));

const picture = (file) =>
  h(
    "a",
    { class: "picture", href: file.url, target: "_blank", rel: "noopener", "data-testid": "picture" },
    h("small", {}, file.title || file.name),
    h("img", { src: file.url, alt: file.title || file.name, loading: "lazy" }),
  );

const fileChip = (file) =>
  h(
    "a",
    { class: "file", href: file.url, download: file.name, "data-testid": "file" },
    glyph("file"),
    h("span", {}, h("b", {}, file.title || file.name || "File"), h("small", {}, fileNote(file))),
  );

const fileNote = (file) => [file.pretty_type || file.filetype || file.mimetype, file.size && `${Math.ceil(file.size / 1024)} KB`].filter(Boolean).join(" · ");

const reactions = (message, store) =>
  message.reactions?.length > 0 &&
  h(
    "div",
    { class: "reactions" },
    message.reactions.map((one) =>
      h("span", { class: `reaction${one.users?.includes(store.me) ? " is-mine" : ""}`, title: `:${one.name}:` }, namedEmoji(one.name) ?? `:${one.name}:`, " ", h("b", {}, one.count ?? one.users?.length ?? 1)),
    ),
  );

function replyBar(message, channel, store) {
  const replies = store.replies(channel, message.ts);
  if (replies.length === 0) return null;
  const people = [...new Map(replies.map((reply) => [authorOf(reply, store).person.id, authorOf(reply, store).person])).values()];
  const last = dateOf(replies.at(-1).ts);
  return h(
    "button",
    { type: "button", class: "reply-bar", "data-do": "open-thread", "data-testid": "replies" },
    h("span", { class: "reply-faces" }, people.slice(0, 4).map((person) => avatar(person, "tiny"))),
    h("b", {}, countReplies(replies.length)),
    h("span", { class: "reply-last", title: fullTime(last) }, `Last reply ${Date.now() - last < 60_000 ? "just now" : ago(last)}`),
    h("span", { class: "reply-open" }, "View thread"),
    glyph("right"),
  );
}

export const countReplies = (count) => `${count} ${count === 1 ? "reply" : "replies"}`;

function tools(message, inThread) {
  if (message.ephemeral) return h("div", { class: "message-tools" }, tool("dismiss", "close", "Dismiss"));
  return h(
    "div",
    { class: "message-tools", role: "toolbar", "aria-label": "Message actions" },
    !inThread && tool("reply", "reply", "Reply in thread"),
    tool("copy-link", "link", "Copy link"),
    h("button", { type: "button", "data-do": "menu", "data-testid": "message-menu", "aria-label": "More actions", "aria-haspopup": "menu", "data-tip": "More actions" }, glyph("more")),
  );
}

const tool = (action, name, label) =>
  h("button", { type: "button", "data-do": action, "data-testid": action === "reply" ? "reply-in-thread" : action, "aria-label": label, "data-tip": label }, glyph(name));

/** Does it mention the person who looks? Then it is highlighted, and the channel gets a red badge. */
export const mentionsMe = (message, store) =>
  message.user !== store.me && JSON.stringify([message.text, message.blocks]).includes(`<@${store.me}>`);
