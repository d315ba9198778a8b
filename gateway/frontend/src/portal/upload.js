// <form data-upload>: sends files with progress, and keeps them when the server refuses a field
// (a page rendered again cannot fill a file input; this one never lets go of it). With
// data-upload="kept" the page that comes back names the files the server has taken.
import { enhance, enhanceWithin } from "../shared/enhance.js";
import { release } from "../shared/submit.js";
import { forget } from "./leave.js";

enhance("form[data-upload]", (form) => {
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (files.length === 0 || event.defaultPrevented) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    send(form, event.submitter, files);
  });
});

function send(form, submitter, files) {
  const request = new XMLHttpRequest();
  const bars = [...form.querySelectorAll("[data-chosen] [data-bar]")];
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  for (const bar of bars) bar.hidden = false;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) spread(bars, files, event.loaded / event.total);
  });
  request.addEventListener("load", () => settle(form, request, files));
  request.addEventListener("error", () => failed(form, bars));
  const data = new FormData(form);
  if (submitter?.name) data.set(submitter.name, submitter.value);
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "upload");
  request.send(data);
}

// The parts travel one after the other, so the total tells how far each file is.
function spread(bars, files, share) {
  let sent = share * files.reduce((sum, file) => sum + file.size, 0);
  files.forEach((file, index) => {
    const done = Math.max(0, Math.min(1, sent / file.size));
    bars[index].value = Math.round(done * 100);
    sent -= file.size;
  });
}

function settle(form, request, files) {
  forget(form);
  const moved = request.responseURL && request.responseURL !== form.action;
  if (request.status < 400 && moved) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.querySelector("main");
  if (!main) {
    failed(form, form.querySelectorAll("[data-bar]"));
    return;
  }
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  enhanceWithin(main);
  const picker = main.querySelector("[data-files]");
  const kept = form.dataset.upload === "kept";
  if (request.status === 422 && !kept) picker?.dispatchEvent(new CustomEvent("restore", { detail: files }));
}

function failed(form, bars) {
  for (const bar of bars) bar.hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  release(form);
  const notice = form.querySelector("[data-offline]");
  if (notice) {
    notice.hidden = false;
    notice.focus();
  }
}
