// Dialogs of the console: opened by a command or by [data-dialog=ID].
import { openDialog as open } from "../shared/dialog.js";
import htmx from "./htmx-global.js";
import { showOver } from "./over.js";

export function openDialog(dialog, opener) {
  open(dialog, opener, showOver);
}

/** Fetches a fragment that holds one <dialog> into #overlay and opens it. */
export async function loadDialog(url, opener) {
  await htmx.ajax("GET", url, { target: "#overlay", swap: "innerHTML" });
  openDialog(document.querySelector("#overlay dialog"), opener);
}

// A form refused inside a dialog comes back as the dialog again: it must be opened again.
document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = event.detail.target?.closest?.("#overlay")?.querySelector("dialog:not([open])");
  if (dialog && event.detail.requestConfig?.verb !== "get") openDialog(dialog);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    openDialog(document.getElementById(opener.dataset.dialog), opener);
  }
});

// A skip link into a closed popover (the views on a narrow screen) opens it first.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.skip");
  const place = link && document.querySelector(link.hash);
  if (!place?.matches("[popover]") || getComputedStyle(place).display !== "none") return;
  event.preventDefault();
  place.showPopover();
  place.querySelector("a, button")?.focus();
});
