// Words for moments, durations and versions.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A moment in the reader's own time zone; its exact value is the title. */
export function moment(iso) {
  if (!iso) return null;
  const node = document.createElement("time");
  node.dateTime = iso;
  node.title = iso;
  node.textContent = new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return node;
}

/** How long ago, in one unit. */
export function ago(iso, now = Date.now()) {
  if (!iso) return null;
  const node = document.createElement("time");
  node.dateTime = iso;
  node.title = new Date(iso).toLocaleString();
  const past = Math.max(0, now - Date.parse(iso));
  node.textContent = past < MINUTE ? "just now" : `${largest(past)} ago`;
  return node;
}

function largest(past) {
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h`;
  return `${Math.floor(past / DAY)} days`;
}

/** What is left, to the second: "47 h 59 min 12 s". */
export function left(until, now = Date.now()) {
  const rest = Date.parse(until) - now;
  if (rest <= 0) return "over";
  const seconds = Math.floor(rest / SECOND);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const parts = [hours && `${hours} h`, (hours || minutes) && `${minutes} min`, `${seconds % 60} s`];
  return parts.filter(Boolean).join(" ");
}

/** Milliseconds as people say them. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  return `${Math.floor(ms / MINUTE)} min ${Math.round((ms % MINUTE) / SECOND)} s`;
}

/** "health_check" as "health check". */
export function words(name) {
  return String(name).replaceAll("_", " ");
}

/** A first capital letter. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
