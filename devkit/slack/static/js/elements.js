// Block Kit's interactive elements. Each carries its own description in `data-element`, so one listener
// per message or modal can act on a click and patching never leaves a stale listener behind.

import { h } from "./dom.js";
import { glyph } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { nameOf } from "./people.js";
import { dateOf, localMinute } from "./time.js";

/** An interactive element or an image; unknown ones say what they are instead of vanishing. */
export function element(spec, store, { labelled = null } = {}) {
  const build = BUILDERS[spec.type];
  if (!build) return h("span", { class: "unsupported" }, `[${spec.type}]`);
  const node = build(spec, store);
  if (labelled) node.setAttribute("aria-labelledby", labelled);
  return node;
}

const data = (spec) => ({ "data-element": JSON.stringify(spec), "data-action-id": spec.action_id });

const plain = (object) => object?.text ?? "";

function button(spec, store) {
  const style = { primary: " button-primary", danger: " button-danger" }[spec.style] ?? "";
  const common = { class: `button${style}`, "data-testid": "button", ...data(spec), "aria-label": spec.accessibility_label };
  return h("button", { type: "button", ...common }, h("span", { class: "button-text" }, textObject(spec.text, store)));
}

/** Each half acts as a button of its own, under the one action. */
const feedbackButtons = (spec, store) =>
  h("span", { class: "thumbs", role: "group", "aria-label": "Feedback" }, [spec.positive_button, spec.negative_button].map((half) => button({ ...half, type: "button", action_id: spec.action_id }, store)));

const overflow = (spec) =>
  h("button", { type: "button", class: "icon-button overflow", "aria-label": "More choices", "aria-haspopup": "menu", "data-testid": "overflow", ...data(spec) }, glyph("more"));

const allOptions = (spec) => [...(spec.options ?? []), ...(spec.option_groups ?? []).flatMap((group) => group.options)];

const option = (choice, chosen) => h("option", { value: choice.value, selected: chosen.includes(choice.value) }, plain(choice.text));

function select(spec) {
  const chosen = [spec.initial_option?.value, ...(spec.initial_options ?? []).map((one) => one.value)];
  const multiple = spec.type.startsWith("multi_");
  const groups = (spec.option_groups ?? []).map((group) => h("optgroup", { label: plain(group.label) }, group.options.map((one) => option(one, chosen))));
  const empty = multiple ? null : h("option", { value: "" }, plain(spec.placeholder) || "Choose an option");
  return h("select", { class: "field select", multiple, "data-testid": "select", ...data(spec) }, empty, (spec.options ?? []).map((one) => option(one, chosen)), groups);
}

function pickFrom(kind) {
  return (spec, store) => {
    const people = [...store.people.values()].filter((person) => !person.is_bot);
    const all = kind === "user" ? people.map((one) => [one.id, nameOf(one)]) : store.channels.map((one) => [one.id, `#${one.name}`]);
    const options = all.map(([value, text]) => ({ value, text: { type: "plain_text", text } }));
    const initial = spec.initial_user ?? spec.initial_channel ?? spec.initial_conversation;
    const node = select({ ...spec, options, initial_option: { value: initial } });
    node.dataset.element = JSON.stringify(spec);
    return node;
  };
}

function choices(type) {
  return (spec, store) => {
    const chosen = [spec.initial_option?.value, ...(spec.initial_options ?? []).map((one) => one.value)];
    const box = (one) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type, name: `${spec.action_id}`, value: one.value, checked: chosen.includes(one.value) }),
        h("span", {}, textObject(one.text, store), one.description && h("small", {}, textObject(one.description, store))),
      );
    return h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group", ...data(spec) }, allOptions(spec).map(box));
  };
}

function textInput(spec) {
  const common = { class: "field", placeholder: plain(spec.placeholder), minlength: spec.min_length, maxlength: spec.max_length, autofocus: spec.focus_on_load, ...data(spec) };
  if (spec.multiline) return h("textarea", { rows: 4, ...common }, spec.initial_value ?? "");
  return h("input", { type: "text", value: spec.initial_value ?? "", ...common });
}

const typedInput = (type, initial) => (spec) =>
  h("input", { type, class: "field", value: spec[initial] ?? "", placeholder: plain(spec.placeholder), autofocus: spec.focus_on_load, ...data(spec) });

/** A text field, as in Slack: what is no number is said next to it and not swallowed. */
const numberInput = (spec) =>
  h("input", { type: "text", class: "field", inputmode: spec.is_decimal_allowed ? "decimal" : "numeric", autocomplete: "off", value: spec.initial_value ?? "", placeholder: plain(spec.placeholder), autofocus: spec.focus_on_load, ...data(spec) });

const dateTimeInput = (spec) =>
  h("input", { type: "datetime-local", class: "field", value: spec.initial_date_time ? localMinute(dateOf(spec.initial_date_time)) : "", autofocus: spec.focus_on_load, ...data(spec) });

/** Images are never fetched: a model could leak data through the address. */
export const imagePlaceholder = (spec) =>
  h("span", { class: "image-note", title: spec.image_url ?? "" }, glyph("image"), spec.alt_text || plain(spec.title) || "Image");

const BUILDERS = {
  button,
  workflow_button: button,
  overflow,
  feedback_buttons: feedbackButtons,
  static_select: select,
  multi_static_select: select,
  users_select: pickFrom("user"),
  channels_select: pickFrom("channel"),
  conversations_select: pickFrom("channel"),
  checkboxes: choices("checkbox"),
  radio_buttons: choices("radio"),
  plain_text_input: textInput,
  email_text_input: typedInput("email", "initial_value"),
  url_text_input: typedInput("url", "initial_value"),
  number_input: numberInput,
  datepicker: typedInput("date", "initial_date"),
  timepicker: typedInput("time", "initial_time"),
  datetimepicker: dateTimeInput,
  image: imagePlaceholder,
};
