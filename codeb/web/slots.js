// Both slots of an environment as they are, who has the traffic, and what can be done about it.

import { tool } from "./api.js";
import { el, replace } from "./dom.js";
import { live } from "./live.js";
import { trouble } from "./notices.js";
import { promote, rollback } from "./release.js";
import { card } from "./slot_card.js";
import { asking } from "./ticking.js";
import { strip } from "./traffic.js";

const SECONDS = 10;
const SOON = 300;

/** Show the slots, and below them what happens. Returns what ends it. */
export function slots(content, place) {
  const where = { projectName: place.project, environment: place.environment };
  const top = el("section", { "aria-label": "Slots", class: "slots" }, el("p", { class: "faint" }, "Asking for the slots"));
  const below = el("div", {});
  let [drawn, addresses, soon] = ["", null, null];
  replace(content, top, below);

  async function ask() {
    try {
      addresses ??= await found(where);
      const status = await tool("slot_status", where);
      const now = JSON.stringify([status.data, status.slots.blue.running, status.slots.green.running, addresses]);
      if (now !== drawn) replace(top, picture(status, addresses, acts));
      drawn = now;
    } catch (error) {
      if (!drawn || error.code !== "offline") replace(top, trouble(error));
      drawn = "";
    }
  }

  const asked = asking(ask, SECONDS);
  const again = () => (clearTimeout(soon), (soon = setTimeout(asked.now, SOON)));
  const acts = {
    promote: (slot, record) => promote(where, slot, record, asked.now),
    rollback: (slot, record) => rollback(where, slot, record, asked.now),
  };
  const ended = live(below, place, again);
  return () => {
    clearTimeout(soon);
    asked.stop();
    ended();
  };
}

/** The addresses of the environment; without the database the slots are shown all the same. */
async function found(where) {
  try {
    const answer = await tool("project_get", { projectName: where.projectName });
    return answer.project.environments[where.environment] ?? null;
  } catch (error) {
    if (error.code === "unavailable") return null;
    throw error;
  }
}

function picture(status, addresses, acts) {
  const data = status.data;
  const cards = ["blue", "green"].map((name) =>
    card(data[name], { ...status.slots[name], preview: addresses?.previews?.[name] }, { ...data, url: addresses?.url }, acts),
  );
  return [strip(data, addresses?.url), el("div", { class: "cards" }, cards)];
}
