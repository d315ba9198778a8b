// <span data-draft=URL data-word="… {time}">: what stands in the composer is saved two seconds after
// the last key, so that a closed page or an ended session loses nothing.
import { ask, BACK, isOver } from "./session.js";

const PAUSE = 2000;
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

const note = document.querySelector("[data-draft]");
const form = note?.closest("form");
const area = form?.querySelector("textarea");
let pause = 0;

async function save() {
  const body = new URLSearchParams({ text: area.value });
  const headers = { "x-csrf-token": form.elements.csrf.value };
  const answer = await fetch(note.dataset.draft, { method: "POST", headers, body, redirect: "manual", keepalive: true });
  if (isOver(answer)) ask();
  if (answer.ok) note.textContent = area.value.trim() ? note.dataset.word.replace("{time}", clock.format(new Date())) : "";
}

if (area) {
  area.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => save().catch(() => {}), PAUSE);
  });
  document.addEventListener(BACK, () => save().catch(() => {}));
  // What is on its way as an answer is no draft any more.
  form.addEventListener("submit", () => clearTimeout(pause));
  // Giving up drops it: it must not come back as the page goes.
  document.addEventListener("submit", (event) => {
    if (!event.target.querySelector("[name=drop]")) return;
    clearTimeout(pause);
    pause = 0;
  });
  addEventListener("pagehide", () => {
    if (pause && form.getAttribute("aria-busy") !== "true") save().catch(() => {});
  });
}
