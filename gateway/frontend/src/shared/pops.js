// <details data-pop>: a menu or explanation that closes by Esc, by a click elsewhere and when
// another opens. It opens without a script, too.

function open() {
  return [...document.querySelectorAll("details[data-pop][open]")];
}

document.addEventListener("click", (event) => {
  for (const pop of open()) if (!pop.contains(event.target)) pop.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const pop of open()) {
    const within = pop.contains(document.activeElement);
    pop.open = false;
    if (within) pop.querySelector("summary").focus();
    event.preventDefault();
  }
});

// <details data-frame=URL>: foreign HTML, fetched when asked for, in a frame that may do nothing.
document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.dataset?.frame || !details.open || details.querySelector("iframe")) return;
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.title = details.querySelector("summary").textContent;
  frame.src = details.dataset.frame;
  details.append(frame);
}, true);

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-flash]").remove();
});
