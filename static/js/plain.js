// Forms whose answers are other pages. What was typed would be gone with its page, so the server is first asked whether
// it can do its work: where it cannot, that is told in place.

import { begin, end, endAfter } from "./busy.js";
import { clear, tell, TOO_MANY_REQUESTS, wordsFor } from "./errors.js";
import { words } from "./words.js";

const TIMEOUT_MS = 10_000;
// Nobody tells when the browser was told to stop.
const PATIENCE_MS = 10_000;
// What a proxy says when there is nobody behind it.
const NOBODY_THERE = [502, 504];
const NOT_READY = 503;

// The form that is about to leave, while the server is asked.
let leaving = null;

// Why a form cannot be sent now, in words; nothing where it can. What knows nothing of this question is no reason.
async function obstacle() {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch("/readyz", { method: "HEAD", cache: "no-store", redirect: "manual", signal });
    if (NOBODY_THERE.includes(answer.status)) return words("unreachable");
    const refuses = [TOO_MANY_REQUESTS, NOT_READY].includes(answer.status);
    return refuses ? wordsFor(answer.status, answer.headers.get("Retry-After")) : null;
  } catch (error) {
    return words(error.name === "TimeoutError" ? "no-answer" : "unreachable");
  }
}

// Forms that were sent and from which no other page will come.
export function goesNowhere() {
  leaving = null;
  for (const form of document.querySelectorAll("form[aria-busy]:not([hx-get], [hx-post])")) end(form);
}

addEventListener("pagehide", () => (leaving = null));
addEventListener("pageshow", ({ persisted }) => persisted && goesNowhere());

// Whoever goes elsewhere meanwhile means that, and not the form any more.
document.addEventListener("click", ({ target, ctrlKey, metaKey, shiftKey }) => {
  if (leaving && target.closest("a[href]") && !ctrlKey && !metaKey && !shiftKey) goesNowhere();
}, true);

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-get], [hx-post]")) return;
  event.preventDefault();
  if (form.hasAttribute("aria-busy")) return;
  goesNowhere();
  const attempt = {};
  leaving = attempt;
  clear(form);
  begin(form, submitter ?? form.querySelector("[type=submit]") ?? form);
  const message = await obstacle();
  if (leaving !== attempt || !form.isConnected) return;
  leaving = null;
  if (message === null) {
    endAfter(form, PATIENCE_MS);
    form.submit();
  } else {
    end(form);
    tell(message, form);
  }
});
