// The chat page: a turn without a reload, and answers as they come. <div data-chat data-last="id">
// holds the lines, form[data-chat-form] are the composer and the keyboards in the lines.
import { enhance, enhanceWithin } from "../shared/enhance.js";

const EVERY = 5000;
// Pixels from the end of the page that still count as the end
const NEAR = 200;

enhance("form[data-chat-form]", (form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const data = new FormData(form);
    if (event.submitter?.name) data.set(event.submitter.name, event.submitter.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      if (!answer.ok) throw new Error(answer.status);
      const written = document.querySelector("form.reply textarea")?.value;
      show(await answer.text(), "main");
      // A button leaves what is being written alone; sending it clears it.
      if (!form.matches(".reply") && written) {
        document.querySelector("form.reply textarea").value = written;
      }
      document.querySelector("form.reply textarea")?.focus({ preventScroll: true });
    } catch {
      form.removeAttribute("aria-busy");
      const notice = document.querySelector("form.reply [data-offline]");
      notice.hidden = false;
      notice.focus();
    }
  });
});

enhance("[data-chat]", (log) => {
  if (!document.querySelector("form.reply")) return;
  const timer = setInterval(async () => {
    if (!log.isConnected) clearInterval(timer);
    else if (!document.hidden) await look(log, timer);
  }, EVERY);
});

async function look(log, timer) {
  try {
    const news = await fetch(`/chat/novas?depois=${log.dataset.last}`);
    if (news.status === 404) clearInterval(timer);
    if (news.status !== 200) return;
    const page = await fetch("/chat");
    if (page.ok && log.isConnected) show(await page.text(), "[data-chat]");
  } catch {
    // Offline for a moment: the next look will tell.
  }
}

function show(text, selector) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector(selector);
  if (!fresh || !page.querySelector("[data-chat]")) {
    location.assign("/chat");
    return;
  }
  // Whoever reads further up is not pulled away by an answer, only by a message of their own.
  const { scrollHeight } = document.documentElement;
  const follows = selector === "main" || scrollHeight - innerHeight - scrollY < NEAR;
  document.querySelector(selector).replaceWith(fresh);
  enhanceWithin(fresh);
  if (follows) scroll();
}

function scroll() {
  if (document.querySelector("[data-chat] ~ form.reply")) {
    scrollTo(0, document.documentElement.scrollHeight);
  }
}

scroll();
