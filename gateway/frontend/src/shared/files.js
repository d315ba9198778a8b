// <div data-files> around <input type=file multiple> and <ul data-chosen>: adds by picker, drop
// and paste, lists with removal, refuses at once what the server would refuse. Attributes of
// data-files: data-max-count, data-max-bytes, data-types (".pdf .png ..."), and the sentences
// data-too-many, data-too-big, data-wrong-type, data-empty, data-remove with {name}. Of several in
// a form the one with data-pasted takes what is pasted.
import { enhance } from "./enhance.js";

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
  let chosen = [];

  const refuse = (sentence, name) => {
    problem.hidden = false;
    problem.querySelector("[data-word]").textContent = sentence.replace("{name}", name);
  };

  const wrong = (file) => {
    const name = file.name.toLowerCase();
    if (file.size === 0) return rules.empty;
    if (file.size > Number(rules.maxBytes)) return rules.tooBig;
    if (!rules.types.split(" ").some((type) => name.endsWith(type))) return rules.wrongType;
    return null;
  };

  const add = (files) => {
    problem.hidden = true;
    for (const file of files) {
      const sentence = wrong(file);
      if (sentence) refuse(sentence, file.name);
      else if (chosen.length >= Number(rules.maxCount)) refuse(rules.tooMany, file.name);
      else chosen.push(file);
    }
    keep();
  };

  const keep = () => {
    const transfer = new DataTransfer();
    for (const file of chosen) transfer.items.add(file);
    input.files = transfer.files;
    list.replaceChildren(...chosen.map(row));
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const row = (file, index) => {
    const item = box.querySelector("template").content.firstElementChild.cloneNode(true);
    item.querySelector("b").textContent = file.name;
    item.querySelector("small").textContent = size(file.size);
    const button = item.querySelector("button");
    button.setAttribute("aria-label", rules.remove.replace("{name}", file.name));
    button.addEventListener("click", () => {
      chosen.splice(index, 1);
      keep();
      (list.querySelectorAll("button")[Math.min(index, chosen.length - 1)] ?? input).focus();
    });
    return item;
  };

  // A picker replaces its list; ours grows, so what it now holds is taken as an addition.
  input.addEventListener("change", (event) => {
    event.stopPropagation();
    add([...input.files]);
  });
  box.addEventListener("restore", (event) => add(event.detail));
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
  if ("pasted" in rules) input.form?.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  });
  keep();
});
