// <span data-draft=URL data-turn=N data-word="… {time}" data-late="…">: what stands in the composer is
// saved two seconds after the last key, so that a closed page or an ended session loses nothing. The
// turn says after which sending this page was read: what was typed before a later one is refused,
// and what is typed here once that is known is saved again.
import { ask, BACK, isOver } from "./session.js";

const PAUSE = 2000;
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

const note = document.querySelector("[data-draft]");
const form = note?.closest("form");
const area = form?.querySelector("textarea");
let pause = 0;
let unsaved = false;
let last = Promise.resolve();

async function put() {
  const body = new URLSearchParams({ text: area.value, turn: note.dataset.turn });
  const headers = { "x-csrf-token": form.elements.csrf.value };
  unsaved = false;
  const asked = { method: "POST", headers, body, redirect: "manual", keepalive: true };
  const answer = await fetch(note.dataset.draft, asked).catch(() => null);
  if (answer?.ok) {
    note.textContent = area.value.trim() ? note.dataset.word.replace("{time}", clock.format(new Date())) : "";
  } else if (answer?.status === 409) {
    note.dataset.turn = (await answer.json()).turn;
    note.textContent = note.dataset.late;
  } else {
    unsaved = true;
    if (answer && isOver(answer)) ask();
  }
}

// One after the other: of two on their way the earlier could arrive last.
function save() {
  last = last.then(put);
}

function forget() {
  clearTimeout(pause);
  unsaved = false;
}

if (area) {
  area.addEventListener("input", () => {
    clearTimeout(pause);
    unsaved = true;
    pause = setTimeout(save, PAUSE);
  });
  document.addEventListener(BACK, save);
  // What is on its way as an answer is no draft any more.
  form.addEventListener("submit", () => clearTimeout(pause));
  // Giving up drops it: it must not come back as the page goes.
  document.addEventListener("submit", (event) => {
    if (event.target.querySelector("[name=drop]")) forget();
  });
  addEventListener("pagehide", () => {
    if (unsaved && form.getAttribute("aria-busy") !== "true") put();
  });
}
