// A question in the middle of the page. The browser keeps the focus in it and gives it back afterwards.

import { button, el, replace } from "./dom.js";

let count = 0;

/**
 * Open a dialog with a title. `fill(body, actions, close)` puts things into it, again and again if it wants to.
 * Resolves when it is closed.
 */
export function ask(title, fill) {
  const id = `dialog-${(count += 1)}`;
  const heading = el("h2", { id, tabindex: "-1" }, title);
  const body = el("div", { class: "dialog-body" });
  const actions = el("div", { class: "dialog-actions" });
  const dialog = el("dialog", { "aria-labelledby": id }, heading, body, actions);
  const before = document.activeElement;
  const close = () => dialog.close();
  document.body.append(dialog);
  dialog.showModal();
  heading.focus();
  fill({ body, actions, close, heading });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      giveBack(before);
      resolve();
    });
  });
}

/** The page may have been drawn anew meanwhile: then its heading has the focus. */
function giveBack(before) {
  const again = before?.dataset?.focus;
  const found = before?.isConnected
    ? before
    : [...document.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === again);
  (found ?? document.querySelector("main h1"))?.focus();
}

/** The buttons below: the first one closes, the others act. */
export function choices(actions, close, closing, ...others) {
  replace(actions, button(closing, close, { class: "quiet" }), others);
}
