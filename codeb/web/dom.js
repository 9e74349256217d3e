// Elements, and nothing that reads HTML: whatever comes from outside becomes text.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes that are null or false are left out; functions listen; children are texts or nodes. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of a drawing. */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...nodes(children));
  return node;
}

function nodes(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
}

/** Put children in place of what is there. What had the focus has it again, found by its data-focus. */
export function replace(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  parent.replaceChildren(...nodes(children));
  if (focused) [...parent.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focused)?.focus();
}

/** A link to another place of this page, or to an address outside. Only http and https lead anywhere. */
export function link(address, text, attributes = {}) {
  if (address.startsWith("#/")) return el("a", { href: address, ...attributes }, text);
  if (!/^https?:\/\//.test(address)) return el("span", {}, text);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes }, text);
}

/** A button; while what it began goes on, it is not pressed again. */
export function button(text, act, attributes = {}) {
  const made = el("button", { type: "button", ...attributes, click: press }, text);
  async function press() {
    if (made.getAttribute("aria-disabled") === "true") return;
    made.setAttribute("aria-disabled", "true");
    try {
      await act();
    } finally {
      made.removeAttribute("aria-disabled");
    }
  }
  return made;
}

/** Pairs of a name and what it is; pairs without the latter are left out. */
export function facts(pairs, attributes = {}) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts", ...attributes }, known.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** A table with a caption for those who hear it. Cells are texts or nodes. */
export function table(caption, heads, rows, attributes = {}) {
  return el(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      attributes,
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell))))),
    ),
  );
}
