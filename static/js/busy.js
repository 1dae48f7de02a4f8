// Says that the server is at work, and on the button once it takes its time. Further clicks do nothing.

import { announce, retract } from "./announce.js";
import { words } from "./words.js";

const SLOW_MS = 400;
// Nobody tells when the browser was told to stop.
const PATIENCE_MS = 10_000;
const slow = new WeakMap();

// A button without words of its own for it, such as an icon, shows it by its looks alone.
function say(button) {
  const message = button.dataset.busy ?? words("waiting");
  const label = button.dataset.busy && button.lastChild;
  const before = label?.textContent;
  if (label) label.textContent = message;
  button.setAttribute("aria-disabled", "true");
  announce(message, button);
  return () => {
    if (label) label.textContent = before;
    button.removeAttribute("aria-disabled");
    retract(message);
  };
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  elt.setAttribute("aria-busy", "true");
  const button = elt.querySelector("[type=submit]") ?? elt;
  const state = { undo: () => clearTimeout(timer) };
  const timer = setTimeout(() => (state.undo = say(button)), SLOW_MS);
  slow.set(elt, state);
});

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt } } }) => {
  elt.removeAttribute("aria-busy");
  slow.get(elt)?.undo();
});

// A form whose answer is another page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  setTimeout(() => form.removeAttribute("aria-busy"), PATIENCE_MS);
});
