// The picture of where visitors go. It says in words what its lines show.

import { drawn, el, link } from "./dom.js";

const ENDS = { blue: 25, green: 75 };

/** The strip above the cards: the address, and a line to each slot. */
export function strip(data, url) {
  return el(
    "div",
    { class: "traffic" },
    el("p", { class: "visitors" }, el("span", {}, "Visitors"), url && [" of ", link(url, host(url))], el("span", { class: "unseen" }, `: ${sentence(data)}`)),
    lines(data),
    data.maintenance && el("p", { class: "warned" }, "Maintenance: every visitor is answered with a page that says so (503)."),
  );
}

/** Who has the traffic, as one sentence. */
export function sentence(data) {
  if (data.maintenance) return "they see the maintenance page";
  if (!data.activeSlot) return "nothing is promoted yet, they see a page that says so";
  return `${data.activeSlot} has the traffic`;
}

function lines(data) {
  return drawn(
    "svg",
    { viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    Object.entries(ENDS).map(([slot, x]) => way(x, data.activeSlot === slot && !data.maintenance, slot)),
  );
}

function way(x, carries, slot) {
  const d = `M 50 0 V 10 H ${x} V 20`;
  return drawn("path", { d, class: carries ? `way carries ${slot}` : "way", "vector-effect": "non-scaling-stroke" });
}

function host(url) {
  return url.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
