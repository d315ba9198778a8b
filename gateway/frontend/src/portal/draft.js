// <form data-draft="/…/rascunho" data-ref="…">: keeps on the server what is typed, two seconds
// after the last key and when the page is left. data-draft-word in the form says when; its
// data-words holds "{time}". Of files it keeps those the server has.
import { enhance } from "../shared/enhance.js";

const PAUSE = 2000;
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

enhance("form[data-draft]", (form) => {
  let timer = null;
  let sending = new AbortController();

  const save = async (leaving) => {
    timer = null;
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") data.append(name, value);
    }
    data.set("ref", form.dataset.ref);
    const headers = { "x-csrf-token": data.get("csrf") };
    const { signal } = sending;
    const asked = { method: "POST", headers, body: data, keepalive: leaving, signal };
    // Offline the form still stands there; the next key tries again.
    const answer = await fetch(form.dataset.draft, asked).catch(() => null);
    if (answer?.status === 401 || answer?.status === 409) document.dispatchEvent(new Event("ponte:over"));
    const word = form.querySelector("[data-draft-word]");
    if (answer?.ok && word) {
      word.textContent = word.dataset.words.replace("{time}", clock.format(new Date()));
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE, false);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    timer = null;
    sending.abort();
    sending = new AbortController();
  });
  document.addEventListener("ponte:back", () => save(false));
  addEventListener("pagehide", () => {
    if (timer === null || !form.isConnected) return;
    clearTimeout(timer);
    save(true);
  });
});
