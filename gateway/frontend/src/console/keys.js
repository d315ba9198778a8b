// Keys run commands when the console has the focus, never inside a field that needs them.
import { commands, register, run } from "./commands.js";
import { openDialog } from "./dialogs.js";
import { keycap } from "./keycaps.js";

// Kept by the browser, so that a key needs no search of the page.
const dialogs = document.getElementsByTagName("dialog");
const FIELD = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";

// AltGr writes signs ("/" and "?" on many Brazilian keyboards): Ctrl and Alt are none of ours then.
const held = (event) => (event.getModifierState("AltGraph") ? {} : { ctrl: event.ctrlKey || event.metaKey, alt: event.altKey });

/** "Ctrl+Shift+K", "F3", "J", "?": as the registry spells them. */
export function spell(event) {
  const { ctrl, alt } = held(event);
  const printable = event.key.length === 1;
  const shift = event.shiftKey && (!printable || /^[a-z]$/i.test(event.key));
  const key = event.key === " " ? "Space" : printable ? event.key.toUpperCase() : event.key;
  return [
    ctrl && "Ctrl",
    alt && "Alt",
    shift && "Shift",
    key,
  ].filter(Boolean).join("+");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = spell(event);
  const field = event.target.closest(FIELD);
  const { ctrl, alt } = held(event);
  const bare = !ctrl && !alt && !/^F\d+$/.test(event.key);
  if (field && bare) return;
  if ([...dialogs].some(({ open }) => open) && pressed !== "Ctrl+Enter") return;
  if (bare && ["Enter", "Space"].includes(pressed) && event.target.closest("a, button, summary, input")) return;
  const command = commands.find(({ keys = [] }) => keys.includes(pressed));
  if (command && run(command)) event.preventDefault();
});

// Ctrl+Enter sends the form the cursor is in, through its main button.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || spell(event) !== "Ctrl+Enter") return;
  const form = event.target.closest("form[method=post], dialog form, .sheet form");
  const button = form?.querySelector("button.pri[type=submit]:not(:disabled, [aria-disabled=true])");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
});

// <input data-key-field>: takes the key that is pressed; Tab, Enter and Escape keep their meaning.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-key-field]") || /^(Tab|Enter|Escape|Shift|Control|Alt|AltGraph|Meta|Dead)$/.test(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.value = /^(Backspace|Delete)$/.test(event.key) ? "" : spell(event);
}, true);

// Help: the page's own table of keys, filled from the same commands.
register("help", () => {
  const dialog = document.getElementById("help");
  const table = dialog.querySelector("[data-help]");
  const groups = new Map();
  for (const command of commands) {
    if (command.keys?.length) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  table.replaceChildren(...[...groups].map(([group, members]) => section(group, members)));
  openDialog(dialog);
});

function section(group, members) {
  const element = document.createElement("section");
  element.append(Object.assign(document.createElement("h3"), { textContent: group }));
  const list = document.createElement("dl");
  for (const { label, keys } of members) {
    const line = document.createElement("div");
    line.dataset.search = label.toLowerCase();
    line.append(Object.assign(document.createElement("dt"), { textContent: label }));
    const caps = document.createElement("dd");
    for (const key of keys) caps.append(keycap(key), " ");
    line.append(caps);
    list.append(line);
  }
  element.append(list);
  return element;
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-help-search]")) return;
  const wanted = event.target.value.toLowerCase();
  for (const line of document.querySelectorAll("[data-help] [data-search]")) {
    line.hidden = !line.dataset.search.includes(wanted);
  }
});
