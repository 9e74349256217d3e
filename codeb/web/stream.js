// The event stream with the key in a header, which EventSource cannot send; it goes on where it was.

import { patience, refused } from "./api.js";
import { headers } from "./session.js";
import { reader } from "./sse.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const SILENCE = 75_000; // the server says something every 30 s

/**
 * Follow a project until the function that this returns is called.
 * `take(kind, data)` gets each event, `state(word)` "open" or "lost".
 */
export function follow(query, take, state) {
  const stop = new AbortController();
  run(new URLSearchParams(query).toString(), take, state, stop.signal);
  return () => stop.abort();
}

async function run(query, take, state, signal) {
  const place = { id: null, pause: FIRST_PAUSE };
  while (!signal.aborted) {
    try {
      if (!(await once(query, place, take, state, signal))) return;
    } catch {
      // a connection that broke is begun again below, from the last event that came
    }
    if (signal.aborted) return;
    state("lost");
    await pause(place.pause, signal);
    place.pause = Math.min(place.pause * 2, LONGEST_PAUSE);
  }
}

/** One connection, to its end; false where there is no sense in another one. */
async function once(query, place, take, state, signal) {
  const resumed = place.id ? { "Last-Event-ID": place.id } : {};
  const own = new AbortController();
  const end = () => own.abort();
  signal.addEventListener("abort", end);
  try {
    const answer = await fetch(`/api/logs/stream?${query}`, {
      headers: headers({ Accept: "text/event-stream", ...resumed }),
      credentials: "omit",
      cache: "no-store",
      signal: own.signal,
    });
    if (answer.status === 429) {
      await patience(answer);
      return true;
    }
    if (answer.status === 401) refused((await answer.json()).error);
    if (answer.status >= 400 && answer.status < 500) return false;
    if (!answer.ok) return true;
    place.pause = FIRST_PAUSE;
    state("open");
    await pump(answer.body, place, take, end);
    return true;
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

async function pump(body, place, take, end) {
  const read = reader((event) => {
    if (event.id !== undefined) place.id = event.id;
    if (event.data !== undefined) take(event.event ?? "message", JSON.parse(event.data));
  });
  const texts = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const silent = setTimeout(end, SILENCE);
    const { done, value } = await texts.read();
    clearTimeout(silent);
    if (done) return;
    read(value);
  }
}

function pause(ms, signal) {
  return new Promise((resume) => {
    const timer = setTimeout(resume, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resume()), { once: true });
  });
}
