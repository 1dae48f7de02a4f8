// Says on a button that the server takes its time.

import { announce } from "./announce.js";

const SLOW_MS = 400;
const slow = new WeakMap();

function say(button) {
  const label = button.lastChild;
  const before = label.textContent;
  label.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
  announce(button.dataset.busy, button);
  return () => {
    label.textContent = before;
    button.removeAttribute("aria-disabled");
  };
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  const button = elt.querySelector("[data-busy]");
  if (!button) return;
  const state = { undo: () => clearTimeout(timer) };
  const timer = setTimeout(() => (state.undo = say(button)), SLOW_MS);
  slow.set(elt, state);
});

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig } }) => slow.get(requestConfig.elt)?.undo());
