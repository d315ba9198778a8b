// [data-count=KEY]: how many a view of the side shows. Asked for once the page is drawn, and again
// when something happened, but seldom: fifty consoles must not count all day.
// [data-counted=KEY] is in sight only while there is one; its [data-one][data-many] says which word.
const SELDOM = 15_000;
let asked = 0;
let waiting = null;

async function count() {
  waiting = null;
  asked = Date.now();
  // On a dead line the numbers stay until something happens again.
  const response = await fetch("/central/contagens").catch(() => null);
  if (response?.ok && !response.redirected) show(await response.json());
}

function show(counts) {
  for (const [key, text] of Object.entries(counts)) {
    for (const element of document.querySelectorAll(`[data-count="${key}"]`)) element.textContent = text;
    for (const element of document.querySelectorAll(`[data-counted="${key}"]`)) {
      element.classList.toggle("some", text !== "0");
      const word = element.querySelector("[data-many]");
      if (word) word.textContent = text === "1" ? word.dataset.one : word.dataset.many;
    }
  }
}

/** Something happened. */
export function recount() {
  if (!document.querySelector("[data-count]") || document.visibilityState === "hidden") return;
  waiting ??= setTimeout(count, Math.max(0, asked + SELDOM - Date.now()));
}

recount();
document.addEventListener("visibilitychange", recount);
