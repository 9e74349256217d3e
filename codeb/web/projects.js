// The projects of the key, on the left: each environment with who has its traffic.

import { tool } from "./api.js";
import { el, replace } from "./dom.js";
import { mark } from "./frame.js";
import { trouble } from "./notices.js";
import { to } from "./router.js";
import { asking } from "./ticking.js";

const SECONDS = 10;
const MANY = 8;
const ORDER = ["production", "staging", "preview"];

/** Fill the list and keep it so. `found(lines)` is told of every answer. Returns `{now, stop}`. */
export function projects(list, side, found) {
  const wanted = el("input", { type: "search", id: "find", placeholder: "Find a project", "aria-label": "Find a project" });
  const place = el("div", {});
  let [drawn, lines] = ["", []];
  wanted.addEventListener("input", draw);
  replace(list, el("h2", {}, "Projects"), wanted, place);

  function draw() {
    const names = grouped(lines);
    wanted.hidden = names.size <= MANY;
    const text = wanted.hidden ? "" : wanted.value.trim().toLowerCase();
    const shown = [...names].filter(([name]) => name.includes(text));
    if (shown.length) replace(place, el("ul", { class: "projects" }, shown.map(entry)));
    else replace(place, el("p", { class: "faint" }, names.size ? "None has this name." : "There are none yet."));
    mark(side, location.hash);
  }

  async function ask() {
    try {
      lines = (await tool("slot_list")).data;
    } catch (error) {
      if (!drawn) {
        replace(place, trouble(error));
        found([]);
      }
      return;
    }
    const now = JSON.stringify(lines);
    if (now !== drawn) draw();
    drawn = now;
    found([...grouped(lines).values()].flat());
  }

  return asking(ask, SECONDS);
}

function grouped(lines) {
  const names = new Map();
  for (const line of lines) names.set(line.projectName, [...(names.get(line.projectName) ?? []), line]);
  for (const each of names.values()) each.sort((one, other) => ORDER.indexOf(one.environment) - ORDER.indexOf(other.environment));
  return new Map([...names].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function entry([name, lines]) {
  return el("li", {}, el("h3", {}, name), el("ul", {}, lines.map((line) => el("li", {}, environment(line)))));
}

function environment(line) {
  const address = to(line.projectName, line.environment);
  return el(
    "a",
    { href: address, "data-focus": address },
    el("span", {}, line.environment),
    el("span", { class: "faint" }, state(line)),
  );
}

function state(line) {
  const active = line.activeSlot;
  const waits = ["blue", "green"].some((slot) => line[`${slot}State`] === "deployed");
  const now = active ? `${active} ${line[`${active}Version`] ?? ""}` : "no traffic yet";
  return waits ? `${now}, candidate waits` : now;
}
