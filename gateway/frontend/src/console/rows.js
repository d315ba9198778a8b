// Lists moved through by key: [data-rows] holds [data-number] elements, each with a link or a
// data-url, and perhaps a check box. The current one has class "cur", tabindex 0 and the focus.
// What is chosen is remembered here, so that a row that is replaced stays chosen; "rows" on the
// document tells that what is current or chosen changed, "rows:end" that the list was moved past.

const KEPT = "ponte:row";
const CHOSEN = "ponte:chosen";
const SCROLLED = "ponte:scroll";
const BOX = "input[type=checkbox][name=number]";
const ABOVE = "[data-select-all], [data-selected], [data-unselected], [data-choose-all], [data-choose-most], [data-clear]";
const numbers = new Intl.NumberFormat("pt-BR");

const chosen = new Set();
let everything = false;
let anchor = null;
// Known, not looked for: a list of 500 rows is 15,000 elements to search at each key.
let at = null;
let order = [];

export function rows() {
  return [...document.querySelectorAll("[data-rows] [data-number]")];
}

export function current() {
  if (!at?.isConnected) at = document.querySelector("[data-rows] [data-number].cur");
  return at;
}

/** The ticket a command acts on: the current row's, else the open one's. */
export function target() {
  return current()?.dataset.number ?? document.querySelector("main[data-number]")?.dataset.number ?? null;
}

/** Numbers, in the order of the list, as last shown. */
export function selected() {
  return order;
}

/** The chosen tickets as the agent sees them: "1042.7" is ticket 1042 at version 7. */
export function items() {
  return rows()
    .filter((row) => chosen.has(row.dataset.number))
    .map((row) => `${row.dataset.number}.${row.dataset.version}`);
}

/** Where in the events the list was read, when all that it shows is chosen; else null. */
export function all() {
  return everything ? document.querySelector("[data-rows]").dataset.seen : null;
}

export function make(row, { focus = true } = {}) {
  // Only the two rows that change: a long list is not styled anew for each step.
  const before = current();
  if (before && before !== row) {
    before.classList.remove("cur");
    before.tabIndex = -1;
  }
  row.classList.add("cur");
  row.tabIndex = 0;
  at = row;
  sessionStorage.setItem(KEPT, row.dataset.number);
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  changed();
}

export function move(step) {
  const from = current();
  const to = from ? beside(from, step) : rows()[0];
  if (from && !to && step > 0) document.dispatchEvent(new Event("rows:end"));
  if (to ?? from) make(to ?? from);
}

function beside(row, step) {
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  return next?.dataset.number ? next : null;
}

export function open(row = current()) {
  const url = row?.dataset.url ?? row?.querySelector("a[href]")?.href;
  if (url) location.assign(url);
}

export function select({ range = false } = {}) {
  const row = current();
  if (!row?.querySelector(BOX)) return;
  const on = range || !chosen.has(row.dataset.number);
  choose(range && anchor?.isConnected ? span(anchor, row) : [row], on);
  anchor = row;
}

export function selectPage() {
  choose(rows(), true);
}

export function selectNone() {
  choose(rows(), false);
}

/** All that the list shows, beyond the page. */
export function selectAll() {
  if (!document.querySelector("[data-choose-all]")) return selectPage();
  choose(rows(), true);
  everything = true;
  mark();
}

function choose(some, on) {
  everything = false;
  for (const row of some) {
    if (on) chosen.add(row.dataset.number);
    else chosen.delete(row.dataset.number);
    draw(row);
  }
  tell();
}

function span(from, to) {
  const known = rows();
  const [a, b] = [known.indexOf(from), known.indexOf(to)].sort((x, y) => x - y);
  return known.slice(Math.max(0, a), b + 1);
}

/** Show what is chosen: boxes, rows and the words above the list. */
export function mark() {
  for (const row of rows()) draw(row);
  tell();
}

function draw(row) {
  const box = row.querySelector(BOX);
  if (!box) return;
  const on = chosen.has(row.dataset.number);
  if (box.checked !== on) box.checked = on;
  // An item of a plain list has no such state; its check box says it.
  if (row.matches("tr") && row.getAttribute("aria-selected") !== String(on)) row.setAttribute("aria-selected", String(on));
}

function tell() {
  const known = rows();
  order = known.map((row) => row.dataset.number).filter((number) => chosen.has(number));
  const count = order.length;
  for (const element of document.querySelectorAll(ABOVE)) {
    const { selectAll, selected: counts, unselected, chooseAll } = element.dataset;
    if (selectAll !== undefined) {
      element.checked = count > 0 && count === known.length;
      element.indeterminate = count > 0 && count < known.length;
    } else if (unselected !== undefined) {
      element.hidden = count > 0;
    } else {
      element.hidden = count === 0 || (chooseAll !== undefined && everything);
      if (counts !== undefined) say(element, count);
    }
  }
  changed();
}

function say(element, count) {
  const { one, many, all: whole } = element.dataset;
  const total = Number(document.querySelector("[data-rows]")?.dataset.total);
  const words = everything ? whole : count === 1 ? one : many;
  const word = element.querySelector("[data-word]");
  if (word && words) word.textContent = words.replace("{n}", numbers.format(everything ? total : count));
}

function changed() {
  document.dispatchEvent(new Event("rows"));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) choose(rows(), event.target.checked);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-choose-all]")) selectAll();
  const row = event.target.closest("[data-rows] [data-number]");
  if (!row || event.defaultPrevented) return;
  const box = event.target.closest(BOX);
  if (box) {
    choose(event.shiftKey && anchor?.isConnected ? span(anchor, row) : [row], box.checked);
    anchor = row;
    make(row, { focus: false });
  } else if (!event.target.closest("a, button, label, summary, select, input")) {
    if (event.detail === 2) open(row);
    else make(row);
  }
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-rows] [data-number]");
  if (row && row !== current()) make(row, { focus: false });
});

/** After a part of the list was replaced, the row that was current is so again. */
export function focusKept() {
  const number = sessionStorage.getItem(KEPT);
  const row = rows().find((row) => row.dataset.number === number);
  if (row && !current()) make(row, { focus: document.activeElement === document.body });
  mark();
}

/** For the next time this very list is drawn. */
export function keepChosen() {
  sessionStorage.setItem(CHOSEN, JSON.stringify([address(), selected()]));
}

function address() {
  return location.pathname + location.search;
}

// Back from a ticket: the list stands where it was left, at the row it was left from.
const scroller = document.querySelector("[data-keep-scroll]");
addEventListener("pagehide", () => {
  if (scroller) sessionStorage.setItem(SCROLLED, JSON.stringify([address(), scroller.scrollTop, scroller.scrollLeft]));
});

function restore() {
  const [url, top, left] = JSON.parse(sessionStorage.getItem(SCROLLED) ?? "[]");
  if (scroller && url === address()) scroller.scrollTo({ top, left, behavior: "instant" });
  const [list, kept] = JSON.parse(sessionStorage.getItem(CHOSEN) ?? "[]");
  sessionStorage.removeItem(CHOSEN);
  if (list === address()) for (const number of kept) chosen.add(number);
}

restore();
const kept = sessionStorage.getItem(KEPT);
const row = rows().find((row) => row.dataset.number === kept) ?? rows()[0];
if (row) make(row, { focus: row.dataset.number === kept && document.activeElement === document.body });
mark();
