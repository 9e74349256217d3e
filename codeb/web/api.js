// Calls of the API: failures are sentences, a full minute is waited for, a lost connection is said.

import { headers, isOpen } from "./session.js";

/** Tells of "refused" (the key is not accepted), "waiting" (seconds), "offline" and "online". */
export const events = new EventTarget();

const UNAUTHENTICATED = 401;
const TOO_MANY = 429;
const LONGEST_WAIT = 120;

/** What the API refused: its own sentence, its word for machines, and the facts. */
export class Failure extends Error {
  constructor(record, status) {
    super(record.error ?? `the server answered ${status}; try again, and look into its log if it goes on`);
    this.code = record.code ?? "unknown";
    this.record = record;
  }
}

/** Nobody answered. */
export class Offline extends Error {
  constructor(changes) {
    super(
      changes
        ? "The connection was lost before an answer came. It may have happened all the same: look at the slots before you try again."
        : "The server does not answer. This page goes on asking.",
    );
    this.code = "offline";
  }
}

/** Call a tool. Raises Failure or Offline. */
export function tool(name, params = {}, { changes = false } = {}) {
  return send("/api/tool", { method: "POST", body: JSON.stringify({ tool: name, params }), changes });
}

/** What the API says of itself and of the key. */
export function about() {
  return send("/api", {});
}

async function send(path, { method = "GET", body, changes = false }) {
  for (;;) {
    const answer = await asked(path, method, body, changes);
    if (answer.status === TOO_MANY) {
      await patience(answer); // refused before anything was done, so it is asked again
      continue;
    }
    const record = await read(answer, changes);
    if (answer.status === UNAUTHENTICATED) refused(record.error);
    if (!answer.ok || record.success === false) throw new Failure(record, answer.status);
    return record;
  }
}

async function asked(path, method, body, changes) {
  const more = body === undefined ? {} : { "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, { method, body, headers: headers(more), credentials: "omit", cache: "no-store" });
    tell("online");
    return answer;
  } catch {
    tell("offline");
    throw new Offline(changes);
  }
}

async function read(answer, changes) {
  try {
    return await answer.json();
  } catch {
    if (!answer.ok) return {};
    throw new Offline(changes);
  }
}

/** Wait as long as a 429 says. */
export async function patience(answer) {
  const seconds = Math.min(Number(answer.headers.get("Retry-After")) || 5, LONGEST_WAIT);
  tell("waiting", seconds);
  await new Promise((resume) => setTimeout(resume, seconds * 1000));
  tell("waited");
}

/** The key is accepted no more: the page goes back to its door. */
export function refused(sentence) {
  if (isOpen()) tell("refused", sentence ?? "This API key is not accepted any more.");
}

export function tell(kind, detail) {
  events.dispatchEvent(new CustomEvent(kind, { detail }));
}
