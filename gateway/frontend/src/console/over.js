// Shows a dialog over the page without showModal(), which makes all of the page inert: of a list of
// 500 rows it styles and paints 16,000 elements anew, and that takes longer than opening may. What
// it does beyond that is done here: what lies around the dialog is hidden from screen readers (which
// no style depends on), a veil keeps the pointer from it, the focus stays inside, Esc asks to close.

const STOPS = ":is(a[href], button, input, select, textarea, summary, iframe, [tabindex]):not([tabindex='-1'])";
/** Above all else that is laid over the page; one opened later is above. */
const LEVEL = 70;

const shown = [];
let hidden = [];
let tabbed = 0;

export function showOver(dialog) {
  const veil = Object.assign(document.createElement("div"), { className: "veil" });
  // As a click on its ::backdrop would be: on the dialog itself.
  veil.addEventListener("click", () => dialog.click());
  veil.style.zIndex = dialog.style.zIndex = LEVEL + shown.length;
  dialog.before(veil);
  dialog.setAttribute("aria-modal", "true");
  dialog.show();
  shown.push(dialog);
  settle();
  // It may be closed, or go with the fragment that held it.
  const watch = new MutationObserver(() => {
    if (dialog.open && dialog.isConnected) return;
    watch.disconnect();
    veil.remove();
    shown.splice(shown.indexOf(dialog), 1);
    settle();
  });
  watch.observe(dialog, { attributeFilter: ["open"] });
  watch.observe(dialog.parentElement, { childList: true });
}

function topmost() {
  return shown.filter((dialog) => dialog.open && dialog.isConnected).pop();
}

function settle() {
  for (const element of hidden) element.removeAttribute("aria-hidden");
  hidden = around(topmost());
  for (const element of hidden) element.setAttribute("aria-hidden", "true");
}

function around(dialog) {
  const found = [];
  for (let part = dialog; part && part !== document.body; part = part.parentElement) {
    // What is said over the dialog is said to everybody.
    const others = [...part.parentElement.children].filter((other) => other !== part && !other.matches("[aria-hidden], [role=alert]"));
    found.push(...others);
  }
  return found;
}

addEventListener("keydown", (event) => {
  tabbed = event.key !== "Tab" ? 0 : event.shiftKey ? -1 : 1;
}, true);

// Before the list hears of it: a row that has the focus becomes the current one.
addEventListener("focusin", (event) => {
  const dialog = topmost();
  if (!dialog || dialog.contains(event.target)) return;
  event.stopImmediatePropagation();
  if (tabbed === 0 && dialog.contains(event.relatedTarget)) event.relatedTarget.focus();
  else enter(dialog);
}, true);

// In the direction of the last Tab.
function stops(dialog) {
  const found = [...dialog.querySelectorAll(STOPS)].filter((stop) => !stop.disabled && stop.getClientRects().length > 0);
  return tabbed < 0 ? found.reverse() : found;
}

function enter(dialog) {
  for (const stop of stops(dialog)) {
    stop.focus();
    if (document.activeElement === stop) return;
  }
}

// On the window: whoever has a use of its own for the key has had it by then.
addEventListener("keydown", (event) => {
  const dialog = topmost();
  if (!dialog || event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
  } else if (event.key === "Tab" && document.activeElement === stops(dialog).pop()) {
    event.preventDefault();
    enter(dialog);
  }
});
