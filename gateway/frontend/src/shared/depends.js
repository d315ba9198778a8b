// <select data-depends="id">: of its groups (<optgroup data-parent=…>) only the one of the other
// field's value stays. Without a script all stand there, and the server checks the pair.
import { enhance } from "./enhance.js";

enhance("select[data-depends]", (select) => {
  const parent = document.getElementById(select.dataset.depends);
  const field = select.closest(".f");
  const groups = [...select.querySelectorAll("optgroup")];
  const show = () => {
    const chosen = select.value;
    const fitting = groups.filter(({ dataset }) => dataset.parent === parent.value);
    for (const group of groups) group.remove();
    select.append(...fitting);
    select.value = [...select.options].some(({ value }) => value === chosen) ? chosen : "";
    field.hidden = fitting.length === 0;
    select.disabled = field.hidden;
  };
  parent.addEventListener("change", show);
  show();
});
