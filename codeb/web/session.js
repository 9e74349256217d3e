// Whose page this is. The key is in this module's memory and nowhere else: a reload forgets it.

let key = null;
let who = null;

const CLIENT = "codeb-browser";
const SHAPE = /^codeb_[a-zA-Z0-9-]+_(owner|admin|member|viewer)_[a-zA-Z0-9_-]+$/;
const ROLES = ["viewer", "member", "admin", "owner"];

/** Whether a text looks like a key at all. */
export function wellFormed(text) {
  return SHAPE.test(text);
}

/** Begin with a key; `signedIn` follows once the server has said whose it is. */
export function begin(text) {
  key = text;
}

export function signedIn(record) {
  who = record;
}

/** Forget the key and whose it was. */
export function forget() {
  key = null;
  who = null;
}

export function isOpen() {
  return who !== null;
}

export function whoever() {
  return who;
}

/** Whether the key's role is enough; the server decides, this only says what is worth showing. */
export function may(role) {
  return who !== null && ROLES.indexOf(who.role) >= ROLES.indexOf(role);
}

/** What every request carries. */
export function headers(more = {}) {
  return { "X-API-Key": key ?? "", "X-Client": CLIENT, ...more };
}
