// Standard Markdown, as Slack renders it in markdown blocks and markdown_text: the block structure.
// It renders unfinished text too, because answers arrive piece by piece.

import { h } from "./dom.js";
import { inline } from "./markdown_inline.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DELIMITER_ROW = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** Markdown as a list of block nodes. */
export function markdown(text, store) {
  const source = new Lines(text.replace(/\r\n?/g, "\n").split("\n"));
  const found = [];
  while (!source.done) {
    if (source.line.trim() === "") source.next();
    else found.push(block(source, store));
  }
  return found;
}

class Lines {
  constructor(all) {
    this.all = all;
    this.at = 0;
  }
  get done() {
    return this.at >= this.all.length;
  }
  get line() {
    return this.all[this.at];
  }
  next() {
    return this.all[this.at++];
  }
  /** Take lines as long as `wanted` says so, each turned into what it answers. */
  takeWhile(wanted) {
    const taken = [];
    while (!this.done) {
      const value = wanted(this.line, taken.length);
      if (value === null || value === false) break;
      taken.push(value);
      this.at += 1;
    }
    return taken;
  }
}

function block(source, store) {
  const { line } = source;
  if (FENCE.test(line)) return fence(source);
  const heading = HEADING.exec(line);
  if (heading) {
    source.next();
    return h(`h${Math.min(6, heading[1].length + 2)}`, { class: `md-h${heading[1].length}` }, inline(heading[2], store));
  }
  if (RULE.test(line)) {
    source.next();
    return h("hr");
  }
  if (QUOTE.test(line)) {
    const inner = source.takeWhile((one) => QUOTE.exec(one)?.[1] ?? null);
    return h("blockquote", {}, markdown(inner.join("\n"), store));
  }
  if (ITEM.test(line)) return list(source, store);
  if (isTable(source)) return table(source, store);
  return paragraph(source, store);
}

function fence(source) {
  const mark = FENCE.exec(source.next())[1];
  const closes = (line) => line.trim().startsWith(mark) && /^[`~\s]*$/.test(line);
  const code = source.takeWhile((line) => (closes(line) ? null : line));
  if (!source.done) source.next();
  return h("pre", { class: "code" }, code.join("\n"));
}

function paragraph(source, store) {
  const starts = (line) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));
  const text = source.takeWhile((line, count) => (line.trim() === "" || (count > 0 && starts(line)) ? null : line.trim()));
  return h("p", {}, inline(text.join("\n"), store));
}

/** A list: items of the same indent; anything deeper belongs to the item above it. */
function list(source, store) {
  const [, indent, marker] = ITEM.exec(source.line);
  const ordered = /\d/.test(marker);
  const root = ordered ? h("ol", { start: Number.parseInt(marker, 10) }) : h("ul");
  while (!source.done) {
    const item = ITEM.exec(source.line);
    if (!item || item[1].length !== indent.length || /\d/.test(item[2]) !== ordered) break;
    root.append(listItem(source, indent.length, store));
  }
  return root;
}

function listItem(source, indent, store) {
  const first = ITEM.exec(source.next())[3];
  const deeper = (line) => line.trim() !== "" && /^\s*/.exec(line)[0].length > indent;
  const rest = source.takeWhile((line) => (deeper(line) ? line : null));
  if (!source.done && source.line.trim() === "" && nextItemFollows(source)) source.next();
  const width = Math.min(...rest.map((line) => /^\s*/.exec(line)[0].length), 99);
  const task = /^\[([ xX])\]\s+(.*)$/.exec(first);
  const mark = task && h("span", { class: "md-task" }, task[1] === " " ? "☐ " : "☑ ");
  return h("li", {}, mark, inline(task ? task[2] : first, store), markdown(rest.map((line) => line.slice(width)).join("\n"), store));
}

const nextItemFollows = (source) => ITEM.test(source.all[source.at + 1] ?? "");

const isTable = (source) =>
  source.line.includes("|") && source.all[source.at + 1]?.includes("-") && DELIMITER_ROW.test(source.all[source.at + 1]);

function table(source, store) {
  const head = cells(source.next());
  const aligns = cells(source.next()).map((cell) => alignment(cell));
  const body = source.takeWhile((line) => (line.includes("|") && line.trim() !== "" ? cells(line) : null));
  const row = (tag, values) => h("tr", {}, head.map((_, index) => h(tag, { class: aligns[index] }, inline(values[index] ?? "", store))));
  return h("div", { class: "table-scroll" }, h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, body.map((values) => row("td", values)))));
}

const cells = (line) =>
  line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

const alignment = (cell) => (/^:-+:$/.test(cell) ? "align-center" : /-:$/.test(cell) ? "align-right" : null);
