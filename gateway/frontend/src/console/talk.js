// <div data-talk=URL data-number=N data-version=V>: the open conversation. When an event of this
// ticket comes, the conversation is asked for again and only what is new or changed is put in: the
// scroll position, opened quotes and the text being written stay. While somebody is writing, what
// arrived stops the send until it was read: the server would refuse the old version anyway.
import { enhanceWithin } from "../shared/enhance.js";
import htmx from "./htmx-global.js";

const NEAR_END = 120;
const numbers = new Intl.NumberFormat("pt-BR");

async function refresh(talk) {
  const first = talk.querySelector("[data-message]")?.dataset.message ?? "";
  const answer = await fetch(`${talk.dataset.talk}?desde=${first}`, { headers: { "hx-request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-talk]");
  if (!fresh || Number(fresh.dataset.version) < Number(talk.dataset.version)) return;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR_END;
  const arrived = merge(talk, fresh);
  talk.dataset.version = fresh.dataset.version;
  if (atEnd) talk.scrollTop = talk.scrollHeight;
  guard(talk, arrived);
}

function merge(talk, fresh) {
  const arrived = [];
  let last = null;
  for (const element of [...fresh.children]) {
    if (element.matches("[data-earlier]")) continue;
    const known = element.id && document.getElementById(element.id);
    if (known && known.querySelector("details[open]")) {
      known.querySelector(":scope > footer")?.replaceWith(element.querySelector(":scope > footer"));
      last = known;
    } else if (known) {
      if (known.outerHTML !== element.outerHTML) exchange(known, element);
      last = document.getElementById(element.id);
    } else if (element.id) {
      arrived.push(element);
      talk.append(element);
      last = element;
    } else if (!hasDay(talk, element)) {
      talk.append(element);
    }
    if (last === element) {
      htmx.process(element);
      enhanceWithin(element);
    }
  }
  return arrived;
}

function exchange(known, element) {
  const focused = known === document.activeElement;
  known.replaceWith(element);
  if (focused) element.focus({ preventScroll: true });
}

function hasDay(talk, line) {
  return [...talk.querySelectorAll(":scope > .day")].some(({ textContent }) => textContent === line.textContent);
}

function guard(talk, arrived) {
  const field = document.querySelector("[data-version][name=version]");
  const note = document.querySelector("[data-arrived]");
  if (!field || !note) return;
  const inbound = arrived.filter((message) => !message.matches(".us, .memo"));
  if (inbound.length === 0 || !isWriting()) {
    if (note.hidden) field.value = talk.dataset.version;
    return;
  }
  const count = inbound.length + Number(note.dataset.count ?? 0);
  const word = note.querySelector("[data-word]");
  const who = inbound.at(-1).querySelector("header b").textContent;
  word.textContent = count === 1
    ? word.dataset.one.replace("{who}", who)
    : word.dataset.many.replace("{n}", numbers.format(count));
  note.dataset.count = String(count);
  note.dataset.first ??= inbound[0].id;
  note.hidden = false;
  stop(true);
}

function isWriting() {
  return (document.getElementById("texto")?.value.trim() ?? "") !== "";
}

function stop(stopped) {
  for (const button of document.querySelectorAll("[data-send]")) {
    button.disabled = stopped;
  }
}

// Earlier messages are put in above: what was being read stays where it is.
document.addEventListener("htmx:beforeSwap", (event) => {
  const talk = event.detail.target.closest?.("[data-talk]");
  if (talk) talk.dataset.below = String(talk.scrollHeight - talk.scrollTop);
});
document.addEventListener("htmx:afterSettle", (event) => {
  const talk = document.querySelector("[data-talk][data-below]");
  if (!talk || !event.detail.elt.closest?.("[data-talk]")) return;
  talk.scrollTop = talk.scrollHeight - Number(talk.dataset.below);
  delete talk.dataset.below;
  const days = [...talk.querySelectorAll(":scope > .day")];
  days.forEach((line, at) => {
    if (at > 0 && line.textContent === days[at - 1].textContent) line.remove();
  });
});

// A link to a message that the page does not show yet.
function follow() {
  const linked = /^#m(\d{1,18})$/.exec(location.hash);
  if (!linked || !document.querySelector("[data-talk]")) return;
  const target = document.querySelector(location.hash);
  const query = new URLSearchParams(location.search);
  if (target) {
    target.scrollIntoView({ block: "start" });
  } else if (query.get("mensagem") !== linked[1]) {
    query.set("mensagem", linked[1]);
    location.replace(`?${query}${location.hash}`);
  }
}
follow();
addEventListener("hashchange", follow);

document.addEventListener("refresh", (event) => {
  if (event.target.matches?.("[data-talk]")) refresh(event.target);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-read]")) return;
  const note = document.querySelector("[data-arrived]");
  const talk = document.querySelector("[data-talk]");
  document.getElementById(note.dataset.first)?.scrollIntoView({ block: "start" });
  document.querySelector("[data-version][name=version]").value = talk.dataset.version;
  delete note.dataset.count;
  delete note.dataset.first;
  note.hidden = true;
  stop(false);
  document.getElementById("texto").focus();
});
