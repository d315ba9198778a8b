// What went well is said for as long as it can be undone, then makes room.
const SHOWN = 12_000;

setTimeout(() => {
  for (const note of document.querySelectorAll("[data-flash].ok")) note.remove();
}, SHOWN);
