// <div data-read="/…/lida" data-csrf="…">: tells the server that the answers were seen, once the
// page is looked at. A GET alone marks nothing: mail scanners and previews fetch pages too.
import { enhance } from "../shared/enhance.js";

enhance("[data-read]", (conversation) => {
  const tell = () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", tell);
    fetch(conversation.dataset.read, {
      method: "POST",
      headers: { "x-csrf-token": conversation.dataset.csrf },
      keepalive: true,
    }).catch(() => {}); // offline: the answers stay new until the next look
  };
  document.addEventListener("visibilitychange", tell);
  tell();
});
