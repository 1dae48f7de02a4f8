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

export function begin(elt, button) {
  elt.setAttribute("aria-busy", "true");
  const state = { undo: () => clearTimeout(timer) };
  const timer = setTimeout(() => (state.undo = say(button)), SLOW_MS);
  slow.set(elt, state);
}

export function end(elt) {
  elt.removeAttribute("aria-busy");
  slow.get(elt)?.undo();
  slow.delete(elt);
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  begin(elt, elt.querySelector("[type=submit]") ?? elt);
});

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt } } }) => end(elt));

// Forms whose answers are other pages, of which none will come.
export function goesNowhere() {
  for (const form of document.querySelectorAll("form[aria-busy]:not([hx-post])")) end(form);
}

addEventListener("pageshow", ({ persisted }) => persisted && goesNowhere());

// A form whose answer is another page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  begin(form, event.submitter ?? form.querySelector("[type=submit]"));
  setTimeout(() => end(form), PATIENCE_MS);
});
