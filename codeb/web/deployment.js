// One deployment: its steps, its receipts, and the way back to it.

import { tool } from "./api.js";
import { button, el, facts, link, replace } from "./dom.js";
import { duration, moment } from "./format.js";
import { trouble } from "./notices.js";
import { receipt } from "./receipt.js";
import { bringBack } from "./release.js";
import { to } from "./router.js";
import { may } from "./session.js";
import { stepList } from "./steps.js";
import { asking } from "./ticking.js";

const SECONDS = 3;
const ENDED = ["success", "failed"];

/** Show it, again and again until it has ended. Returns what ends it. */
export function deployment(content, place) {
  const where = { projectName: place.project, environment: place.environment };
  let drawn = "";
  replace(content, el("p", { class: "faint" }, "Asking for the deployment"));
  async function ask() {
    try {
      const { deployment: found } = await tool("deployment_get", { projectName: place.project, deploymentId: place.item });
      const now = JSON.stringify(found);
      if (now !== drawn) replace(content, picture(found, place, where, asked.now));
      drawn = now;
      if (ENDED.includes(found.status)) asked.stop();
    } catch (error) {
      if (!drawn) replace(content, trouble(error));
      if (error.code !== "offline") asked.stop();
    }
  }
  const asked = asking(() => Promise.resolve().then(ask), SECONDS);
  return asked.stop;
}

function picture(found, place, where, again) {
  return [
    el("p", {}, link(to(place.project, place.environment, "history"), "All deployments")),
    el("h2", {}, found.version || found.id),
    found.error && el("div", { class: "trouble" }, el("strong", {}, "It failed. "), found.error),
    el(
      "div",
      { class: "columns" },
      el("section", {}, el("h3", {}, "Deployment"), about(found)),
      el("section", {}, el("h3", {}, "Steps"), stepList(found.steps)),
      found.receipt && el("section", {}, el("h3", {}, "Receipt of the promote"), receipt(found.receipt)),
      found.rollbackReceipt && el("section", {}, el("h3", {}, "Receipt of the rollback"), receipt(found.rollbackReceipt)),
    ),
    found.status === "success" &&
      may("member") &&
      el("div", { class: "acts" }, button("Bring this release back", () => bringBack(where, found, again), { class: "danger", "data-focus": "bring-back" })),
  ];
}

function about(found) {
  return facts([
    ["Status", el("strong", { class: found.status }, found.status)],
    ["Id", found.id],
    ["Slot", found.slot],
    ["By", `${found.deployedBy}, ${found.source}`],
    ["Began", moment(found.createdAt)],
    ["Took", duration(found.duration)],
    ["Image", found.image],
    ["Digest", found.digest],
    ["Variables", found.envVersion ? `version ${found.envVersion}` : "none"],
    ["Promoted", found.promotedAt && [moment(found.promotedAt), ` by ${found.promotedBy}`]],
    ["Rolled back", found.rolledBackAt && [moment(found.rolledBackAt), ` by ${found.rolledBackBy}`]],
    ["Reason", found.rollbackReason],
    ["Migration", found.migration && JSON.stringify(found.migration)],
  ]);
}
