// Names of an environment's variables and their versions. No value comes to this page, masked or not.

import { tool } from "./api.js";
import { button, el, replace, table } from "./dom.js";
import { moment } from "./format.js";
import { trouble } from "./notices.js";

const HEADS = ["Version", "Stored", "By", "Added", "Changed", "Removed", "Names"];
const LIMIT = 20;

/** Show names and versions. Returns what ends it. */
export function variables(content, place) {
  const where = { projectName: place.project, environment: place.environment };
  const names = el("section", { "aria-labelledby": "names" }, title("names", "Variables"));
  const versions = el("section", { "aria-labelledby": "versions" }, title("versions", "Versions"));
  replace(content, names, versions);
  showNames(names, where);
  showVersions(versions, where, []);
  return () => {};
}

function title(id, text) {
  return el("h2", { id }, text);
}

async function showNames(section, where) {
  const heading = title("names", "Variables");
  try {
    const found = await tool("env_scan", where);
    const list = found.names.map((name) => el("li", {}, el("code", {}, name), el("span", { class: "faint" }, "value is not shown")));
    replace(
      section,
      heading,
      el("p", { class: "faint" }, found.version ? `Version ${found.version}. The next deploy runs with it.` : "None is stored."),
      list.length > 0 && el("ul", { class: "names" }, list),
    );
  } catch (error) {
    replace(section, heading, trouble(error));
  }
}

async function showVersions(section, where, before, following = undefined) {
  const heading = title("versions", "Versions");
  try {
    const found = await tool("env_history", { ...where, limit: LIMIT, ...(following && { before: following }) });
    const all = [...before, ...found.versions];
    const more = found.nextBefore && button("Older versions", () => showVersions(section, where, all, found.nextBefore), { "data-focus": "older" });
    replace(section, heading, all.length ? table("Versions of the variables", HEADS, all.map(row)) : el("p", {}, "There are none."), more);
  } catch (error) {
    replace(section, heading, trouble(error));
  }
}

function row(each) {
  const names = each.names ?? { set: [], updated: [], removed: [] };
  const from = each.restoredFrom ? ` (of version ${each.restoredFrom})` : "";
  const named = (list) => el("code", {}, list.join(", "));
  return [`${each.version}${from}`, moment(each.createdAt), each.createdBy, named(names.set), named(names.updated), named(names.removed), each.keys ?? "cannot be read"];
}
