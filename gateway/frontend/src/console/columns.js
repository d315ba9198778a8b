// <table data-columns>: each head gets a grip at its edge that makes the column wider or narrower,
// by mouse and by the arrow keys (with Shift faster, Home: as delivered); the server keeps it. The
// head is named by its aria-label, so that its cells are not read with the name of the grip.
const STEP = 8;
const FAST = 32;
const NARROWEST = 40;
const WIDEST = 800;
const PAUSE = 500;

const table = document.querySelector("table[data-columns]");
if (table) for (const head of table.querySelectorAll("thead [data-column]")) grip(head);

function grip(head) {
  const col = table.querySelector(`col[data-column="${head.dataset.column}"]`);
  const handle = document.createElement("span");
  handle.className = "grip";
  handle.tabIndex = 0;
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-orientation", "vertical");
  handle.setAttribute("aria-label", table.dataset.grip.replace("{name}", head.ariaLabel));
  handle.setAttribute("aria-valuemin", NARROWEST);
  handle.setAttribute("aria-valuemax", WIDEST);
  let width = Math.round(head.getBoundingClientRect().width);
  let pause = 0;
  handle.setAttribute("aria-valuenow", width);

  const set = (wanted) => {
    width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, wanted)));
    col.style.width = `${width}px`;
    handle.setAttribute("aria-valuenow", width);
    clearTimeout(pause);
    pause = setTimeout(() => save(head.dataset.column, width), PAUSE);
  };

  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const start = head.getBoundingClientRect().width - event.clientX;
    const drag = (move) => set(start + move.clientX);
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", drag), { once: true });
  });

  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? FAST : STEP;
    const to = { ArrowLeft: width - step, ArrowRight: width + step, Home: Number(col.dataset.default) }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(to);
  });

  handle.addEventListener("dblclick", () => set(Number(col.dataset.default)));
  head.append(handle);
}

function save(column, width) {
  const body = new FormData(document.getElementById("command-form"));
  body.set("width", width);
  fetch(`/central/colunas/${column}/largura`, { method: "POST", body, keepalive: true });
}
