// Writes messages to the status region that people can perceive: everything
// outside an open modal dialog is inert, its live regions too.

const PAUSE_MS = 100;
let pending;
let last;

function regionFor(near) {
  const dialog = near.closest("dialog") ?? [...document.querySelectorAll("dialog:modal")].at(-1);
  return dialog?.querySelector('[role="status"]') ?? document.getElementById("status");
}

export function announce(message, near) {
  const region = regionFor(near);
  clearTimeout(pending);
  last = message;
  region.textContent = "";
  // Emptied first and filled later, the same message is read a second time too.
  if (message) pending = setTimeout(() => (region.textContent = message), PAUSE_MS);
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
