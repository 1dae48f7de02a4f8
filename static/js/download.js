// Makes a file of what a button's data-download names by id. The buttons are
// of no use without this script, so they are hidden until it runs.

import { announce } from "./announce.js";
import { noteSaved } from "./secret.js";

const LONG_ENOUGH_MS = 10_000;

function reveal(root) {
  for (const button of root.querySelectorAll("[data-download]")) button.hidden = false;
}

function save(text, fileName) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LONG_ENOUGH_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-download]");
  if (!button) return;
  const text = `${document.getElementById(button.dataset.download).textContent}\n`;
  save(text, button.dataset.fileName);
  noteSaved(text);
  announce(button.dataset.downloaded, button);
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => reveal(target));
reveal(document);
