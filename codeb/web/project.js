// One environment of a project: its heading, the other environments, and the page that was asked for.

import { el, link, replace } from "./dom.js";
import { history } from "./history.js";
import { deployment } from "./deployment.js";
import { to } from "./router.js";
import { slots } from "./slots.js";
import { variables } from "./variables.js";

const PAGES = { slots: "Slots", history: "History", variables: "Variables" };

/** Show a place in `main`. `names` are the project's environments. Returns what ends it. */
export function project(main, place, names) {
  const { project: name, environment, view, item } = place;
  const content = el("div", { class: "content" });
  document.title = `${name} ${environment} · CodeB`;
  replace(
    main,
    el(
      "div",
      { class: "heading" },
      el("h1", { tabindex: "-1" }, name),
      el("nav", { "aria-label": "Environments", class: "tabs small" }, names.map((each) => tab(each, to(name, each, view), each === environment))),
    ),
    el(
      "nav",
      { "aria-label": `Pages of ${name} ${environment}`, class: "tabs" },
      Object.entries(PAGES).map(([page, title]) => tab(title, to(name, environment, page), page === view && !item)),
    ),
    content,
  );
  if (view === "slots") return slots(content, place);
  if (view === "variables") return variables(content, place);
  return item ? deployment(content, place) : history(content, place);
}

function tab(text, address, here) {
  return link(address, text, { "aria-current": here ? "page" : null, "data-focus": address });
}
