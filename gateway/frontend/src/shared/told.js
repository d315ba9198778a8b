// [data-told-by="field"][data-when="value"]: what is said of a choice, shown while it is made.
import { enhance } from "./enhance.js";

enhance("[data-told-by]", (words) => {
  const field = document.getElementById(words.dataset.toldBy);
  const show = () => {
    words.hidden = field === null || field.disabled || field.value !== words.dataset.when;
  };
  // A choice may change another one: look when all of them are done.
  words.closest("form").addEventListener("change", () => setTimeout(show));
  show();
});
