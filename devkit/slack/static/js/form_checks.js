// What Slack itself checks before it sends a form: required inputs, lengths and numbers.

const REQUIRED = "Please complete this required field.";

/** What is wrong with what was filled in, by block id; `values` is `state.values`. */
export function formErrors(values, blocks) {
  const inputs = blocks.filter((block) => block.type === "input");
  const wrong = inputs.map((block) => [block.block_id, problem(block, values[block.block_id]?.[block.element.action_id])]);
  return Object.fromEntries(wrong.filter(([, error]) => error));
}

function problem(block, state) {
  if (!state) return null;
  if (isEmpty(state)) return block.optional ? null : REQUIRED;
  return CHECKS[block.element.type]?.(block.element, state.value) ?? null;
}

const isEmpty = ({ type, ...held }) => Object.values(held).some((value) => value === null || value.length === 0);

const CHECKS = { plain_text_input: textProblem, number_input: numberProblem };

function textProblem({ min_length: least, max_length: most }, text) {
  if (least && text.length < least) return `Must be at least ${least} ${least === 1 ? "character" : "characters"}.`;
  if (most && text.length > most) return `Must be at most ${most} characters.`;
  return null;
}

function numberProblem({ is_decimal_allowed: decimal, min_value: least, max_value: most }, text) {
  if (!/^-?\d+(\.\d+)?$/.test(text.trim())) return "Must be a valid number.";
  if (!decimal && text.includes(".")) return "Must be a whole number.";
  if (least && Number(text) < Number(least)) return `Must be at least ${least}.`;
  if (most && Number(text) > Number(most)) return `Must be at most ${most}.`;
  return null;
}
