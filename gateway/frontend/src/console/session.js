// A session that ended while somebody was writing: before a form is sent, the page asks whether it
// is still logged in; if not, the log-in opens over it (<div id="door">) and the send goes on
// afterwards. While nobody answers nothing is sent: the browser's own page would take the place of
// what was written. Without a script the server keeps the text as a draft instead.
import { openDialog } from "./dialogs.js";
import htmx from "./htmx-global.js";

const door = document.getElementById("door");
const unsent = document.querySelector("[data-unsent]");
const ENTERED = "ponte-entered";
/** Somebody is logged in again and nothing waited to be sent. */
export const BACK = "ponte:back";
// forms that are being asked about: the second click of a double click waits for the first
const asking = new WeakSet();
let waiting = null;
let checked = null;
// Whoever closed the dialog is not asked again for the sake of a file, until they send what it is for.
let declined = false;

/** For what a page does by itself: whether an answer says that the session is over. */
export function isOver(answer) {
  return answer.type === "opaqueredirect" || answer.status === 401;
}

/** True while the server knows us, null while nobody answers. */
async function isLive() {
  try {
    return !isOver(await fetch(door.dataset.check, { redirect: "manual", cache: "no-store" }));
  } catch {
    return null;
  }
}

const dialog = () => door.querySelector("dialog");

/** Opens the log-in unless it is open; `go` runs once somebody is logged in again. */
export async function ask(go = null) {
  waiting = go ?? waiting;
  if (dialog()?.open) return;
  const opener = document.activeElement;
  await htmx.ajax("GET", door.dataset.load, { target: "#door", swap: "innerHTML" });
  openDialog(dialog(), opener);
}

async function goOn() {
  if (!dialog()?.open || !(await isLive())) return;
  const go = waiting;
  dialog().close();
  door.replaceChildren();
  waiting = null;
  declined = false;
  if (go) go();
  else document.dispatchEvent(new Event(BACK));
}

if (door) {
  document.addEventListener(ENTERED, goOn);
  // What the log-in answers stays here: the dialog in #overlay may hold the form that waits.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.requestConfig.elt?.closest?.("#door")) return;
    event.detail.target = door;
    if ([422, 429].includes(event.detail.xhr.status)) event.detail.shouldSwap = true;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === door) openDialog(dialog());
  });
  // Not heard once somebody entered: the dialog is gone by then.
  door.addEventListener("close", () => {
    waiting = null;
    declined = true;
  }, true);
  // A file on its way found the session over.
  document.addEventListener("ponte:over", () => declined || ask());
  document.addEventListener("ponte:wanted", () => {
    declined = false;
  });
  addEventListener("online", () => {
    unsent.hidden = true;
  });
  // Somebody who entered in another tab goes on in this one.
  addEventListener("focus", goOn);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const ours = new URL(action, location).pathname.startsWith("/central/") && form.getAttribute("id") !== "sair";
    if (form.method !== "post" || !ours || form === checked || form.closest("#door")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking.has(form)) return;
    asking.add(form);
    unsent.hidden = true;
    const { submitter } = event;
    const send = () => {
      checked = form;
      form.requestSubmit(submitter?.isConnected ? submitter : undefined);
      checked = null;
    };
    isLive().then((live) => {
      asking.delete(form);
      if (live) send();
      else if (live === false) ask(send);
      else unsent.hidden = false;
    });
  }, true);
}
