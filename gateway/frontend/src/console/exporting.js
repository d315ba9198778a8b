// A file of the whole list: the browser fetches it, #export says how far it came.
import htmx from "./htmx-global.js";

export function download(url) {
  const key = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  const address = new URL(url, location);
  address.searchParams.set("acompanhar", key);
  location.assign(address);
  if (document.getElementById("export")) htmx.ajax("GET", `/central/exportacoes/${key}`, { target: "#export", swap: "innerHTML" });
}
