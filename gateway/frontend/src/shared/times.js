// <time datetime=... data-ago>: "há 5 min" kept true while the page stays open.
import { enhance } from "./enhance.js";

const words = new Intl.RelativeTimeFormat("pt-BR", { numeric: "auto", style: "short" });
const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const shown = new Set();

function show(element) {
  const seconds = (new Date(element.dateTime) - Date.now()) / 1000;
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  element.textContent = words.format(Math.trunc(seconds / size), unit);
}

enhance("time[data-ago]", (element) => {
  shown.add(element);
  show(element);
});

setInterval(() => {
  for (const element of shown) element.isConnected ? show(element) : shown.delete(element);
}, 30_000);
