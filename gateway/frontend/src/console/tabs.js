// [role=tablist]: arrows, Home and End move, F2 goes on to the next; a tab may load its panel by
// htmx (hx-get, hx-trigger="show once").
import htmx from "./htmx-global.js";

function show(tab, { focus = true } = {}) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !on;
  }
  if (focus) tab.focus();
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  htmx.trigger(tab, "show");
}

export function nextTab() {
  const list = document.querySelector("[role=tablist]");
  if (!list) return;
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  show(tabs[(at + 1) % tabs.length]);
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tablist] [role=tab]");
  if (!tab) return;
  event.preventDefault(); // without a script a tab is a link
  show(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest("[role=tablist] [role=tab]");
  if (!tab) return;
  const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const at = tabs.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(tabs[(to + tabs.length) % tabs.length]);
});
