// <span data-draft=URL data-word="… {time}">: what stands in the composer is saved two seconds after
// the last key, so that a closed page or an ended session loses nothing.
const PAUSE = 2000;
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

const note = document.querySelector("[data-draft]");
const form = note?.closest("form");
const area = form?.querySelector("textarea");
let pause = 0;

async function save() {
  const body = new URLSearchParams({ text: area.value });
  const headers = { "x-csrf-token": form.elements.csrf.value };
  const answer = await fetch(note.dataset.draft, { method: "POST", headers, body, redirect: "error", keepalive: true });
  if (answer.ok) note.textContent = area.value.trim() ? note.dataset.word.replace("{time}", clock.format(new Date())) : "";
}

if (area) {
  area.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => save().catch(() => {}), PAUSE);
  });
  // What is on its way as an answer is no draft any more.
  form.addEventListener("submit", () => clearTimeout(pause));
  addEventListener("pagehide", () => {
    if (pause && form.getAttribute("aria-busy") !== "true") save().catch(() => {});
  });
}
