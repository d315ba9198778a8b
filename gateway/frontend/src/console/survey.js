// <a href data-load>: a form that opens as a dialog; without a script it is a page of its own.
// [data-scale]: a digit chooses the mark of that number.
// form[data-unsaved]: what was filled in is asked about before it goes (data-unsaved-note, with
// [data-keep] and [data-discard]).
import { loadDialog } from "./dialogs.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-load]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  loadDialog(link.getAttribute("href"), document.querySelector("[data-command=survey]") ?? link);
});

document.addEventListener("keydown", (event) => {
  const scale = event.target.closest?.("[data-scale]");
  if (!scale || !/^[0-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const mark = scale.querySelector(`input[value="${event.key}"]`);
  if (!mark) return;
  event.preventDefault();
  mark.focus();
  mark.click();
});

const changed = new WeakSet();
const waiting = () => [...document.querySelectorAll("form[data-unsaved]")].find((form) => changed.has(form));

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-unsaved]");
  if (form) changed.add(form);
});

function hold(event, dialog) {
  const form = dialog?.querySelector("form[data-unsaved]");
  if (!form || !changed.has(form)) return;
  event.preventDefault();
  event.stopPropagation();
  const note = form.querySelector("[data-unsaved-note]");
  note.hidden = false;
  note.querySelector("[data-keep]").focus();
}

// Before the dialog's own handlers hear of it.
document.addEventListener("cancel", (event) => hold(event, event.target), true);
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) hold(event, dialog);
}, true);

document.addEventListener("click", (event) => {
  const form = event.target.closest("form[data-unsaved]");
  if (!form) return;
  if (event.target.closest("[data-keep]")) {
    form.querySelector("[data-unsaved-note]").hidden = true;
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  } else if (event.target.closest("[data-discard]")) {
    changed.delete(form);
    form.closest("dialog")?.close();
  }
});

document.addEventListener("submit", (event) => changed.delete(event.target));
addEventListener("beforeunload", (event) => {
  if (waiting()) event.preventDefault();
});
