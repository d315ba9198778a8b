// Who else is at a ticket: in its head, and as a mark in each row and link that shows it. The words
// stand on [data-live~=presence] with {who}.
import { icon } from "./icon.js";

const words = document.querySelector("[data-live~=presence]")?.dataset;
let last = null;

/** `here`: by ticket number a list of [name, writing]. */
export function show(here) {
  last = here;
  for (const head of document.querySelectorAll("[data-here]")) {
    const people = here[head.dataset.number] ?? [];
    head.hidden = people.length === 0;
    const word = head.querySelector("[data-here-word]");
    if (word.textContent !== said(people)) word.textContent = said(people);
  }
  for (const mark of document.querySelectorAll(".here-mark")) {
    if (!here[mark.closest("[data-number]")?.dataset.number]) mark.remove();
  }
  for (const [number, people] of Object.entries(here)) {
    for (const row of document.querySelectorAll(`[data-rows] [data-number="${Number(number)}"]`)) put(row, people);
  }
}

function said(people) {
  return people.map(([who, writing]) => (writing ? words.writes : words.sees).replace("{who}", who)).join(" · ");
}

function put(row, people) {
  const cell = row.querySelector("th") ?? row.querySelector("a") ?? row;
  const mark = cell.querySelector(".here-mark") ?? cell.appendChild(document.createElement("span"));
  const text = said(people);
  if (mark.title === text) return;
  mark.className = "here-mark";
  mark.title = text;
  const word = Object.assign(document.createElement("span"), { className: "sr", textContent: ` ${text}` });
  mark.replaceChildren(icon(people.some(([, writing]) => writing) ? "pen" : "eye"), word);
}

// A row or the head that was fetched again knows only what the server knew then.
document.addEventListener("htmx:afterSettle", () => {
  if (last) show(last);
});
