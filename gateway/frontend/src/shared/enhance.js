// Runs a function on the elements that match, now and whenever a part of the page is replaced
// (by htmx, or by the portal's own upload).

const enhancers = [];

export function enhance(selector, each) {
  enhancers.push([selector, each]);
  apply(document, selector, each);
}

export function enhanceWithin(root) {
  for (const [selector, each] of enhancers) apply(root, selector, each);
}

function apply(root, selector, each) {
  if (root instanceof Element && root.matches(selector)) each(root);
  for (const element of root.querySelectorAll(selector)) each(element);
}

document.addEventListener("htmx:load", (event) => enhanceWithin(event.detail.elt));
