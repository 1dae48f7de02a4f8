// Gives the focus a sensible place when what had it was swapped away.

let rowsBefore = [];

function rowsOf(root) {
  return [...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
}

function afterRemoval(root, removed) {
  const following = rowsBefore.slice(rowsBefore.indexOf(removed) + 1);
  const next = following.find((id) => rowsOf(root).includes(id));
  return root.querySelector(next ? `[data-row="${CSS.escape(next)}"] button` : "#api-keys-heading");
}

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  rowsBefore = rowsOf(target);
});

// Only then: htmx gives the focus to what has autofocus when it has settled.
document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => {
  const removed = target.querySelector("[data-removed]");
  const place = removed ? afterRemoval(target, removed.dataset.removed) : target.querySelector("[autofocus]");
  place?.focus();
  // As much of the credentials as fits, not only their heading, which has the focus.
  place?.closest(".credentials")?.scrollIntoView({ block: "nearest" });
});
