// A client secret stays on screen only as long as the window that showed it:
// the browser's back/forward cache would otherwise bring it back.

function field() {
  return document.getElementById("client-secret");
}

// Whether there is a secret on screen that nobody has anywhere else.
export function isUnsaved() {
  return Boolean(field()?.value) && !("saved" in field().dataset);
}

// Whether a secret would be lost with the page: it is unsaved, or on its way to where only this page will ever show it.
export function mayBeLost() {
  return isUnsaved() || document.querySelector('[hx-post="/profile/api-keys"][aria-busy="true"]') !== null;
}

// Tells that a text has left the page: by the clipboard, or as a file.
export function noteSaved(text) {
  if (isUnsaved() && text.includes(field().value)) field().dataset.saved = "";
}

function clearSecrets(root) {
  for (const element of root.querySelectorAll("[data-secret]")) element.remove();
}

// Copied with the keyboard or a menu.
document.addEventListener("copy", ({ target }) => {
  const isField = target instanceof HTMLInputElement;
  noteSaved(isField ? target.value.slice(target.selectionStart, target.selectionEnd) : String(getSelection()));
});

addEventListener("pagehide", () => clearSecrets(document));
document.addEventListener("close", (event) => clearSecrets(event.target), true);
