// <div data-files> around <input type=file multiple> and <ul data-chosen>: adds by picker, drop
// and paste, lists with removal, refuses at once what the server would refuse. Attributes of
// data-files: data-max-count, data-max-bytes, data-types (".pdf .png ..."), and its sentences, with
// {name} (see templates/parts/files.html). Of several in a form the one with data-pasted takes what
// is pasted. In a form with data-pieces=URL each file leaves when it is chosen, and the form holds
// its name among the data-kept fields once the server has it; in any other they go with the form.
import { enhance } from "./enhance.js";
import { send } from "./pieces.js";
import { expect, settled } from "./waiting.js";

const sizes = new Intl.NumberFormat("pt-BR", { maximumFractionDigits: 1 });

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${sizes.format(Math.round(bytes / 1024))} KB`;
  return `${sizes.format(bytes / 1024 / 1024)} MB`;
}

enhance("[data-files]", (box) => {
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-chosen]");
  const problem = box.querySelector("[data-problem]");
  const rules = box.dataset;
  const form = input.form;
  const leaves = form?.dataset.pieces !== undefined;
  let chosen = [];

  const line = problem.firstElementChild;

  // Of several chosen at once each says its own.
  const refuse = (sentence) => {
    const said = line.cloneNode(true);
    said.querySelector("[data-word]").textContent = sentence;
    problem.append(said);
    problem.hidden = false;
  };

  const wrong = (file) => {
    const name = file.name.toLowerCase();
    if (file.size === 0) return rules.empty;
    if (file.size > Number(rules.maxBytes)) return rules.tooBig;
    if (!rules.types.split(" ").some((type) => name.endsWith(type))) return rules.wrongType;
    return null;
  };

  const add = (files) => {
    problem.replaceChildren();
    problem.hidden = true;
    const left = [];
    for (const file of files) {
      const sentence = wrong(file);
      if (sentence) refuse(sentence.replace("{name}", file.name));
      else if (chosen.length >= Number(rules.maxCount)) left.push(file.name);
      else chosen.push({ file, item: row(file) });
    }
    if (left.length === 1) refuse(rules.tooMany.replace("{name}", left[0]));
    else if (left.length) refuse(rules.manyLeft.replace("{count}", left.length));
    keep();
    if (leaves) for (const each of chosen) each.cancel ??= leave(each);
  };

  const keep = () => {
    const transfer = new DataTransfer();
    if (!leaves) for (const { file } of chosen) transfer.items.add(file);
    input.files = transfer.files;
    list.replaceChildren(...chosen.map(({ item }) => item));
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const row = (file) => {
    const item = box.querySelector("template").content.firstElementChild.cloneNode(true);
    item.querySelector("b").textContent = file.name;
    item.querySelector("[data-state]").textContent = size(file.size);
    item.querySelector("[data-bar]").setAttribute("aria-label", file.name);
    const button = item.querySelector("button");
    button.setAttribute("aria-label", (leaves ? rules.cancel : rules.remove).replace("{name}", file.name));
    button.addEventListener("click", () => take(item));
    return item;
  };

  const take = (item) => {
    const index = chosen.findIndex((each) => each.item === item);
    chosen.splice(index, 1)[0].cancel?.();
    settled(form, item);
    keep();
    (list.querySelectorAll("button")[Math.min(index, chosen.length - 1)] ?? input).focus();
    changed();
  };

  // What the server holds of a form is part of what is kept of it.
  const changed = () => {
    if (leaves) box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const leave = ({ file, item }) => {
    const bar = item.querySelector("[data-bar]");
    const state = item.querySelector("[data-state]");
    const words = { sending: rules.sending, checking: rules.checking, offline: rules.noLine, again: rules.again, over: rules.over };
    let sent = 0;
    let said = "sending";
    const show = () => {
      bar.value = (sent / file.size) * 100;
      item.classList.toggle("stopped", ["offline", "again", "over"].includes(said));
      state.textContent = words[said].replace("{sent}", size(sent)).replace("{size}", size(file.size));
    };
    const tell = {
      progress(octets) {
        sent = octets;
        show();
      },
      state(word) {
        if (word !== said && item.matches(".stopped") === (word === "sending")) say(word === "sending" ? null : `${file.name}: ${words[word]}`);
        said = word;
        show();
      },
      done(token) {
        bar.remove();
        state.remove();
        item.classList.remove("stopped");
        const done = item.querySelector("[data-done]");
        done.hidden = false;
        done.querySelector("span").textContent = rules.sent.replace("{size}", size(file.size));
        item.querySelector("button").setAttribute("aria-label", rules.remove.replace("{name}", file.name));
        item.append(field(form.dataset.kept, token));
        say(`${file.name}: ${done.textContent}`);
        settled(form, item);
        changed();
      },
      refused(sentence) {
        chosen = chosen.filter((each) => each.item !== item);
        keep();
        refuse(plain(sentence) ?? rules.refused.replace("{name}", file.name));
        settled(form, item, input);
      },
    };
    for (const old of box.querySelectorAll("[data-begun]")) {
      if (old.dataset.name === file.name && Number(old.dataset.size) === file.size) old.remove();
    }
    bar.hidden = false;
    show();
    expect(form, item);
    const fields = { ref: form.dataset.ref ?? "", field: input.name, writer: form.elements.writer?.value ?? "" };
    return send(file, { url: form.dataset.pieces, csrf: form.elements.csrf.value, fields }, tell);
  };

  const say = (sentence) => {
    box.querySelector("[data-said]").textContent = sentence ?? "";
  };

  // A picker replaces its list; ours grows, so what it now holds is taken as an addition.
  input.addEventListener("change", (event) => {
    event.stopPropagation();
    add([...input.files]);
  });
  box.addEventListener("click", (event) => {
    const old = event.target.closest("[data-begun] button")?.parentElement;
    if (!old) return;
    const headers = { "x-csrf-token": form.elements.csrf.value };
    fetch(`${form.dataset.pieces}/${old.dataset.begun}/remover`, { method: "POST", headers }).catch(() => {});
    old.remove();
    input.focus();
  });
  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.querySelector(".drop").classList.add("over");
  });
  for (const name of ["dragleave", "drop"]) {
    box.addEventListener(name, () => box.querySelector(".drop").classList.remove("over"));
  }
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
  if ("pasted" in rules) form?.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  });
  keep();
});

function field(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

// The server's sentence is written for a page
function plain(sentence) {
  return sentence && new DOMParser().parseFromString(sentence, "text/html").body.textContent.trim();
}
