// The steps of a deployment, as a list that changes while it runs.

import { el } from "./dom.js";
import { duration, words } from "./format.js";

const SIGNS = { running: "…", success: "✓", failed: "✗", skipped: "–" };

/** The list of steps. */
export function stepList(steps) {
  return el("ol", { class: "steps" }, steps.map(line));
}

function line(step) {
  return el(
    "li",
    { class: step.status },
    el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[step.status] ?? ""),
    el("span", {}, words(step.name)),
    el("span", { class: "faint" }, step.status === "success" ? el("span", { class: "unseen" }, "done") : step.status),
    el("span", { class: "faint number" }, duration(step.duration)),
    step.error && el("span", { class: "step-error" }, step.error),
  );
}

/** The steps after one more was told of: the first step of all begins a new list. */
export function after(steps, step) {
  if (step.name === "verify_project" && step.status === "running") return [step];
  const at = steps.findIndex((each) => each.name === step.name);
  return at < 0 ? [...steps, step] : steps.with(at, step);
}
