// A form that is sent while files of it are still on their way waits for them and then goes by
// itself; [data-waiting] in it says so. When one of them was refused it stays, to be looked at.
// "ponte:wanted" tells whatever stopped that somebody is waiting for it now.
import { release } from "./submit.js";

const open = new WeakMap();
const waiting = new WeakMap();

export function expect(form, file) {
  if (!open.has(form)) open.set(form, new Set());
  open.get(form).add(file);
}

/** `refused`: what to go to instead of sending. */
export function settled(form, file, refused = null) {
  if (!open.get(form)?.delete(file)) return;
  const go = waiting.get(form);
  if (!go) return;
  if (refused) {
    stop(form);
    refused.focus();
  } else if (open.get(form).size === 0) {
    stop(form);
    go();
  }
}

/** It is not sent by itself any more. */
export function stop(form) {
  waiting.delete(form);
  release(form);
  show(form, false);
}

function show(form, shown) {
  const note = form.querySelector("[data-waiting]");
  if (note) note.hidden = !shown;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const { submitter } = event;
  // Buttons that send nothing (formnovalidate) do not wait: one of them may take a file out.
  if (!open.get(form)?.size || submitter?.formNoValidate) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.setAttribute("aria-busy", "true");
  waiting.set(form, () => form.requestSubmit(submitter?.isConnected ? submitter : undefined));
  show(form, true);
  document.dispatchEvent(new Event("ponte:wanted"));
}, true);
