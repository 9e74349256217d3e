// The format of server-sent events, read from pieces of text that end anywhere.

/** Takes text in pieces, calls `take({event, data, id})` for each whole event. */
export function reader(take) {
  let rest = "";
  let event = {};
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) event = after(line.replace(/\r$/, ""), event, take);
  };
}

function after(line, event, take) {
  if (line === "") {
    if (event.data !== undefined || event.id !== undefined) take(event);
    return {};
  }
  const [name, value] = field(line);
  if (name === "data") return { ...event, data: event.data === undefined ? value : `${event.data}\n${value}` };
  return name === "event" || name === "id" ? { ...event, [name]: value } : event;
}

function field(line) {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
