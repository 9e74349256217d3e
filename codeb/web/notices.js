// What is said to everybody on the page: the state of the connection, and single sentences for those who hear it.

import { events } from "./api.js";
import { el, replace } from "./dom.js";

const place = () => document.getElementById("notice");
let shown = null;

/** Begin to tell of lost connections and of waiting. */
export function listen() {
  events.addEventListener("offline", () => show("offline", "The connection to the server is lost. Trying again."));
  events.addEventListener("online", () => hide("offline"));
  events.addEventListener("waiting", ({ detail }) =>
    show("waiting", `Too many requests with this key. Going on in ${detail} s, by itself.`),
  );
  events.addEventListener("waited", () => hide("waiting"));
}

function show(kind, sentence) {
  if (shown === kind) return;
  shown = kind;
  replace(place(), el("p", { class: "notice" }, sentence));
}

function hide(kind) {
  if (shown !== kind) return;
  shown = null;
  replace(place());
}

/** Say a sentence to screen readers. */
export function say(sentence) {
  document.getElementById("said").textContent = sentence;
}

/** An error as a box in its place; it is read out at once. */
export function trouble(error, attributes = {}) {
  return el("div", { class: "trouble", role: "alert", ...attributes }, el("strong", {}, "Not done. "), error.message);
}
