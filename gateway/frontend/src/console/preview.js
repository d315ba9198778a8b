// <a href data-preview=URL>: an attachment looked at in a dialog; without a script it is downloaded.
import { loadDialog } from "./dialogs.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-preview]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  loadDialog(link.dataset.preview, link);
});
