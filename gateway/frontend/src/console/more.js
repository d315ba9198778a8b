// <div data-more=URL> at the end of a list: what lies past its last row is fetched before the agent
// comes there, up to data-most rows of [data-rows]; then the pages go on. The address says how many
// rows are shown, so that coming back shows as many.
import htmx from "./htmx-global.js";
import { mark, move, rows } from "./rows.js";

const AHEAD = "600px";
const PATIENCE = 300;
const numbers = new Intl.NumberFormat("pt-BR");

const place = document.querySelector("[data-more]");
if (place) follow(place);

function follow(place) {
  const body = document.querySelector("[data-rows]");
  const part = (name) => place.querySelector(`[data-${name}]`);
  let next = place.dataset.more;
  let loading = null;

  const load = () => {
    loading ??= fetchMore().finally(() => { loading = null; });
    return loading;
  };

  const fetchMore = async () => {
    if (!next || rows().length >= Number(body.dataset.most)) return;
    const slow = setTimeout(() => { part("loading").hidden = false; }, PATIENCE);
    part("failed").hidden = true;
    try {
      add(await ask(next));
    } catch {
      part("failed").hidden = false;
    } finally {
      clearTimeout(slow);
      part("loading").hidden = true;
    }
  };

  const add = (found) => {
    const known = new Set(rows().map((row) => row.dataset.number));
    const end = found.querySelector("[data-next]");
    next = end.dataset.next;
    end.remove();
    for (const row of [...found.children]) {
      if (known.has(row.dataset.number)) row.remove(); // it moved meanwhile
    }
    const fresh = [...found.children];
    body.append(found);
    for (const row of fresh) htmx.process(row);
    mark();
    tell();
  };

  const tell = () => {
    const count = rows().length;
    const address = new URL(location);
    address.searchParams.set("linhas", count);
    history.replaceState(history.state, "", address);
    const span = document.querySelector("[data-span]");
    const first = Number(address.searchParams.get("apos") ?? 0) + 1;
    const last = first + count - 1;
    const least = next ? `mais de ${numbers.format(Math.max(last, Number(span.dataset.least)))}` : numbers.format(last);
    span.textContent = `${numbers.format(first)}–${numbers.format(last)} de ${span.dataset.of || least}`;
    const link = document.querySelector(".pager [rel=next]");
    if (link && next) link.href = next;
    else if (link) link.hidden = true;
    place.hidden = !next || count >= Number(body.dataset.most);
    watcher.unobserve(place);
    watcher.observe(place); // still in sight: goes on
  };

  const watcher = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting) && part("failed").hidden) load();
  }, { root: place.closest(".scroll"), rootMargin: AHEAD });
  watcher.observe(place);

  part("retry").addEventListener("click", load);
  document.addEventListener("rows:end", async () => {
    const before = rows().length;
    await load();
    if (rows().length > before) move(1);
  });
}

async function ask(page) {
  const address = new URL(page, location);
  const response = await fetch(`/central/linhas${address.search}`);
  if (!response.ok || response.redirected) throw new Error(response.status);
  // Rows are rows only inside a table.
  const text = `<table><tbody>${await response.text()}</tbody></table>`;
  const found = document.createDocumentFragment();
  found.append(...new DOMParser().parseFromString(text, "text/html").querySelector("tbody").children);
  return found;
}
