// <form data-guard="question">: asks before a link of the page throws typed text away.
import { enhance } from "../shared/enhance.js";

const dirty = new Set();
const ask = (event) => event.preventDefault();

enhance("form[data-guard]", (form) => {
  const watch = () => {
    dirty.add(form);
    addEventListener("beforeunload", ask);
  };
  form.addEventListener("input", watch);
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-files]") && !form.querySelector("[data-chosen] li")) return;
    watch();
  });
  form.addEventListener("submit", () => forget(form));
});

function forget(form) {
  dirty.delete(form);
  if (dirty.size === 0) removeEventListener("beforeunload", ask);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-cancel]");
  const form = link && [...dirty].find((form) => form.isConnected);
  if (!form) return;
  if (confirm(form.dataset.guard)) forget(form);
  else event.preventDefault();
});
