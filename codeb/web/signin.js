// The door: an API key, kept in memory until one leaves or reloads.

import { about } from "./api.js";
import { button, el, replace } from "./dom.js";
import { trouble } from "./notices.js";
import { begin, forget, signedIn, wellFormed } from "./session.js";

/** Show the door in `root`; `why` is said if one was sent here. Calls `enter` once a key is accepted. */
export function door(root, enter, why = null) {
  const input = el("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
    required: true,
    "aria-describedby": "key-help",
  });
  const problem = el("div", {}, why && trouble({ message: why }));
  const form = el(
    "form",
    { class: "door", novalidate: true, submit: (event) => (event.preventDefault(), enterBy.click()) },
    el("label", { for: "key" }, "API key"),
    input,
    el(
      "p",
      { id: "key-help", class: "faint" },
      "It is kept in this page's memory only and gone with a reload. A key comes from ",
      el("code", {}, "we token create"),
      " or from your team's administrator.",
    ),
    problem,
  );
  const enterBy = button("Sign in", () => enterWith(input, problem, enter), { class: "primary" });
  form.append(enterBy);
  document.title = "Sign in · CodeB";
  replace(root, el("main", { class: "alone" }, el("h1", {}, "CodeB"), el("p", {}, "Releases, blue and green."), form));
  input.focus();
}

async function enterWith(input, problem, enter) {
  const text = input.value.trim();
  replace(problem);
  if (!wellFormed(text)) {
    replace(problem, trouble({ message: "This is not an API key: one looks like codeb_TEAM_ROLE_TOKEN." }));
    input.focus();
    return;
  }
  begin(text);
  try {
    signedIn((await about()).key);
  } catch (error) {
    forget();
    replace(problem, trouble(error));
    input.focus();
    return;
  }
  input.value = "";
  enter();
}
