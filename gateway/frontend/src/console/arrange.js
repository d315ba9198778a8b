// <ol data-arrange>: items change places by [data-move=up|down], which keep the focus and say where
// the item is now (data-moved in [data-arranged]), or by dragging. The form sends them in order.

function settle(list) {
  const items = [...list.children];
  items.forEach((item, index) => {
    item.querySelector("[data-move=up]").setAttribute("aria-disabled", String(index === 0));
    item.querySelector("[data-move=down]").setAttribute("aria-disabled", String(index === items.length - 1));
  });
}

function say(item) {
  const list = item.parentElement;
  const place = [...list.children].indexOf(item) + 1;
  const words = list.dataset.moved.replace("{name}", item.dataset.name).replace("{n}", place);
  list.parentElement.querySelector("[data-arranged]").textContent = words;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-arrange] [data-move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  const up = button.dataset.move === "up";
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (up) other.before(item);
  else other.after(item);
  settle(item.parentElement);
  button.focus();
  item.scrollIntoView({ block: "nearest" });
  say(item);
});

let dragged = null;

// Only from where nothing is typed or pressed, so that text can still be marked.
document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("[data-arrange] > li");
  if (item) item.draggable = !event.target.closest("input, select, button");
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-arrange] > li") ?? null;
});

document.addEventListener("dragover", (event) => {
  const over = event.target.closest("[data-arrange] > li");
  if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});

document.addEventListener("dragend", () => {
  if (!dragged) return;
  settle(dragged.parentElement);
  say(dragged);
  dragged = null;
});
