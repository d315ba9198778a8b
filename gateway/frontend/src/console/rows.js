// Lists moved through by key: [data-rows] holds [data-number] elements, each with a link or a
// data-url, and perhaps a check box. The current one has class "cur", tabindex 0 and the focus.

const KEPT = "ponte:row";

export function rows() {
  return [...document.querySelectorAll("[data-rows] [data-number]")];
}

export function current() {
  return rows().find((row) => row.classList.contains("cur")) ?? null;
}

/** The ticket a command acts on: the current row's, else the open one's. */
export function target() {
  return current()?.dataset.number ?? document.querySelector("main[data-number]")?.dataset.number ?? null;
}

export function selected() {
  const boxes = document.querySelectorAll("[data-rows] input[type=checkbox][name=number]:checked");
  return [...boxes].map((box) => box.value);
}

export function make(row, { focus = true } = {}) {
  for (const other of rows()) {
    other.classList.toggle("cur", other === row);
    other.tabIndex = other === row ? 0 : -1;
  }
  sessionStorage.setItem(KEPT, row.dataset.number);
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

export function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(current());
  make(all[Math.max(0, Math.min(all.length - 1, at + step))]);
}

export function open(row = current()) {
  const url = row?.dataset.url ?? row?.querySelector("a[href]")?.href;
  if (url) location.assign(url);
}

let anchor = null;

export function select({ range = false } = {}) {
  const row = current();
  const box = row?.querySelector("input[type=checkbox][name=number]");
  if (!box) return;
  box.checked = !box.checked;
  if (range && anchor) span(anchor, row, box.checked);
  anchor = row;
  mark();
}

function span(from, to, checked) {
  const all = rows();
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y);
  for (const row of all.slice(a, b + 1)) {
    const box = row.querySelector("input[type=checkbox][name=number]");
    if (box) box.checked = checked;
  }
}

function mark() {
  for (const row of rows()) {
    const box = row.querySelector("input[type=checkbox][name=number]");
    // An item of a plain list has no such state; its check box says it.
    if (box && row.matches("tr")) row.setAttribute("aria-selected", String(box.checked));
  }
  const count = selected().length;
  for (const element of document.querySelectorAll("[data-selected]")) {
    element.hidden = count === 0;
    const word = element.querySelector("[data-word]");
    const words = count === 1 ? element.dataset.one : element.dataset.many;
    if (word && words) word.textContent = words.replace("{n}", count);
  }
  for (const element of document.querySelectorAll("[data-unselected]")) element.hidden = count > 0;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const row of rows()) {
      const box = row.querySelector("input[type=checkbox][name=number]");
      if (box) box.checked = event.target.checked;
    }
    mark();
  } else if (event.target.matches("[data-rows] input[type=checkbox][name=number]")) {
    mark();
  }
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] [data-number]");
  if (!row || event.defaultPrevented) return;
  const box = event.target.closest("input[type=checkbox][name=number]");
  if (box) {
    if (event.shiftKey && anchor) span(anchor, row, box.checked);
    anchor = row;
    make(row, { focus: false });
    mark();
  } else if (!event.target.closest("a, button, label, summary, select")) {
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
  if (current() || !number) return;
  const row = rows().find((row) => row.dataset.number === number);
  if (row) make(row, { focus: document.activeElement === document.body });
  mark();
}

// Back from a ticket: the list stands at the row it was left from.
const kept = sessionStorage.getItem(KEPT);
const row = rows().find((row) => row.dataset.number === kept) ?? rows()[0];
if (row) make(row, { focus: row.dataset.number === kept && document.activeElement === document.body });
mark();
