// Reads what a person typed or chose, in the shape Slack sends it in (`state.values`, `actions[]`).

const specOf = (node) => JSON.parse(node.dataset.element);

const optionOf = (spec, value) =>
  [...(spec.options ?? []), ...(spec.option_groups ?? []).flatMap((group) => group.options)].find((one) => one.value === value) ?? null;

const checked = (node, spec) => [...node.querySelectorAll("input:checked")].map((input) => optionOf(spec, input.value));

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
  return state.selected_option?.value ?? state.selected_user ?? state.selected_channel ?? state.selected_conversation ?? state.selected_date ?? state.selected_time ?? state.value ?? null;
}

/** The labels of the required inputs that are still empty, by block id, as Slack checks them before sending. */
export function missingInputs(root, blocks) {
  const values = readValues(root);
  const empty = (block) => Object.values(values[block.block_id] ?? {}).some((state) => Object.entries(state).some(([name, value]) => name !== "type" && (value === null || value.length === 0)));
  const missing = blocks.filter((block) => block.type === "input" && !block.optional && empty(block));
  return Object.fromEntries(missing.map((block) => [block.block_id, "Please complete this required field."]));
}
