// Asks before a client secret is lost that was neither copied nor downloaded.

import { isUnsaved } from "./secret.js";

function question() {
  return document.querySelector("[data-unsaved]");
}

function ask() {
  question().returnValue = "";
  question().showModal();
}

document.addEventListener("cancel", (event) => {
  const dialog = event.target;
  if (!isUnsaved() || dialog === question() || !dialog.contains(question())) return;
  event.preventDefault();
  ask();
}, true);

// Browsers let a page refuse Escape by the event above only now and then, so that it can keep nobody.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isUnsaved()) return;
  const dialogs = document.querySelectorAll("dialog:modal");
  if (question().open && dialogs.length === 2) {
    event.preventDefault();
    question().close();
  } else if (dialogs.length === 1) {
    event.preventDefault();
    ask();
  }
});

document.addEventListener("close", ({ target: dialog }) => {
  if (dialog === question() && dialog.returnValue === "close") dialog.parentElement.closest("dialog").close();
}, true);

// The browser asks in its own words: a page cannot say anything as it is left.
addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault();
});
