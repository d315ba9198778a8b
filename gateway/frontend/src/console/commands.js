// The commands of this page, as the server's registry wrote them into
// <script type="application/json" id="commands">:
//   {id, label, group, icon?, keys: ["F3"], scope: "page" | "ticket", danger?, disabled?,
//    and one of: url | load | post | dialog | form | focus | action}
// url, load and post may hold {number}. `load` fetches a dialog, `dialog` opens one of the page,
// `form` submits one of the page, `focus` focuses an element, `action` names a function below.
import { copy } from "../shared/copy.js";
import { toggleTheme } from "../shared/theme.js";
import { openDialog, loadDialog } from "./dialogs.js";
import { showNew } from "./live.js";
import * as list from "./rows.js";
import { nextTab } from "./tabs.js";

const data = document.getElementById("commands");
export const commands = data ? JSON.parse(data.textContent) : [];

const actions = {
  next: () => list.move(1),
  previous: () => list.move(-1),
  open: () => list.open(),
  select: () => list.select(),
  "select-range": () => list.select({ range: true }),
  "show-new": showNew,
  "next-tab": nextTab,
  theme: toggleTheme,
  back: () => history.back(),
  "copy-protocol": () => {
    const protocol = (list.current() ?? document.querySelector("main[data-number]"))?.dataset.protocol;
    if (protocol) copy(protocol);
  },
};

/** Later modules bring their own actions (palette, menu, help). */
export function register(name, run) {
  actions[name] = run;
}

export function usable(command) {
  if (command.disabled) return false;
  return command.scope !== "ticket" || (numbers().length > 0 && !forbidden(command));
}

// A row knows what its ticket's state forbids; of several selected the server decides.
function forbidden({ id }) {
  if (list.selected().length > 0) return false;
  return (list.current()?.dataset.cannot ?? "").split(" ").includes(id);
}

/** False when there is nothing to act on. */
export function run(command) {
  if (!usable(command)) return false;
  const opener = document.activeElement;
  if (command.url) location.assign(fill(command.url));
  else if (command.load) loadDialog(withNumbers(fill(command.load)), opener);
  else if (command.post) post(command);
  else if (command.dialog) openDialog(document.getElementById(command.dialog), opener);
  else if (command.form) document.getElementById(command.form)?.requestSubmit();
  else if (command.focus) focus(command.focus);
  else actions[command.action]?.(command);
  return true;
}

function numbers() {
  const chosen = list.selected();
  if (chosen.length > 0) return chosen;
  const number = list.target();
  return number === null ? [] : [number];
}

function fill(url) {
  return url.replaceAll("{number}", encodeURIComponent(numbers()[0] ?? ""));
}

function withNumbers(url) {
  const chosen = list.selected();
  if (chosen.length < 2) return url;
  const query = chosen.map((number) => `number=${encodeURIComponent(number)}`).join("&");
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

function post(command) {
  const form = document.getElementById("command-form");
  form.action = fill(command.post);
  for (const old of form.querySelectorAll("[name=number]")) old.remove();
  for (const number of numbers()) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "number", value: number });
    form.append(field);
  }
  form.requestSubmit();
}

function focus(id) {
  const element = document.getElementById(id);
  element?.focus();
  element?.select?.();
}

// <button data-command="forward">: toolbar and menus name commands, they do not repeat them.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  const command = button && commands.find(({ id }) => id === button.dataset.command);
  if (!command || button.getAttribute("aria-disabled") === "true") return;
  event.preventDefault();
  run(command);
});
