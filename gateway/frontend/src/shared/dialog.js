// Dialogs: closed by Esc, [data-close] or a click beside them. The focus goes back to where it came
// from, even when the opener was replaced.

const FIRST = "input:not([type=hidden], [type=file]), select, textarea, button.pri";

/** `show` shows it; the browser's own way unless told. */
export function openDialog(dialog, opener = document.activeElement, show = () => dialog.showModal()) {
  if (!dialog || dialog.open) return;
  const id = opener?.id;
  dialog.addEventListener("close", () => (opener?.isConnected ? opener : document.getElementById(id))?.focus(), { once: true });
  show(dialog);
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(FIRST);
  first?.focus();
}

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) {
    event.preventDefault();
    dialog.close();
  }
});
