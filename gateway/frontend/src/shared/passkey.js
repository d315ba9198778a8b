// <form data-passkey="get|create" data-ask=URL>: asks the server for a question (JSON: options and
// token), has the device answer it, and sends both in the fields `answer` and `token`. The form is
// hidden until here, because nothing of it works without a script or on an old browser. [data-failed]
// in it says that the device did not answer; a form of htmx waits for the event "passkey-ready".
import { enhance } from "./enhance.js";
import { release } from "./submit.js";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const read = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: read(options.excludeCredentials),
    },
  });
  const { attestationObject, clientDataJSON } = made.response;
  return written(made, {
    attestationObject: text(attestationObject),
    clientDataJSON: text(clientDataJSON),
  });
}

async function get(options) {
  const shown = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: read(options.allowCredentials),
    },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = shown.response;
  return written(shown, {
    authenticatorData: text(authenticatorData),
    clientDataJSON: text(clientDataJSON),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
}

const written = (credential, response) =>
  JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });

async function answer(form) {
  const csrf = form.elements.csrf.value;
  const asked = await fetch(form.dataset.ask, { method: "POST", headers: { "x-csrf-token": csrf } });
  const question = await asked.json();
  if (question.confirm) {
    location.assign(question.confirm);
    return false;
  }
  if (!asked.ok) throw new Error(asked.status);
  const ceremony = form.dataset.passkey === "create" ? create : get;
  form.elements.answer.value = await ceremony(JSON.parse(question.options));
  form.elements.token.value = question.token;
  return true;
}

enhance("form[data-passkey]", (form) => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  form.hidden = false;
  for (const part of document.querySelectorAll("[data-with-passkey]")) part.hidden = false;
  const failed = form.querySelector("[data-failed]");

  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    failed.hidden = true;
    try {
      if (!(await answer(form))) return;
      release(form);
      if (form.hasAttribute("hx-post")) form.dispatchEvent(new Event("passkey-ready"));
      else form.requestSubmit();
    } catch {
      // Nobody touched the device, or it has no key for us.
      release(form);
      failed.hidden = false;
    }
  });
});
