// A person's yes to what an assistant asked for: look at it first, then fetch the code.

import { tool } from "./api.js";
import { button, el, facts, replace } from "./dom.js";
import { say, trouble } from "./notices.js";
import { countdown } from "./ticking.js";

const REQUEST = /\bcfm_[0-9a-f]{12}\b/;

/** Show the place to paste a request. Returns what ends it. */
export function confirmation(main) {
  document.title = "Confirm for an assistant · CodeB";
  const text = el("textarea", { id: "request", rows: "4", spellcheck: "false", "aria-describedby": "request-help" });
  const place = el("div", {});
  const look = button("Look at it", () => shown(text.value, place), { class: "primary" });
  replace(
    main,
    el("div", { class: "heading" }, el("h1", { tabindex: "-1" }, "Confirm for an assistant")),
    el("label", { for: "request" }, "What the assistant was answered"),
    el("p", { id: "request-help", class: "faint" }, "Paste all of it, or the id that begins with cfm_. A request waits for five minutes."),
    text,
    el("div", { class: "acts" }, look),
    place,
  );
  return () => replace(place);
}

async function shown(text, place) {
  const [requestId] = REQUEST.exec(text) ?? [];
  if (!requestId) {
    replace(place, trouble({ message: "There is no request in this text: its id is cfm_ and twelve letters and digits." }));
    return;
  }
  try {
    const wanted = await tool("confirm", { requestId, look: true });
    replace(
      place,
      el(
        "section",
        { "aria-labelledby": "asked" },
        el("h2", { id: "asked", tabindex: "-1" }, "The assistant wants to"),
        el("p", { class: "version" }, wanted.tool),
        facts(parameters(wanted)),
        el("p", { class: "warned" }, "Give the code only if you would do this yourself. It is good for this call, once, for five minutes."),
        el("div", { class: "acts" }, button("Give the code", () => given(requestId, place), { class: "danger" })),
      ),
    );
    place.querySelector("h2").focus();
  } catch (error) {
    replace(place, trouble(error));
  }
}

function parameters(wanted) {
  const all = { ...wanted.params, ...(wanted.environment && { environment: `${wanted.environment} (the team's default)` }) };
  return Object.entries(all).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

async function given(requestId, place) {
  try {
    const answer = await tool("confirm", { requestId }, { changes: true });
    const code = el("output", { class: "code", "aria-label": "Code", tabindex: "-1" }, answer.confirmation);
    const copy = button("Copy the code", async () => {
      await navigator.clipboard.writeText(answer.confirmation);
      say("The code is copied.");
    });
    replace(
      place,
      el("h2", {}, "Give this code to the assistant"),
      code,
      el("p", {}, "For ", el("code", {}, answer.tool), " only, once, for another ", countdown(answer.expiresAt), "."),
      navigator.clipboard && el("div", { class: "acts" }, copy),
    );
    code.focus();
  } catch (error) {
    replace(place, trouble(error));
  }
}
