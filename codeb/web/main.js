// The page: a door, and behind it the frame with whatever the address says.

import { events } from "./api.js";
import { audit } from "./audit.js";
import { confirmation } from "./confirm.js";
import { el, replace } from "./dom.js";
import { frame, mark } from "./frame.js";
import { listen } from "./notices.js";
import { project } from "./project.js";
import { projects } from "./projects.js";
import { route, to } from "./router.js";
import { forget } from "./session.js";
import { door } from "./signin.js";
import { runCountdowns } from "./ticking.js";

const root = document.getElementById("app");
let leave = null;

function outside(why = null) {
  leave?.();
  leave = null;
  forget();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  door(root, inside, why);
}

function inside() {
  const { list, main, side } = frame(root, () => outside());
  let [lines, place, end, drawn] = [null, null, () => {}, ""];

  function show(moved) {
    if (!lines || !place) return;
    const names = namesOf(lines, place);
    const now = JSON.stringify([place, names]);
    if (now === drawn) return;
    drawn = now;
    end();
    end = view(main, place, names, lines);
    mark(side, location.hash);
    if (moved) main.querySelector("h1")?.focus({ preventScroll: true });
  }

  const listed = projects(list, side, (newest) => {
    const first = lines === null;
    lines = newest;
    show(first);
  });
  const ends = [runCountdowns(), listed.stop, route((wanted) => ((place = wanted), show(true))), () => end()];
  leave = () => ends.forEach((each) => each());
}

/** What a page shows of the list: the environments of its project, or the first place to go to. */
function namesOf(lines, place) {
  if (place.kind === "home") return lines.slice(0, 1).map((line) => [line.projectName, line.environment]);
  return lines.filter((line) => line.projectName === place.project).map((line) => line.environment);
}

function view(main, place, names, lines) {
  if (place.kind === "audit") return audit(main);
  if (place.kind === "confirm") return confirmation(main);
  if (place.kind === "project") return project(main, place, names);
  return home(main, lines);
}

function home(main, lines) {
  document.title = "CodeB";
  const [first] = lines;
  const text = first ? "Choose a project on the left." : "This key sees no project yet. Make one with we init.";
  replace(main, el("div", { class: "heading" }, el("h1", { tabindex: "-1" }, "Projects")), el("p", {}, text));
  if (first) location.replace(to(first.projectName, first.environment));
  return () => {};
}

listen();
events.addEventListener("refused", ({ detail }) => outside(`${detail} Sign in with another key.`));
outside();
