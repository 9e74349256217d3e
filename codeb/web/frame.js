// What is around every page: whose key it is, the way out, the projects, the place for what one came for.

import { button, el } from "./dom.js";
import { whoever } from "./session.js";

/** The frame in `root`: `{list, main}` are the places to fill. */
export function frame(root, leave) {
  const list = el("div", { id: "projects" });
  const main = el("main", { id: "main", tabindex: "-1" });
  const menu = el("button", { type: "button", class: "menu quiet", "aria-expanded": "false", "aria-controls": "side" }, "Projects");
  const side = el(
    "nav",
    { id: "side", class: "side", "aria-label": "Projects and tools" },
    list,
    el(
      "ul",
      { class: "tools" },
      el("li", {}, el("a", { href: "#/audit", "data-place": "audit" }, "Audit")),
      el("li", {}, el("a", { href: "#/confirm", "data-place": "confirm" }, "Confirm for an assistant")),
    ),
  );
  menu.addEventListener("click", () => open(menu, side, !side.classList.contains("open")));
  side.addEventListener("click", (event) => event.target.closest("a") && open(menu, side, false));
  root.replaceChildren(skip(main), header(menu, leave), el("div", { class: "page" }, side, main));
  return { list, main, side };
}

function header(menu, leave) {
  const who = whoever();
  const role = `${who.role} of ${who.teamId}${who.platform ? " (platform)" : ""}`;
  return el(
    "header",
    { class: "top" },
    menu,
    el("a", { class: "brand", href: "#/" }, "CodeB"),
    el("p", { class: "who" }, el("span", {}, role), " ", el("code", { class: "faint" }, who.id)),
    button("Sign out", leave, { class: "quiet" }),
  );
}

function skip(main) {
  const go = (event) => (event.preventDefault(), main.focus());
  return el("a", { class: "skip", href: "#main", click: go }, "Skip to the content");
}

function open(menu, side, opened) {
  side.classList.toggle("open", opened);
  menu.setAttribute("aria-expanded", String(opened));
}

/** Mark the link to where one is. */
export function mark(side, hash) {
  for (const link of side.querySelectorAll("a")) {
    const here = link.dataset.place ? hash === `#/${link.dataset.place}` : within(link.getAttribute("href"), hash);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function within(address, hash) {
  return hash === address || hash.startsWith(`${address}/`);
}
