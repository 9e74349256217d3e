// What changes by itself: countdowns, and what is asked again and again while somebody looks.

import { el } from "./dom.js";
import { left } from "./format.js";

const SECOND = 1000;

/** A countdown to a moment. It is not read out by itself every second. */
export function countdown(until) {
  return el("span", { class: "countdown", "data-until": until, role: "timer", "aria-live": "off" }, left(until));
}

/** Let all countdowns run; returns what ends it. */
export function runCountdowns() {
  const timer = setInterval(() => {
    for (const node of document.querySelectorAll("[data-until]")) {
      const text = left(node.dataset.until);
      if (node.textContent !== text) node.textContent = text;
    }
  }, SECOND);
  return () => clearInterval(timer);
}

/**
 * Ask now and every `seconds`, not while the page is hidden, one question at a time.
 * Returns `{now, stop}`.
 */
export function asking(ask, seconds) {
  let [busy, again, stopped] = [false, false, false];
  async function now() {
    again = busy;
    if (busy || stopped) return;
    busy = true;
    try {
      await ask();
    } finally {
      busy = false;
    }
    if (again && !stopped) now();
  }
  const seen = () => document.hidden || now();
  const timer = setInterval(seen, seconds * SECOND);
  document.addEventListener("visibilitychange", seen);
  now();
  const stop = () => {
    stopped = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seen);
  };
  return { now, stop };
}
