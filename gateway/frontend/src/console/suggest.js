// <textarea data-suggest="name of the list" data-texts=URL data-colleagues=URL>: `::` offers canned texts, `@` agents,
// as one types. Arrows move, Enter or Tab take, Escape leaves. The list is a listbox the field owns
// by aria-controls and aria-activedescendant; how many there are is said aloud.
import { enhance } from "../shared/enhance.js";

const PAUSE = 120;
const TRIGGERS = [
  { of: "texts", pattern: /(?:^|\s)(::([^\s:]{0,40}))$/ },
  { of: "colleagues", pattern: /(?:^|[\s(])(@([\p{L}\p{N}._-]{0,40}))$/u },
];
let serial = 0;

enhance("textarea[data-suggest]", (area) => {
  if (area.dataset.suggesting !== undefined) return;
  area.dataset.suggesting = "";
  const id = `suggest-${(serial += 1)}`;
  const list = Object.assign(document.createElement("ul"), { id, className: "pop suggest", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area.dataset.suggest);
  const status = Object.assign(document.createElement("span"), { className: "sr" });
  status.setAttribute("role", "status");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-haspopup", "listbox");
  area.parentElement.classList.add("suggesting");
  area.after(list, status);

  let found = [];
  let at = -1;
  let span = null;
  let pause = 0;
  let asked = 0;

  const close = () => {
    asked += 1;
    clearTimeout(pause);
    found = [];
    list.hidden = true;
    list.replaceChildren();
    area.removeAttribute("aria-activedescendant");
    area.removeAttribute("aria-controls");
    status.textContent = "";
  };

  const choose = (index) => {
    at = index;
    [...list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === at)));
    area.setAttribute("aria-activedescendant", `${id}-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };

  const take = () => {
    const { text } = found[at];
    const [from, to] = span;
    area.setRangeText(text, from, to, "end");
    close();
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const show = (items) => {
    found = items;
    if (items.length === 0) {
      close();
      return;
    }
    list.replaceChildren(...items.map((item, index) => option(item, `${id}-${index}`)));
    list.hidden = false;
    area.setAttribute("aria-controls", id);
    status.textContent = String(items.length);
    choose(0);
  };

  const look = () => {
    const before = area.value.slice(0, area.selectionStart);
    const trigger = TRIGGERS.find(({ of, pattern }) => area.dataset[of] && pattern.test(before));
    if (!trigger) {
      if (!list.hidden) close();
      return;
    }
    const [, typed, words] = trigger.pattern.exec(before);
    span = [before.length - typed.length, before.length];
    clearTimeout(pause);
    const mine = (asked += 1);
    pause = setTimeout(async () => {
      const answer = await fetch(`${area.dataset[trigger.of]}?q=${encodeURIComponent(words)}`, { redirect: "error" }).catch(() => null);
      if (mine === asked && answer?.ok) show(await answer.json());
    }, PAUSE);
  };

  area.addEventListener("input", look);
  area.addEventListener("blur", () => setTimeout(() => document.activeElement === area || close(), 150));
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((at + step + found.length) % found.length);
    else if (["Enter", "Tab"].includes(event.key) && !event.ctrlKey && !event.metaKey) take();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (index < 0) return;
    at = index;
    take();
  });
});

function option(item, id) {
  const element = Object.assign(document.createElement("li"), { id });
  element.setAttribute("role", "option");
  const key = Object.assign(document.createElement("b"), { textContent: item.title });
  const note = Object.assign(document.createElement("span"), { className: "mute", textContent: [item.key, item.note].filter(Boolean).join(" · ") });
  element.append(key, note);
  if (item.blanks) {
    element.append(Object.assign(document.createElement("span"), { className: "soft cut", textContent: item.text }));
  }
  return element;
}

// The button beside the composer: as if `::` had been typed where the cursor is.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert-text]");
  if (!button) return;
  event.preventDefault();
  const area = document.getElementById(button.dataset.insertText);
  const before = area.value.slice(0, area.selectionEnd);
  area.focus();
  area.setRangeText(/(^|\s)$/.test(before) ? "::" : " ::", area.selectionEnd, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

// What a canned text left open ({contato}) is named until it is filled in; the server refuses it too.
const plain = (word) => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

enhance("[data-blanks]", (note) => {
  const area = note.closest("form").querySelector("textarea");
  const known = note.dataset.blanks.split(" ");
  const check = () => {
    const left = [...area.value.matchAll(/\{(\p{L}+)\}/gu)].map(([, word]) => plain(word)).filter((word) => known.includes(word));
    const names = [...new Set(left)].map((word) => `{${word}}`).join(", ");
    note.hidden = names === "";
    note.textContent = names && note.dataset.word.replace("{names}", names);
  };
  area.addEventListener("input", check);
  check();
});

// Where the answer goes: what arrives there, and the tick an address nobody confirmed asks for.
enhance("select[data-ways]", (select) => {
  const form = select.closest("form");
  const tell = () => {
    const { dataset } = select.selectedOptions[0];
    form.querySelector("[data-goes-word]").textContent = dataset.goes;
    form.querySelector("[data-other-word]").hidden = dataset.other === undefined;
    const vouch = form.querySelector("[data-vouch]");
    if (vouch) vouch.hidden = dataset.asks === undefined;
  };
  select.addEventListener("change", tell);
  tell();
});
