// Live events. The body carries data-stream-url (see stream.js); each event says what to look at
// again, never what it says: {"number": 1014, "kind": "changed", "version": 7}.
//   [data-live~=KIND]          gets the event "refresh" (pair it with hx-trigger="refresh")
//   [data-number=N][hx-get]    the same, for each event of that ticket (a row, an open ticket);
//   [data-number=N][data-talk] also its conversation (see talk.js)
//   [data-fresh]               the "2 novos" bar: data-one / data-many hold "{n}"
//   [data-fresh][data-kind=K]  counts events of that kind; [data-gone=K]: the list lost a row
//   [data-offline]             shown while the stream is down
import { recount } from "./counts.js";
import { show } from "./here.js";
import htmx from "./htmx-global.js";
import { keepChosen } from "./rows.js";
import { listen } from "./stream.js";

const GATHER = 120;
const ASK = 400;
let waiting = [];
let fresh = 0;
const asked = new Set();
const matching = new Set();

const { streamUrl } = document.body.dataset;
if (streamUrl) listen(streamUrl, (kind, data) => (kind === "reset" ? showFresh(null) : note(kind, data)), (open) => offline(!open));

function note(kind, data) {
  const { number, online, here } = JSON.parse(data || "{}");
  if (here) show(here);
  if (online !== undefined) {
    for (const count of document.querySelectorAll("[data-live~=presence] .num")) count.textContent = online;
  }
  if (waiting.length === 0) setTimeout(settle, GATHER);
  waiting.push({ kind, number });
}

// Events come in bursts; an element is asked to refresh once for all of them.
function settle() {
  const events = waiting;
  waiting = [];
  const stale = new Set();
  const bar = document.querySelector("[data-fresh]");
  let changed = false;
  for (const { kind, number } of events) {
    for (const element of document.querySelectorAll(`[data-live~="${kind}"]`)) stale.add(element);
    if (bar?.dataset.kind === kind) fresh += 1;
    if (bar?.dataset.gone === kind) changed = true;
    if (number == null) continue;
    const known = document.querySelectorAll(`[data-number="${Number(number)}"]:is([hx-get], [data-talk])`);
    for (const element of known) stale.add(element);
    if (known.length === 0) suspect(kind, String(Number(number)));
  }
  for (const element of stale) htmx.trigger(element, "refresh");
  recount();
  if (changed) showFresh(null);
  else if (fresh > 0) showFresh(fresh);
}

// What is not in the list may belong there now: the list is asked. Of a list that goes on beyond its
// rows only what was just opened is news: the rest may stand further down.
function suspect(kind, number) {
  const list = document.querySelector("[data-rows][data-list]");
  const whole = !document.querySelector("[data-more]:not([hidden])");
  if (!list || !(kind === "opened" || matching.has(number) || (whole && ["changed", "message"].includes(kind)))) return;
  if (asked.size === 0) setTimeout(ask, ASK, list.dataset.list);
  asked.add(number);
}

async function ask(query) {
  const numbers = [...asked];
  asked.clear();
  const response = await fetch(`/central/combinam?${query}&${numbers.map((number) => `number=${number}`).join("&")}`).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const found = (await response.json()).map(String);
  for (const number of numbers) {
    if (found.includes(number)) matching.add(number);
    else matching.delete(number);
  }
  if (matching.size > 0) showFresh(matching.size);
  else for (const bar of document.querySelectorAll("[data-fresh]:not([data-kind])")) bar.hidden = true;
}

function showFresh(count) {
  const bar = document.querySelector("[data-fresh]");
  if (!bar) return;
  const words = count === null ? bar.dataset.reset : count === 1 ? bar.dataset.one : bar.dataset.many;
  bar.querySelector("[data-word]").textContent = words.replace("{n}", count);
  bar.hidden = false;
}

export function showNew() {
  if (!document.querySelector("[data-fresh]:not([hidden])")) return;
  keepChosen();
  location.reload();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-fresh]")) showNew();
});

// <body data-stream="open | down"> tells which, for the style sheet and for whoever waits on it.
function offline(down) {
  document.body.dataset.stream = down ? "down" : "open";
  for (const element of document.querySelectorAll("[data-offline]")) element.hidden = !down;
}
addEventListener("offline", () => offline(true));
addEventListener("online", () => offline(false));
