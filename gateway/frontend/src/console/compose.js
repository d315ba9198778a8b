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

// The newest message is what one opens a ticket for.
enhance("[data-scroll-end]", (talk) => {
  talk.scrollTop = talk.scrollHeight;
});
