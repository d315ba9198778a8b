// Dialogs: opened by a command or by [data-dialog=ID], closed by Esc, [data-close] or a click
// beside them. The focus goes back to where it came from, even when the opener was replaced.
import htmx from "./htmx-global.js";

const FIRST = "input:not([type=hidden], [type=file]), select, textarea, button.pri";

export function openDialog(dialog, opener = document.activeElement) {
  if (!dialog || dialog.open) return;
  const id = opener?.id;
  dialog.addEventListener("close", () => (opener?.isConnected ? opener : document.getElementById(id))?.focus(), { once: true });
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(FIRST);
  first?.focus();
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
    return;
  }
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) {
    event.preventDefault();
    dialog.close();
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
