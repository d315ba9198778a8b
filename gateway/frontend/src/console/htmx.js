// What htmx may do is set in the page (<meta name="htmx-config">): no eval, no style element of its
// own.
import "./htmx-global.js";
import { focusKept } from "./rows.js";

// A refused form (422) is a page to show, not an error to swallow.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  if (status === 422 || status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("htmx:afterSettle", focusKept);
