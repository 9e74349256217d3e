// Where one is, as the address after "#": projects and pages, never anything secret.

const VIEWS = ["slots", "history", "variables"];

/** The place that an address names; what it does not know leads home. */
export function placeOf(hash) {
  const [kind, ...parts] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (kind === "p" && parts.length >= 2) {
    const [project, environment, view = "slots", item = null] = parts;
    if (VIEWS.includes(view)) return { kind: "project", project, environment, view, item };
  }
  if (kind === "audit" || kind === "confirm") return { kind };
  return { kind: "home" };
}

/** The address of a page of an environment. */
export function to(project, environment, view = "slots", item = null) {
  const parts = ["p", project, environment, ...(view === "slots" ? [] : [view]), ...(item ? [item] : [])];
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Call `arrive(place)` now and whenever the address changes; returns what ends it. */
export function route(arrive) {
  const look = () => arrive(placeOf(location.hash));
  window.addEventListener("hashchange", look);
  look();
  return () => window.removeEventListener("hashchange", look);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
