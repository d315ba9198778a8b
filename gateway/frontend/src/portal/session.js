// A session that ended while somebody was writing: before a form with a draft is sent, the page asks
// whether its person is still logged in; if not, the log-in opens over it (<div id="door">) and the
// send goes on afterwards. Without a script the server keeps the form as a draft instead.
import { openDialog } from "../shared/dialog.js";
import { enhanceWithin } from "../shared/enhance.js";
import { release } from "../shared/submit.js";
import { stop } from "../shared/waiting.js";

const door = document.getElementById("door");
const OVER = "ponte:over";
// Somebody is logged in again.
const BACK = "ponte:back";
let checked = null;
let asking = false;
let opener = null;
let waiting = null;
// Whoever closed the dialog is not asked again by what the page does by itself, until they want to
// send something.
let refused = false;

const dialog = () => door.querySelector("dialog");

/** The status for the page's own person: 204, 401, 409; null while nobody answers. */
async function look() {
  const answer = await fetch(door.dataset.check, { cache: "no-store" }).catch(() => null);
  return answer && (answer.status === 401 || answer.status === 409 ? answer.status : 204);
}

async function open(go) {
  waiting = go ?? waiting;
  if (asking || dialog()?.open) return;
  asking = true;
  opener = document.activeElement;
  const answer = await fetch(door.dataset.load, { cache: "no-store" }).catch(() => null);
  asking = false;
  if (answer?.ok) show(await answer.text());
  else unanswered();
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("dialog");
  if (!fresh) return;
  const old = dialog();
  door.replaceChildren(fresh);
  enhanceWithin(fresh);
  openDialog(fresh, opener);
  fresh.querySelector("[aria-invalid]")?.focus();
  if (!old && !fresh.querySelector("[aria-invalid]")) {
    const empty = [...fresh.querySelectorAll("input:not([type=hidden])")].find(({ value }) => !value);
    empty?.focus();
  }
  fresh.addEventListener("close", () => {
    if (dialog() !== fresh) return;
    refused = true;
    unanswered(stop);
    door.replaceChildren();
  });
}

// The form stays as it is, to be sent again.
function unanswered(letGo = release) {
  waiting = null;
  for (const form of document.querySelectorAll("form[data-draft]")) letGo(form);
}

async function goOn() {
  if (!dialog()?.open || (await look()) !== 204) return;
  const go = waiting;
  const over = dialog();
  door.replaceChildren();
  over.dispatchEvent(new Event("close"));
  refused = false;
  document.dispatchEvent(new Event(BACK));
  if (go) go();
}

async function enter(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.set(submitter.name, submitter.value);
  form.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data) }).catch(() => null);
  form.removeAttribute("aria-busy");
  if (answer?.status === 204) return goOn();
  if (answer?.headers.get("content-type")?.startsWith("text/html")) return show(await answer.text());
  const word = door.querySelector("[data-no-line]");
  word.hidden = false;
}

if (door) {
  document.addEventListener(OVER, () => {
    if (!refused) open(null);
  });
  document.addEventListener("ponte:wanted", () => {
    refused = false;
  });
  // Somebody who entered in another tab goes on in this one.
  addEventListener("focus", goOn);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const { submitter } = event;
    if (form.closest("#door")) {
      // The device is asked first; the form comes again with what it said.
      if (form.matches("[data-passkey]") && !form.elements.answer.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (form.getAttribute("aria-busy") !== "true") enter(form, submitter);
      return;
    }
    if (!form.matches("form[data-draft]") || form === checked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const send = () => {
      form.removeAttribute("aria-busy");
      checked = form;
      form.requestSubmit(submitter?.isConnected ? submitter : undefined);
      checked = null;
    };
    look().then((status) => {
      if (status === 204) return send();
      if (status !== null) return open(send);
      release(form);
      const notice = form.querySelector("[data-offline]");
      notice.hidden = false;
      notice.focus();
    });
  }, true);
}
