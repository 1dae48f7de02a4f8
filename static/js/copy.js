// Copies what a button's data-copy names by id. The buttons are of no use
// without this script, so they are hidden until it runs.

import { announce } from "./announce.js";
import { noteSaved } from "./secret.js";
import { words } from "./words.js";

const DONE_MARK_MS = 2000;

function reveal(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

function select(source) {
  if (source instanceof HTMLInputElement) source.select();
  else getSelection().selectAllChildren(source);
}

async function copy(source, button) {
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
    noteSaved(text);
    return true;
  } catch {
    // No clipboard on plain http, or not allowed: the older way takes the selection.
    select(source);
    if (!document.execCommand("copy")) return false;
    getSelection().removeAllRanges();
    button.focus();
    return true;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const copied = await copy(document.getElementById(button.dataset.copy), button);
  if (!copied) {
    announce(words("copy-refused"), button);
    return;
  }
  announce(button.dataset.copied, button);
  button.dataset.done = "";
  setTimeout(() => delete button.dataset.done, DONE_MARK_MS);
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => reveal(target));
document.addEventListener("htmx:load", ({ detail: { elt } }) => reveal(elt));
reveal(document);
