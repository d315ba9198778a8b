// One message: reached by key, one after the other, and its menu by ⋯, right button, Shift+F10 or the
// menu key. The items are the commands of scope "message", which the palette also offers for the one
// that had the focus last; what a message does not admit stands in its data-cannot.
import { copy } from "../shared/copy.js";
import { aim, aimed, commands, register } from "./commands.js";
import { openMenu } from "./menu.js";

const MESSAGE = "[data-message]:not([data-message=''])";

function words(article) {
  const parts = [...article.querySelector(".body").children].filter((part) => !part.matches("details, .atts"));
  return parts.map((part) => part.innerText.trim()).join("\n\n").trim();
}

register("message-copy", () => copy(words(aimed())));
register("message-quote", () => {
  const area = document.getElementById("texto");
  const quoted = words(aimed()).split("\n").map((line) => `> ${line}`).join("\n");
  const before = area.value.trimEnd();
  area.value = `${before}${before ? "\n\n" : ""}${quoted}\n\n`;
  area.focus();
  area.selectionStart = area.value.length;
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

// The newest first, then from one to the next; before the first stands the link to earlier ones.
function step(by) {
  const known = [...document.querySelectorAll(`[data-talk] :is(${MESSAGE})`)];
  const at = known.indexOf(aimed());
  const to = at < 0 ? known.at(-1) : known[at + by] ?? (by < 0 ? document.querySelector("[data-earlier] a") : null);
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

register("message-next", () => step(1));
register("message-previous", () => step(-1));

const members = () => commands.filter(({ scope }) => scope === "message");

function open(article, x, y) {
  aim(article);
  openMenu(x, y, members());
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-message-menu]");
  if (!button || members().length === 0) return;
  event.preventDefault();
  button.focus();
  const box = button.getBoundingClientRect();
  open(button.closest(MESSAGE), box.left, box.bottom + 4);
});

document.addEventListener("contextmenu", (event) => {
  const article = event.target.closest(MESSAGE);
  // Links, pictures and chosen text keep the browser's own menu.
  if (!article || event.shiftKey || event.target.closest("a, img, iframe, summary") || !getSelection().isCollapsed) return;
  event.preventDefault();
  open(article, event.clientX, event.clientY);
});

document.addEventListener("keydown", (event) => {
  if (!((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu")) return;
  const article = event.target.closest(MESSAGE);
  if (!article) return;
  event.preventDefault();
  event.stopPropagation();
  const box = (event.target.closest("[data-message-menu]") ?? article).getBoundingClientRect();
  open(article, box.left, Math.max(48, box.top + 24));
}, true);

document.addEventListener("focusin", (event) => {
  const article = event.target.closest(MESSAGE);
  if (article) aim(article);
});
