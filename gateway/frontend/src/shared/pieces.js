// Sends one file in pieces, which goes on after whatever broke: the line, the server, the page, the
// session. The server says how far the file came; what it has is not sent again.
//
// send(file, to, tell): to = {url, csrf, fields}; tell has progress(octets), state(word) with word
// one of sending, checking, offline, again, over, done(token) and refused(sentence or null).

const PAUSES = [1000, 2000, 5000, 10000];
// What the browser knows of the line, and what else ends a pause before its time
const LINE = ["online", "offline"];
const WAKES = [...LINE, "ponte:back", "ponte:wanted"];
// A request that long without an answer is lost, in milliseconds
const PATIENCE = 60_000;

class Refusal extends Error {}
class Failure extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

export function send(file, to, tell) {
  let request = null;
  let here = null;
  let stopped = false;
  let failures = 0;
  let wake = () => {};

  const ask = (method, url, body, headers = {}) => new Promise((resolve, reject) => {
    request = new XMLHttpRequest();
    request.open(method, url);
    request.timeout = PATIENCE;
    request.setRequestHeader("x-csrf-token", to.csrf);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (body instanceof Blob) {
      const { offset } = here;
      request.upload.addEventListener("progress", (event) => tell.progress(offset + Math.min(event.loaded, body.size)));
      if (offset + body.size === file.size) request.upload.addEventListener("load", () => tell.state("checking"));
    }
    request.addEventListener("load", ({ target }) => {
      const said = read(target);
      if (target.status < 300 && !said && target.status !== 204) reject(new Failure(401)); // led to the log-in
      else if (target.status < 300) resolve(said);
      else reject(said?.problem ? new Refusal(said.problem) : new Failure(target.status));
    });
    for (const name of ["error", "abort", "timeout"]) {
      request.addEventListener(name, () => reject(new Failure(0)));
    }
    request.send(body);
  });

  const begin = async () => {
    const fields = { ...to.fields, name: file.name, type: file.type, size: file.size, mark: file.lastModified };
    const form = new URLSearchParams(fields);
    const found = await ask("POST", to.url, form);
    if (found.offset === 0 || found.kept || await isBeginning(found)) return found;
    await ask("POST", `${to.url}/${found.id}/remover`);
    return ask("POST", to.url, form);
  };

  // The same name, size and time are no proof: what is there is compared with the file.
  const isBeginning = async ({ pieces, piece }) => {
    for (const [at, sha256] of pieces.entries()) {
      const found = await digest(file.slice(at * piece, (at + 1) * piece));
      if (found && hex(found) !== sha256) return false;
    }
    return true;
  };

  const go = async () => {
    const data = file.slice(here.offset, here.offset + here.piece);
    const found = await digest(data);
    const headers = { "content-type": "application/octet-stream" };
    if (found) headers["content-digest"] = `sha-256=:${btoa(String.fromCharCode(...found))}:`;
    return ask("POST", `${to.url}/${here.id}?desde=${here.offset}`, data, headers);
  };

  const pause = (milliseconds) => new Promise((resolve) => {
    const timer = setTimeout(() => wake(), milliseconds);
    wake = () => {
      clearTimeout(timer);
      for (const name of WAKES) removeEventListener(name, wake, true);
      resolve();
    };
    for (const name of WAKES) addEventListener(name, wake, true);
  });

  // What was on its way when the line went or came back may never hear of it. This comes before the
  // end of the pause, also captured: what is asked then is not to be given up at once.
  const nudge = () => {
    failures = 0;
    request?.abort();
  };
  const watch = (change) => {
    for (const name of LINE) change(name, nudge, true);
  };

  const run = async () => {
    let unsure = false;
    while (!stopped) {
      try {
        here ??= await begin();
        if (unsure) here = await ask("GET", `${to.url}/${here.id}`);
        unsure = false;
        tell.progress(here.offset);
        if (here.kept) return tell.done(here.kept);
        tell.state("sending");
        here = await go();
        failures = 0;
      } catch (error) {
        if (stopped) return;
        if (error instanceof Refusal) return tell.refused(error.message);
        const { status } = error;
        // The file itself is gone (no status), is too big after all, or too many came today.
        if (status === undefined || status === 413 || status === 429) return tell.refused(null);
        if (status === 403 && failures > PAUSES.length) return tell.refused(null);
        if (status === 404) here = null;
        else unsure = here !== null;
        if (status === 401) {
          tell.state("over");
          document.dispatchEvent(new Event("ponte:over"));
        } else {
          tell.state(navigator.onLine ? "again" : "offline");
        }
        await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
        failures += 1;
      }
    }
  };

  watch(addEventListener);
  run().finally(() => watch(removeEventListener));
  return function cancel() {
    stopped = true;
    request?.abort();
    wake();
    if (here) ask("POST", `${to.url}/${here.id}/remover`).catch(() => {}); // forgotten after a day
  };
}

// null for what is no data: a page, or nothing
function read(answer) {
  if (!answer.getResponseHeader("content-type")?.includes("json")) return null;
  try {
    return JSON.parse(answer.responseText);
  } catch {
    return null;
  }
}

// null where the browser has no such means: on an address that is not https
async function digest(blob) {
  if (!crypto.subtle) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
}

function hex(octets) {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}
