// What was asked of the platform, by whom, and how it ended; in pages.

import { tool } from "./api.js";
import { button, el, replace, table } from "./dom.js";
import { duration, moment } from "./format.js";
import { trouble } from "./notices.js";

const LIMIT = 50;
const HEADS = ["When", "Tool", "Project", "Key", "Through", "Ended", "Took"];
const ENDS = { "": "every call", true: "done", false: "refused" };

/** Show the newest page; older ones on request. Returns what ends it. */
export function audit(main) {
  document.title = "Audit · CodeB";
  const project = el("input", { id: "audit-project", type: "search", autocomplete: "off" });
  const name = el("input", { id: "audit-tool", type: "search", autocomplete: "off" });
  const ended = el("select", { id: "audit-ended" }, Object.entries(ENDS).map(([value, text]) => el("option", { value }, text)));
  const place = el("div", {});
  const more = el("div", { class: "acts" });
  const look = () => {
    const wanted = { limit: LIMIT };
    if (project.value.trim()) wanted.projectName = project.value.trim();
    if (name.value.trim()) wanted.tool = name.value.trim();
    if (ended.value) wanted.success = ended.value === "true";
    return page(place, more, wanted, []);
  };
  const ask = button("Show", look, { class: "primary" });
  const form = el(
    "form",
    { class: "filters", role: "search", "aria-label": "Audit", submit: (event) => (event.preventDefault(), ask.click()) },
    field("Project", project),
    field("Tool", name),
    field("Ended", ended),
    ask,
  );
  replace(main, el("div", { class: "heading" }, el("h1", { tabindex: "-1" }, "Audit")), form, place, more);
  look();
  return () => {};
}

async function page(place, more, wanted, before) {
  try {
    const found = await tool("audit_list", wanted);
    const all = [...before, ...found.entries];
    replace(place, all.length ? table("Calls of tools", HEADS, all.map(row)) : el("p", {}, "There is no such call."));
    const older = () => page(place, more, { ...wanted, after: found.nextCursor }, all);
    replace(more, found.nextCursor && button("Older calls", older, { "data-focus": "older-calls" }));
  } catch (error) {
    replace(more);
    replace(place, trouble(error));
  }
}

function row(each) {
  return [
    moment(each.timestamp),
    el("code", {}, each.action),
    each.resourceId ?? "",
    el("span", { title: `role ${each.role}` }, each.userId),
    each.source,
    each.success ? "done" : el("span", { class: "failed" }, `refused: ${each.error}`),
    duration(each.duration),
  ];
}

function field(label, input) {
  return el("div", {}, el("label", { for: input.id }, label), input);
}
