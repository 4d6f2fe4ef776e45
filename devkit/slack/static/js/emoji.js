// Emoji by name. The signs a bot uses most are drawn, so that they look the same without an emoji font.

import { h } from "./dom.js";
import { glyph } from "./icons.js";

const NAMES = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", lock: "🔒", unlock: "🔓", eyes: "👀", wave: "👋", tada: "🎉",
  robot_face: "🤖", moneybag: "💰", credit_card: "💳", receipt: "🧾", no_entry: "⛔", no_entry_sign: "🚫",
  octagonal_sign: "🛑", arrows_counterclockwise: "🔄", repeat: "🔁", bulb: "💡", memo: "📝", mag: "🔍",
  gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", zzz: "💤", rocket: "🚀", thumbsup: "👍", "+1": "👍", thumbsdown: "👎",
  "-1": "👎", bell: "🔔", clock3: "🕒", timer_clock: "⏲️", shield: "🛡️", broom: "🧹", slightly_smiling_face: "🙂",
  large_green_circle: "🟢", red_circle: "🔴", large_yellow_circle: "🟡", information_source: "ℹ️",
};

const DRAWN = {
  "✅": "check", "✔": "check", "❌": "cross", "⚠": "alert", "⌛": "hourglass", "⏳": "hourglass", "🔒": "lock",
  "👀": "eye", "⛔": "stop", "🚫": "stop", "🛑": "stop", "🔄": "cycle", "🔁": "cycle", "🔍": "search", "🔧": "tool",
  "🛠": "tool", "⚙": "tool", "🕒": "clock", "⏲": "clock", "👍": "thumb", "👎": "thumb_down", "🔔": "bell",
};

const SIGNS = `(?:${Object.keys(DRAWN).join("|")})\\uFE0F?`;

/** The node for an emoji name, or null for a name the page does not know. */
export const namedEmoji = (name) => (NAMES[name] ? signEmoji(NAMES[name]) : null);

/** The node for one emoji character: a drawing where there is one, else the character itself. */
function signEmoji(sign) {
  const drawing = DRAWN[sign.replace("\uFE0F", "")];
  if (!drawing) return document.createTextNode(sign);
  return h("span", { class: `emoji emoji-${drawing}`, role: "img", "aria-label": sign }, glyph(drawing));
}

/** Rules for `scan`: `:name:` and the characters that are drawn. */
export const emojiRules = [
  [/:([a-z0-9_+-]+):/y, (match) => namedEmoji(match[1])],
  [new RegExp(SIGNS, "uy"), (match) => signEmoji(match[0])],
];
