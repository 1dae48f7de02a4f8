// Says that the server is at work, and on the button once it takes its time.

import { announce, retract } from "./announce.js";
import { words } from "./words.js";

const SLOW_MS = 400;
const underWay = new WeakMap();

// A button without words of its own for it, such as an icon, shows it by its looks alone.
function say(button) {
  const message = button.dataset.busy ?? words("waiting");
  const label = button.dataset.busy && button.lastChild;
  const before = label?.textContent;
  if (label) label.textContent = message;
  button.setAttribute("aria-disabled", "true");
  announce(message, button, { lasts: true });
  return () => {
    if (label) label.textContent = before;
    button.removeAttribute("aria-disabled");
    retract(message);
  };
}

export function begin(elt, button) {
  elt.setAttribute("aria-busy", "true");
  const state = { undo() {} };
  state.slow = setTimeout(() => (state.undo = say(button)), SLOW_MS);
  underWay.set(elt, state);
}

export function end(elt) {
  elt.removeAttribute("aria-busy");
  const state = underWay.get(elt);
  if (!state) return;
  clearTimeout(state.slow);
  clearTimeout(state.patience);
  state.undo();
  underWay.delete(elt);
}

export function endAfter(elt, milliseconds) {
  underWay.get(elt).patience = setTimeout(end, milliseconds, elt);
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  begin(elt, elt.querySelector("[type=submit]") ?? elt);
});

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt } } }) => end(elt));
