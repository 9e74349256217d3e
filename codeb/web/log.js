// Lines of containers and of the API, as they come.

import { el } from "./dom.js";

const MOST = 500;
const NEAR = 40;

/** A place for lines: `{node, add, clear}`. It stays at its end unless somebody scrolled up. */
export function logPanel(name) {
  const node = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": name, tabindex: "0" });
  const clear = () => node.replaceChildren(el("p", { class: "faint" }, "Nothing was written yet."));
  clear();

  function add(entry) {
    const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
    if (!node.querySelector(".line")) node.replaceChildren();
    node.append(line(entry));
    while (node.childElementCount > MOST) node.firstElementChild.remove();
    if (atEnd) node.scrollTop = node.scrollHeight;
  }

  return { node, add, clear };
}

function line({ timestamp, level, source, message }) {
  const bad = level === "warn" || level === "error";
  return el(
    "p",
    { class: `line ${bad ? level : ""}` },
    timestamp && el("time", { datetime: timestamp, class: "faint" }, new Date(timestamp).toLocaleTimeString()),
    " ",
    source && el("span", { class: "source" }, source),
    " ",
    bad && el("strong", {}, `${level} `),
    message,
  );
}
