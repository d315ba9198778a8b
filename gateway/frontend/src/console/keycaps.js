// How a key of the registry is written for people.

const DRAWN = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" };

export function keycap(keys) {
  const cap = document.createElement("kbd");
  cap.textContent = keys.split("+").map((key) => DRAWN[key] ?? key).join("+") || keys;
  return cap;
}
