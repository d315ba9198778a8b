// <output data-counter="id of the textarea" data-limit="4000">: characters left, counted as the
// server counts: code points after CRLF -> LF and NFC. The words come from the page: data-left
// and data-over hold "{n} ... {limit}".
import { enhance } from "./enhance.js";

const numbers = new Intl.NumberFormat("pt-BR");

export function length(text) {
  return Array.from(text.replace(/\r\n?/g, "\n").normalize("NFC")).length;
}

enhance("[data-counter]", (counter) => {
  const area = document.getElementById(counter.dataset.counter);
  const limit = Number(counter.dataset.limit);
  const show = () => {
    const left = limit - length(area.value);
    const words = left < 0 ? counter.dataset.over : counter.dataset.left;
    counter.textContent = words
      .replace("{n}", numbers.format(Math.abs(left)))
      .replace("{limit}", numbers.format(limit));
    counter.classList.toggle("err", left < 0);
    // A screen reader hears of it near the end only, not at each key.
    counter.setAttribute("aria-live", left <= limit / 20 ? "polite" : "off");
  };
  area.addEventListener("input", show);
  show();
});
