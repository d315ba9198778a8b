// The commands of this page, as the server's registry wrote them into
// <script type="application/json" id="commands">:
//   {id, label, group, icon?, keys: ["F3"], scope: "page" | "ticket", danger?, disabled?,
//    menu? (of a row's, though about no ticket), asks?, and one of:
//    url | load | post | dialog | form | focus | download | action; many: where several go}
// url, load and post may hold {number} and, of scope "message", {message}; a post that asks shows a form at the same address. `load` fetches a dialog, `dialog` opens one of the page,
// `form` submits one of the page, `focus` focuses an element, `action` names a function below.
import { copy } from "../shared/copy.js";
import { toggleTheme } from "../shared/theme.js";
import { openDialog, loadDialog } from "./dialogs.js";
import { download } from "./exporting.js";
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
  "select-page": list.selectPage,
  "select-all": list.selectAll,
  "select-none": list.selectNone,
  "show-new": showNew,
  "next-tab": nextTab,
  theme: toggleTheme,
  back: () => history.back(),
  "copy-protocol": () => {
    const protocol = (list.current() ?? document.querySelector("main[data-number]"))?.dataset.protocol;
    if (protocol) copy(protocol);
  },
};

let message = "";

/** The message of an open ticket that commands of scope "message" act on. */
export function aim(article) {
  message = article.id;
}

/** As it stands now: one whose delivery changed was put in anew. Null for none. */
export function aimed() {
  return message ? document.getElementById(message) : null;
}

/** Later modules bring their own actions (palette, menu, help). */
export function register(name, run) {
  actions[name] = run;
}

export function usable(command) {
  if (command.disabled || (command.action && !actions[command.action])) return false;
  if (command.scope === "message") return aimed() !== null && !(aimed().dataset.cannot ?? "").split(" ").includes(command.id);
  if (list.all() !== null) return command.scope !== "ticket" || Boolean(command.many);
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
  else if (command.download) download(command.download);
  else if (command.load) loadDialog(several(command) ?? withNumbers(fill(command.load)), opener);
  else if (command.asks && isWriting()) loadDialog(withNumbers(fill(command.post)), opener);
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
  return url
    .replaceAll("{number}", encodeURIComponent(numbers()[0] ?? ""))
    .replaceAll("{message}", aimed()?.dataset.message ?? "");
}

// Several tickets of a list go at once, as the agent sees them; or all that the list shows.
function several({ many }) {
  const seen = list.all();
  const items = list.items();
  if (!many || (seen === null && items.length < 2)) return null;
  const query = seen === null ? items.map((item) => `item=${item}`).join("&") : `todos=1&visto=${seen}`;
  return `${many}${many.includes("?") ? "&" : "?"}${query}`;
}

function withNumbers(url) {
  const chosen = list.selected();
  if (chosen.length < 2) return url;
  const query = chosen.map((number) => `number=${encodeURIComponent(number)}`).join("&");
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

function isWriting() {
  return (document.getElementById("texto")?.value.trim() ?? "") !== "";
}

function post(command) {
  const form = document.getElementById("command-form");
  form.action = fill(command.post);
  for (const old of form.querySelectorAll("[name=number]")) old.remove();
  for (const number of command.post.includes("{number}") ? numbers() : []) {
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
  if (!command) return;
  button.closest("details[data-pop]")?.removeAttribute("open");
  // What this page does not know of yet is done as without a script.
  if (button.getAttribute("aria-disabled") === "true" || run(command)) event.preventDefault();
});

// The toolbar shows what the current row, or what is chosen, admits.
function show() {
  for (const button of document.querySelectorAll(".tools [data-command]")) {
    const command = commands.find(({ id }) => id === button.dataset.command);
    if (command?.scope === "ticket") button.setAttribute("aria-disabled", String(!usable(command)));
  }
}
document.addEventListener("rows", show);
show();
