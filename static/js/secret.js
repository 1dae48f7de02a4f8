// A client secret stays on screen only as long as the window that showed it:
// the browser's back/forward cache would otherwise bring it back.

function clearSecrets(root) {
  for (const element of root.querySelectorAll("[data-secret]")) {
    if (element instanceof HTMLInputElement) {
      element.defaultValue = "";
      element.value = "";
    } else {
      element.remove();
    }
  }
}

addEventListener("pagehide", () => clearSecrets(document));
document.addEventListener("close", (event) => clearSecrets(event.target), true);
