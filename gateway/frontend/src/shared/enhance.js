// Runs a function once on each element that matches, now and whenever a part of the page is replaced.
// htmx tells of the whole page too, when it begins: whoever was run then is not run again.

const enhancers = [];

export function enhance(selector, each) {
  const known = new WeakSet();
  const once = (element) => {
    if (known.has(element)) return;
    known.add(element);
    each(element);
  };
  enhancers.push([selector, once]);
  apply(document, selector, once);
}

export function enhanceWithin(root) {
  for (const [selector, each] of enhancers) apply(root, selector, each);
}

function apply(root, selector, each) {
  if (root instanceof Element && root.matches(selector)) each(root);
  for (const element of root.querySelectorAll(selector)) each(element);
}

document.addEventListener("htmx:load", (event) => enhanceWithin(event.detail.elt));
