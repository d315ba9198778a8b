// One submit per form: the second click of a double click does nothing. The button pressed stays
// in the data sent (so it is only disabled after the form was collected), and a page that comes
// back from the history cache works again.

const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.dataset.repeat !== undefined) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  sent.add(form);
  form.setAttribute("aria-busy", "true");
  setTimeout(() => {
    for (const button of buttons(form)) button.disabled = true;
  });
});

export function release(form) {
  sent.delete(form);
  form.removeAttribute("aria-busy");
  for (const button of buttons(form)) button.disabled = false;
}

function buttons(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) release(form);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});
