// <div data-renew=URL data-csrf=TOKEN data-every=SECONDS>: while the page of a claimed ticket is
// open, the claim is prolonged without a word.
const claim = document.querySelector("[data-renew]");

if (claim) {
  setInterval(() => {
    if (document.visibilityState === "hidden") return;
    fetch(claim.dataset.renew, { method: "POST", headers: { "x-csrf-token": claim.dataset.csrf } }).catch(() => {});
  }, Number(claim.dataset.every) * 1000);
}
