// What went well is said for as long as it can be undone, then makes room; not under the hand of who
// is about to undo it, nor while the page still asks whether it may send that (see session.js): a form
// that is gone sends nothing.
const SHOWN = 12_000;
const AGAIN = 2_000;

function leave(note) {
  if (note.matches(":hover, :focus-within")) setTimeout(leave, AGAIN, note);
  else note.remove();
}

for (const note of document.querySelectorAll("[data-flash].ok")) setTimeout(leave, SHOWN, note);
