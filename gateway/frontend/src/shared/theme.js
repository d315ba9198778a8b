// The theme is a cookie, so that the server renders the page in it and nothing flashes.

const YEAR = 365 * 24 * 60 * 60;

export function toggleTheme() {
  const root = document.documentElement;
  const shown = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = shown === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `ponte_theme=${next};path=/;max-age=${YEAR};samesite=lax${secure}`;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
});
