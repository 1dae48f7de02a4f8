// Asks before a client secret is lost that was neither copied nor downloaded.

import { goesNowhere } from "./plain.js";
import { isUnsaved, mayBeLost } from "./secret.js";

// The form that waits for the answer, and the button that was pressed.
let waiting = null;
let goingOn = false;

// Where an answer comes that could be told nowhere else, such as that nothing was deleted.
function awaitsAnswer(dialog) {
  return dialog.querySelector('[method="post"][aria-busy="true"]') !== null;
}

function question() {
  return document.querySelector("[data-unsaved]");
}

function ask(purpose, submitted = null) {
  const dialog = question();
  for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== purpose;
  waiting = submitted;
  dialog.returnValue = "";
  dialog.showModal();
}

// Whether the answer takes the place of the secret. Together with its key it may go.
function replacesSecret(form) {
  const path = form.getAttribute("hx-post");
  if (path === null || path.includes(document.getElementById("client-id").value)) return false;
  return document.querySelector(form.getAttribute("hx-target")).contains(question());
}

document.addEventListener("cancel", (event) => {
  const dialog = event.target;
  const isAsked = isUnsaved() && dialog !== question() && dialog.contains(question());
  const isAwaited = awaitsAnswer(dialog);
  if (isAsked || isAwaited) event.preventDefault();
  if (isAsked && !isAwaited) ask("close");
}, true);

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (goingOn || !isUnsaved() || !replacesSecret(form)) return;
  event.preventDefault();
  event.stopPropagation();
  ask("replace", { form, submitter });
}, true);

// Browsers let a page refuse Escape by the event above only now and then, so that it can keep nobody.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  const dialogs = document.querySelectorAll("dialog:modal");
  if (dialogs.length > 0 && awaitsAnswer([...dialogs].at(-1))) {
    event.preventDefault();
    return;
  }
  if (!isUnsaved()) return;
  if (question().open) {
    if (document.querySelector("[data-session]:modal")) return;
    event.preventDefault();
    question().close();
  } else if (dialogs.length === 1 && dialogs[0].contains(question())) {
    event.preventDefault();
    ask("close");
  }
});

function goOn(dialog) {
  if (waiting === null) {
    dialog.parentElement.closest("dialog").close();
    return;
  }
  goingOn = true;
  waiting.form.requestSubmit(waiting.submitter);
  goingOn = false;
}

// Leaves the secret to be copied, and not another question in front of it.
function goBack(dialog) {
  const asking = waiting?.form.closest("dialog:modal");
  if (asking && !asking.contains(dialog)) asking.close();
}

document.addEventListener("close", ({ target: dialog }) => {
  if (dialog !== question()) return;
  if (dialog.returnValue === "close") goOn(dialog);
  else goBack(dialog);
  waiting = null;
}, true);

// The browser asks in its own words: a page cannot say anything as it is left.
addEventListener("beforeunload", (event) => {
  if (!mayBeLost()) return;
  event.preventDefault();
  // It runs once the browser was answered. Where one stays, the form that would have left is not on its way; where one
  // leaves, pressing it again does no harm.
  setTimeout(goesNowhere);
});
