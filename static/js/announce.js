// Writes messages to the status region that people can perceive: everything
// outside an open modal dialog is inert, its live regions too.

const PAUSE_MS = 100;
const LONG_ENOUGH_MS = 10_000;
let pending;
let last;
// When the message of a region goes.
const going = new WeakMap();

function regionFor(near) {
  const dialog = near.closest("dialog") ?? [...document.querySelectorAll("dialog:modal")].at(-1);
  return dialog?.querySelector('[role="status"]') ?? document.getElementById("status");
}

// Over a page, what was said goes after a while. Its place stays, so that nothing moves.
export function announce(message, near, { lasts = false } = {}) {
  const region = regionFor(near);
  clearTimeout(pending);
  clearTimeout(going.get(region));
  last = message;
  region.textContent = "";
  delete region.dataset.over;
  if (!message) return;
  // Emptied first and filled later, the same message is read a second time too.
  pending = setTimeout(() => (region.textContent = message), PAUSE_MS);
  if (!lasts) going.set(region, setTimeout(() => (region.dataset.over = ""), LONG_ENOUGH_MS));
}

// Takes back what is no longer so, wherever it stands.
export function retract(message) {
  if (last === message) clearTimeout(pending);
  for (const region of document.querySelectorAll('[role="status"]')) {
    if (region.textContent === message) region.textContent = "";
  }
}

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  announce(target.querySelector("[data-announce]")?.dataset.announce, target);
});
