// Proofs: what a switch verified, and which variables differ, by name.

import { el, facts } from "./dom.js";
import { capital, duration, moment } from "./format.js";

/** What a switch left as its proof. */
export function receipt(record) {
  return [
    facts(
      [
        ["Switched", moment(record.switchedAt)],
        ["It took", duration(record.durationMs)],
        ["Answered before", record.probeSlot],
        ["Answers now", record.answeredSlot],
        ["Before", record.previousDeployment],
        ["Now", record.newDeployment],
      ],
      { class: "facts receipt" },
    ),
    record.warnings?.length ? el("ul", { class: "warned" }, record.warnings.map((each) => el("li", {}, each))) : null,
  ];
}

/** Which variables differ between two releases: names, never a value. */
export function changes(diff) {
  if (!diff) return el("p", {}, "There is nothing to compare with.");
  const kinds = ["added", "changed", "removed"].filter((kind) => diff[kind].length);
  if (!kinds.length) return el("p", {}, "The same in both releases.");
  return facts(kinds.map((kind) => [capital(kind), el("code", {}, diff[kind].join(", "))]));
}
