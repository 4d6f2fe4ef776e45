// Reads what a person typed or chose, in the shape Slack sends it in (`state.values`, `actions[]`).

import { dateOf, localMinute } from "./time.js";

const specOf = (node) => JSON.parse(node.dataset.element);

const optionOf = (spec, value) =>
  [...(spec.options ?? []), ...(spec.option_groups ?? []).flatMap((group) => group.options)].find((one) => one.value === value) ?? null;

const checked = (node, spec) => [...node.querySelectorAll("input:checked")].map((input) => optionOf(spec, input.value));

/** Unix seconds; what was not touched keeps the seconds that the field does not show. */
const momentOf = (minute, initial) =>
  initial && minute === localMinute(dateOf(initial)) ? initial : Math.floor(new Date(minute).getTime() / 1000);

const READERS = {
  static_select: (node, spec) => ({ selected_option: optionOf(spec, node.value) }),
  multi_static_select: (node, spec) => ({ selected_options: [...node.selectedOptions].map((one) => optionOf(spec, one.value)) }),
  checkboxes: (node, spec) => ({ selected_options: checked(node, spec) }),
  radio_buttons: (node, spec) => ({ selected_option: checked(node, spec)[0] ?? null }),
  users_select: (node) => ({ selected_user: node.value || null }),
  channels_select: (node) => ({ selected_channel: node.value || null }),
  conversations_select: (node) => ({ selected_conversation: node.value || null }),
  datepicker: (node) => ({ selected_date: node.value || null }),
  timepicker: (node) => ({ selected_time: node.value || null }),
  datetimepicker: (node, spec) => ({ selected_date_time: node.value ? momentOf(node.value, spec.initial_date_time) : null }),
  plain_text_input: (node) => ({ value: node.value || null }),
  email_text_input: (node) => ({ value: node.value || null }),
  url_text_input: (node) => ({ value: node.value || null }),
  number_input: (node) => ({ value: node.value || null }),
};

/** What one element holds now, `{type, …}`; null for elements without a state, such as buttons. */
export function elementState(node) {
  const spec = specOf(node);
  const read = READERS[spec.type];
  return read ? { type: spec.type, ...read(node, spec) } : null;
}

/** Everything below `root`: `{block_id: {action_id: state}}`. */
export function readValues(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-element]")) {
    const state = elementState(node);
    const block = node.closest("[data-block-id]")?.dataset.blockId;
    if (state && block) (values[block] ??= {})[specOf(node).action_id] = state;
  }
  return values;
}

/** The one value of an action that the stand-in looks the element up with. */
export function actionValue(node, choice) {
  if (choice !== undefined) return choice;
  const state = elementState(node);
  if (!state) return specOf(node).value ?? null;
  if (state.selected_options) return state.selected_options.map((one) => one.value);
  return state.selected_option?.value ?? state.selected_user ?? state.selected_channel ?? state.selected_conversation ?? state.selected_date ?? state.selected_time ?? state.selected_date_time ?? state.value ?? null;
}

/** What each kind of state is called where an element says what it starts from. */
const INITIAL = {
  value: "initial_value",
  selected_option: "initial_option",
  selected_options: "initial_options",
  selected_user: "initial_user",
  selected_channel: "initial_channel",
  selected_conversation: "initial_conversation",
  selected_date: "initial_date",
  selected_time: "initial_time",
  selected_date_time: "initial_date_time",
};

/** Blocks whose elements start from what they hold, so that a form looks the same when it is drawn anew. */
export function startingFrom(values, blocks) {
  const start = (block, spec) => {
    const { type, ...held } = values[block.block_id]?.[spec.action_id] ?? {};
    const initial = Object.entries(held).filter(([name]) => INITIAL[name]);
    return type === spec.type ? { ...spec, ...Object.fromEntries(initial.map(([name, value]) => [INITIAL[name], value ?? undefined])) } : spec;
  };
  return blocks.map((block) => ({
    ...block,
    ...(block.element && { element: start(block, block.element) }),
    ...(block.accessory && { accessory: start(block, block.accessory) }),
    ...(block.type === "actions" && { elements: block.elements.map((spec) => start(block, spec)) }),
  }));
}
