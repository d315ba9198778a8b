// The context menu of a row: right button, Shift+F10, the menu key, or [data-row-menu]. Its items
// are the commands of scope "ticket" and those marked for it; it is built when asked for.
import { commands, register, usable } from "./commands.js";
import { icon } from "./icon.js";
import { keycap } from "./keycaps.js";
import { current, make } from "./rows.js";

const menu = document.getElementById("row-menu");
let opener = null;

/** `shown`: other commands than those of a ticket (see said.js). */
export function openMenu(x, y, shown = members()) {
  if (shown.length === 0) return;
  opener = document.activeElement;
  menu.dataset.label ??= menu.getAttribute("aria-label");
  menu.setAttribute("aria-label", shown.every(({ scope }) => scope === "message") ? shown[0].group : menu.dataset.label);
  menu.replaceChildren(...items(shown));
  menu.showPopover();
  menu.classList.add("placed");
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
  buttons()[0]?.focus();
}

function members() {
  return commands.filter((command) => command.scope === "ticket" || command.menu);
}

function items(all) {
  return all.flatMap((command, index) => {
    const item = document.createElement("li");
    item.setAttribute("role", "none");
    item.append(button(command));
    const before = all[index - 1];
    if (!before || before.group === command.group) return [item];
    const rule = document.createElement("li");
    rule.setAttribute("role", "separator");
    return [rule, item];
  });
}

function button(command) {
  const element = document.createElement("button");
  element.type = "button";
  element.setAttribute("role", "menuitem");
  element.tabIndex = -1;
  element.classList.toggle("danger", Boolean(command.danger));
  if (!usable(command)) element.setAttribute("aria-disabled", "true");
  element.append(icon(command.icon ?? "right"), command.label);
  if (command.keys?.length) element.append(keycap(command.keys[0]));
  // The click goes on to the page, which runs what a button names (see commands.js).
  element.dataset.command = command.id;
  element.addEventListener("click", () => {
    if (usable(command)) close();
  });
  return element;
}

function buttons() {
  return [...menu.querySelectorAll("[role=menuitem]")];
}

function close() {
  menu.hidePopover();
  (opener?.isConnected ? opener : current())?.focus();
}

function besideRow() {
  const row = current() ?? document.querySelector("main[data-number]");
  if (!row) return;
  const box = row.getBoundingClientRect();
  openMenu(box.left + 56, Math.min(box.bottom, box.top + 40));
}

if (menu) {
  register("menu", besideRow);

  document.addEventListener("contextmenu", (event) => {
    const row = event.target.closest("[data-rows] [data-number]");
    if (!row || event.shiftKey || members().length === 0) return;
    event.preventDefault();
    make(row);
    if (event.button === 2) openMenu(event.clientX, event.clientY);
    else besideRow();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") {
      if (!current()) return;
      event.preventDefault();
      besideRow();
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row-menu]");
    if (!button) return;
    const row = button.closest("[data-number]");
    if (row?.closest("[data-rows]")) make(row, { focus: false });
    const box = button.getBoundingClientRect();
    openMenu(box.left, box.bottom + 4);
  });

  menu.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      all[(to + all.length) % all.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      close();
    } else if (/^[\p{L}\p{N}]$/u.test(event.key)) {
      const rest = [...all.slice(at + 1), ...all];
      rest.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
