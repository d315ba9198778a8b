// Ctrl+K: the commands and the views of the page, filtered as one types (marks do not count), and
// what the server finds for the same words (data-search on the dialog gives a fragment of options).
import htmx from "./htmx-global.js";
import { aimed, commands, register, run, usable } from "./commands.js";
import { openDialog } from "./dialogs.js";
import { icon } from "./icon.js";
import { keycap } from "./keycaps.js";

const dialog = document.getElementById("palette");
const PAUSE = 200;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function offers() {
  const own = commands
    .filter((command) => usable(command) && command.action !== "palette")
    .map((command) => ({
      group: named(command), label: command.label, icon: command.icon ?? "right",
      key: command.keys?.[0], run: () => run(command),
    }));
  const views = [...document.querySelectorAll("#menu a[href], #views a[href]")].map((link) => ({
    group: dialog.dataset.views, label: link.dataset.label ?? link.textContent.trim(), icon: "inbox",
    url: link.href, run: () => location.assign(link.href),
  }));
  return [...own, ...views];
}

// Of a message one has to see which: the dialog covers it.
function named({ group, scope }) {
  if (scope !== "message") return group;
  const head = aimed().querySelector("header");
  return `${group}: ${head.querySelector("b").textContent}, ${head.querySelector("time").textContent}`;
}

function option(offer, index) {
  const element = document.createElement("div");
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  element.id = `palette-${index}`;
  const label = document.createElement("span");
  element.append(icon(offer.icon), label);
  if (offer.key) {
    const cap = keycap(offer.key);
    cap.className = "cap";
    element.append(cap);
  }
  // Once the focus is back where it came from: a command may take it further.
  element.addEventListener("click", () => {
    dialog.addEventListener("close", offer.run, { once: true });
    dialog.close();
  });
  return { element, label, words: offer.label, plain: plain(offer.label) };
}

// Shows it when it holds what is wanted, and where.
function fit({ element, label, words, plain: bare }, wanted) {
  const at = bare.indexOf(wanted);
  element.hidden = at < 0;
  if (at >= 0 && wanted && bare.length === words.length) {
    const hit = Object.assign(document.createElement("b"), { textContent: words.slice(at, at + wanted.length) });
    label.replaceChildren(words.slice(0, at), hit, words.slice(at + wanted.length));
  } else if (label.textContent !== words || label.firstElementChild) {
    label.textContent = words;
  }
}

if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const found = dialog.querySelector("[data-found]");
  let pause = 0;
  let drawn = "";
  let own = [];
  let marked;
  let moved = false;

  const options = () => [...dialog.querySelectorAll("[role=option]:not([hidden])")];
  const chosen = () => (marked?.isConnected && !marked.hidden ? marked : undefined);

  const mark = (element, on) => {
    element?.setAttribute("aria-selected", String(on));
    element?.classList.toggle("on", on);
  };

  // Only the two that change; and the first one is in sight unless the list was moved in.
  const choose = (element, { moving = false } = {}) => {
    if (element !== marked) {
      mark(marked, false);
      mark(element, true);
      marked = element;
    }
    if (!element) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", element.id);
    if (moving || moved) element.scrollIntoView({ block: "nearest" });
    moved = moving;
  };

  // Drawn anew only when there is something else to offer: two dozen icons come late otherwise.
  const draw = () => {
    const offered = offers();
    const now = JSON.stringify(offered);
    if (now === drawn) return;
    drawn = now;
    const groups = new Map();
    own = offered.map(option);
    offered.forEach((offer, index) => {
      if (!groups.has(offer.group)) groups.set(offer.group, group(offer.group));
      groups.get(offer.group).append(own[index].element);
    });
    list.replaceChildren(...groups.values(), found);
  };

  const filter = () => {
    const wanted = plain(input.value.trim());
    for (const each of own) fit(each, wanted);
    for (const element of list.querySelectorAll(":scope > [role=group]")) {
      element.hidden = !element.querySelector("[role=option]:not([hidden])");
    }
    choose(options()[0]);
  };

  const group = (name) => {
    const element = document.createElement("div");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", name);
    const title = Object.assign(document.createElement("div"), { className: "gh", textContent: name });
    title.setAttribute("aria-hidden", "true");
    element.append(title);
    return element;
  };

  const look = () => {
    clearTimeout(pause);
    const words = input.value.trim();
    if (!dialog.dataset.search || words.length < 3) {
      found.replaceChildren();
      return;
    }
    pause = setTimeout(async () => {
      const url = `${dialog.dataset.search}?q=${encodeURIComponent(words)}`;
      await htmx.ajax("GET", url, { target: found, swap: "innerHTML" });
      if (!chosen()) choose(options()[0]);
    }, PAUSE);
  };

  register("palette", () => {
    input.value = "";
    found.replaceChildren();
    draw();
    filter();
    openDialog(dialog);
    input.focus();
  });

  input.addEventListener("input", () => {
    filter();
    look();
  });

  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined && all.length > 0) {
      event.preventDefault();
      choose(all[(to + all.length) % all.length], { moving: true });
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      const link = chosen().querySelector("a[href]");
      if (link && (event.ctrlKey || event.metaKey)) globalThis.open(link.href, "_blank", "noopener");
      else (link ?? chosen()).click();
    }
  });
}
