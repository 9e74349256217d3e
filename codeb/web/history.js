// The deployments of an environment, newest first.

import { tool } from "./api.js";
import { el, link, replace, table } from "./dom.js";
import { ago, duration } from "./format.js";
import { trouble } from "./notices.js";
import { to } from "./router.js";
import { asking } from "./ticking.js";

const SECONDS = 10;
const LIMIT = 50;
const HEADS = ["Version", "Status", "Slot", "By", "Deployed", "Took", "Promoted"];

/** Show the list. Returns what ends it. */
export function history(content, place) {
  let drawn = "";
  replace(content, el("p", { class: "faint" }, "Asking for the deployments"));
  async function ask() {
    try {
      const { deployments } = await tool("deployment_list", {
        projectName: place.project,
        environment: place.environment,
        limit: LIMIT,
      });
      const now = JSON.stringify(deployments);
      if (now !== drawn) replace(content, picture(deployments, place));
      drawn = now;
    } catch (error) {
      if (!drawn) replace(content, trouble(error));
    }
  }
  return asking(ask, SECONDS).stop;
}

function picture(deployments, place) {
  if (!deployments.length) return el("p", {}, "Nothing was deployed here yet.");
  return table("Deployments", HEADS, deployments.map((each) => row(each, place)));
}

function row(each, place) {
  const address = to(place.project, place.environment, "history", each.id);
  return [
    link(address, each.version || each.id, { "data-focus": address }),
    el("span", { class: each.status }, each.status),
    each.slot ?? "",
    `${each.deployedBy}, ${each.source}`,
    ago(each.createdAt),
    duration(each.duration),
    each.rolledBackAt ? ["rolled back ", ago(each.rolledBackAt)] : (ago(each.promotedAt) ?? ""),
  ];
}
