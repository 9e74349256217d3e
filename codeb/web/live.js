// What happens in an environment: the latest deployment's steps, and lines of its containers.

import { tool } from "./api.js";
import { el, link, replace } from "./dom.js";
import { ago, words } from "./format.js";
import { logPanel } from "./log.js";
import { say } from "./notices.js";
import { to } from "./router.js";
import { after, stepList } from "./steps.js";
import { follow } from "./stream.js";

const STATES = { open: "live", lost: "connection lost, trying again", waiting: "connecting" };
const SOON = 400;
const MOVES = new Set(
  ["deploy", "promote", "rollback", "maintenance", "slot_cleanup", "slot_pin", "env_sync", "env_restore"].concat(
    ["project_update", "domain_setup", "domain_delete", "deployment_cancel"],
  ),
);

/** Show both; `moved` is called whenever something happened to the slots. Returns what ends it. */
export function live(root, place, moved) {
  const where = { projectName: place.project, environment: place.environment };
  const head = el("div", {});
  const list = el("div", {}, el("p", { class: "faint" }, "Nothing was deployed here yet."));
  const log = logPanel(`Log of ${place.project} ${place.environment}`);
  const state = el("span", { class: "stream", role: "status" }, STATES.waiting);
  const slot = choice("Slot", "log-slot", { "": "both slots", blue: "blue", green: "green" });
  const level = choice("Level", "log-level", { "": "every level", info: "info", warn: "warn", error: "error" });
  let [steps, end, soon] = [[], null, null];
  replace(
    root,
    el(
      "div",
      { class: "live" },
      el("section", { "aria-labelledby": "latest" }, el("h2", { id: "latest" }, "Latest deployment"), head, list),
      el(
        "section",
        { "aria-labelledby": "log" },
        el("div", { class: "log-head" }, el("h2", { id: "log" }, "Log"), state, slot.node, level.node),
        log.node,
      ),
    ),
  );

  function show() {
    replace(list, stepList(steps));
  }

  async function latest() {
    try {
      const [found] = (await tool("deployment_list", { ...where, limit: 1 })).deployments;
      if (!found) return;
      if (found.steps.length) steps = found.steps;
      replace(head, told(found, place));
      show();
    } catch {
      // the steps that come are shown all the same, and the history says what is wrong
    }
  }

  function take(kind, data) {
    if (kind === "deployment" && data.step) {
      steps = after(steps, data.step);
      show();
      say(`${words(data.step.name)}: ${data.step.status}`);
      if (steps.length === 1) replace(head, el("p", { class: "faint" }, "A deployment runs."));
    }
    if (kind === "log" && worthReading(data)) log.add(data);
    if (kind === "missed") log.add({ level: "warn", message: `${data.count ?? "Some"} older events were not kept.` });
    if (kind === "deployment" || (MOVES.has(data.metadata?.tool) && !data.metadata.dryRun)) later();
  }

  function later() {
    moved();
    clearTimeout(soon);
    soon = setTimeout(latest, SOON);
  }

  function begin() {
    end?.();
    log.clear();
    const query = { project: place.project, environment: place.environment };
    for (const each of [slot, level]) if (each.value()) query[each.name] = each.value();
    end = follow(query, take, (word) => (state.textContent = STATES[word]));
  }

  for (const each of [slot, level]) each.node.addEventListener("change", begin);
  latest();
  begin();
  return () => {
    end();
    clearTimeout(soon);
  };
}

/** Looks at things and plans are not told: this page itself looks all the time. */
function worthReading(data) {
  const { tool: name, dryRun } = data.metadata ?? {};
  return name === undefined || data.level === "error" || (MOVES.has(name) && !dryRun);
}

function told(found, place) {
  return el(
    "p",
    {},
    link(to(place.project, place.environment, "history", found.id), found.version || found.id),
    ` into ${found.slot ?? "no slot"}, `,
    el("strong", { class: found.status }, found.status),
    el("span", { class: "faint" }, " ", ago(found.createdAt), ` by ${found.deployedBy}, ${found.source}`),
  );
}

function choice(label, id, options) {
  const select = el("select", { id }, Object.entries(options).map(([value, text]) => el("option", { value }, text)));
  const node = el("span", { class: "choice" }, el("label", { for: id, class: "unseen" }, label), select);
  return { node, name: label.toLowerCase(), value: () => select.value };
}
