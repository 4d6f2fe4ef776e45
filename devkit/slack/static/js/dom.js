// Builds and patches DOM nodes. Data only ever becomes text nodes and attribute values, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `props`: class, on (listeners), any attribute; null, undefined and false are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

/** Flatten children: nested arrays are opened, empty values dropped, anything else becomes text. */
export function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Make an icon from SVG path data on a 20 × 20 grid; it is decoration, so hidden from screen readers. */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true", focusable: "false" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const data of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}

/** A link that leaves the page; anything but http(s) and mailto stays plain text. */
export function link(url, ...children) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", {}, ...children);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, ...children);
}

/** Turn `current` into `wanted` with the fewest changes, so that focus, selection and typed text survive. */
export function patch(current, wanted) {
  if (current.isEqualNode(wanted)) return current;
  if (current.nodeName !== wanted.nodeName || current.nodeType !== wanted.nodeType || current.dataset?.actionId !== wanted.dataset?.actionId) {
    current.replaceWith(wanted);
    return wanted;
  }
  if (current.nodeType !== Node.ELEMENT_NODE) {
    current.nodeValue = wanted.nodeValue;
    return current;
  }
  if (wanted.hasAttribute("style") && current.getAttribute("style") !== wanted.getAttribute("style")) {
    current.replaceWith(wanted);
    return wanted;
  }
  patchAttributes(current, wanted);
  patchChildren(current, [...wanted.childNodes]);
  return current;
}

/** Blocks are known by their id: what was typed into one stays in it, wherever it moves, and nowhere else. */
const keyOf = (node) => node.dataset?.blockId;

/** Make the children of `parent` equal to `wanted`, keeping those that already are. */
export function patchChildren(parent, wanted) {
  const keys = new Set(wanted.map(keyOf));
  for (const node of [...parent.childNodes]) if (keyOf(node) && !keys.has(keyOf(node))) node.remove();
  const kept = new Map([...parent.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  wanted.forEach((node, index) => {
    const current = parent.childNodes[index] ?? null;
    const same = kept.get(keyOf(node));
    if (same && same !== current) parent.insertBefore(same, current);
    if (same) patch(same, node);
    else if (!current || keyOf(node) || keyOf(current)) parent.insertBefore(node, current);
    else patch(current, node);
  });
  for (const surplus of [...parent.childNodes].slice(wanted.length)) surplus.remove();
}

/** What is no part of the description: that something is under way, and the height a text field was dragged to. */
const isLive = (attribute, element) => attribute === "aria-busy" || (attribute === "style" && element.tagName === "TEXTAREA");

function patchAttributes(current, wanted) {
  for (const { name } of [...current.attributes]) {
    if (!wanted.hasAttribute(name) && !isLive(name, current)) current.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
}
