// The composer: grows with its text, stays within 40 % of the window.
import { enhance } from "../shared/enhance.js";

enhance("textarea[data-autosize]", (area) => {
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.4)}px`;
  };
  area.addEventListener("input", fit);
  fit();
});

// The newest message is what one opens a ticket for, unless a link names another (see talk.js).
enhance("[data-scroll-end]", (talk) => {
  if (talk.dataset.placed !== undefined) return;
  talk.dataset.placed = "";
  const linked = /^#m\d{1,18}$/.test(location.hash) && talk.querySelector(location.hash);
  if (!linked) talk.scrollTop = talk.scrollHeight;
});
