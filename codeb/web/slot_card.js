// A slot: what it holds, how it is, and the one thing that can be done with it.

import { button, el, facts, link } from "./dom.js";
import { ago } from "./format.js";
import { to } from "./router.js";
import { may } from "./session.js";
import { countdown } from "./ticking.js";

const STATES = {
  active: "Has the traffic",
  deployed: "Candidate, no traffic",
  grace: "Previous release, kept warm",
  empty: "Empty",
};
const HEALTH = { healthy: "healthy", unhealthy: "not healthy" };

/** The card of a slot. `more` is what runs of it, `data` the environment, `acts` what its buttons do. */
export function card(slot, more, data, acts) {
  const id = `slot-${slot.name}`;
  return el(
    "article",
    { class: `slot ${slot.name} ${slot.state}`, "aria-labelledby": id },
    el(
      "div",
      { class: "slot-head" },
      el("h2", { id }, slot.name),
      el("p", { class: "state" }, slot.state === "active" && data.maintenance ? "Active, in maintenance" : STATES[slot.state]),
    ),
    slot.version ? held(slot, more, data) : el("p", { class: "faint" }, `Nothing is in it. The next deploy ${data.activeSlot === slot.name ? "" : "may use it"}.`),
    el("div", { class: "acts" }, act(slot, acts)),
  );
}

function held(slot, more, data) {
  return [
    el("p", { class: "version" }, slot.version),
    slot.state === "grace" && el("p", { class: "grace" }, "Rollback without a start for another ", countdown(slot.graceExpiresAt), slot.pinnedBy && ` (pinned by ${slot.pinnedBy})`),
    facts([
      ["Health", el("span", { class: `health ${slot.healthStatus}` }, health(slot, more))],
      ["Deployed", [ago(slot.deployedAt), ` by ${slot.deployedBy}`]],
      ["Promoted", slot.promotedAt && [ago(slot.promotedAt), slot.promotedBy && ` by ${slot.promotedBy}`]],
      ["Rolled back", slot.rolledBackAt && [ago(slot.rolledBackAt), slot.rolledBackBy && ` by ${slot.rolledBackBy}`]],
      ["Variables", slot.envVersion ? `version ${slot.envVersion}` : "none"],
      ["Port", String(slot.port)],
      ["Deployment", slot.deploymentId && link(to(data.projectName, data.environment, "history", slot.deploymentId), slot.deploymentId)],
      [slot.state === "active" ? "Address" : "Preview", address(slot, more, data)],
    ]),
  ];
}

function address(slot, more, data) {
  const found = slot.state === "active" ? data.url : more.preview;
  return found && link(found, found.replace(/^https?:\/\//, ""));
}

function health(slot, more) {
  if (!more.running) return "not running";
  return HEALTH[slot.healthStatus] ?? "running, no health check";
}

function act(slot, acts) {
  const wanted = { deployed: ["promote", "Promote", "primary"], grace: ["rollback", "Roll back to", "danger"] }[slot.state];
  if (!wanted) return null;
  const [name, word, look] = wanted;
  if (!may("member")) return el("p", { class: "faint" }, "Your key may look only.");
  return button(`${word} ${slot.name}`, () => acts[name](slot.name, slot), { class: look, "data-focus": `${name}-${slot.name}` });
}
