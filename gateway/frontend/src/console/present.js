// <div data-present=URL data-csrf data-every=SECONDS>: an open ticket says that somebody looks at it,
// writes in it, and goes. Others see it by the event stream (see live.js); nothing is stored.
const place = document.querySelector("[data-present]");
const REPEAT = 5000;

if (place) {
  let told = 0;
  const tell = (estado) => {
    told = Date.now();
    fetch(place.dataset.present, {
      method: "POST",
      headers: { "x-csrf-token": place.dataset.csrf },
      body: new URLSearchParams({ estado }),
      redirect: "manual",
      keepalive: true,
    }).catch(() => {});
  };
  const look = () => document.visibilityState === "visible" && tell("vendo");

  look();
  setInterval(look, Number(place.dataset.every) * 1000);
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? look() : tell("saiu")));
  addEventListener("pagehide", () => tell("saiu"));
  let wrote = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "texto" || Date.now() - wrote < REPEAT) return;
    wrote = Date.now();
    tell("escrevendo");
  });
}
