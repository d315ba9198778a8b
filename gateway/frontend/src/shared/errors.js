// The summary of a refused form takes focus, so that a screen reader begins with it.
import { enhance } from "./enhance.js";

enhance("[data-error-summary]", (summary) => summary.focus());
