// Forms whose answers are other pages. What was typed would be gone with its page, so the server is first asked whether
// it is there: where it is not, that is told in place.

import { begin, end, endAfter } from "./busy.js";
import { clear, tell } from "./errors.js";

const TIMEOUT_MS = 60_000;
// Nobody tells when the browser was told to stop.
const PATIENCE_MS = 10_000;
// What a proxy says when there is nobody behind it.
const NOBODY_THERE = [502, 504];

// The form that may leave, because the server has answered.
let leaving = null;

// What keeps a form from being sent: one of the messages, or nothing.
async function obstacle() {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { status } = await fetch("/healthz", { method: "HEAD", cache: "no-store", signal });
    return NOBODY_THERE.includes(status) ? "unreachable" : null;
  } catch (error) {
    return error.name === "TimeoutError" ? "no-answer" : "unreachable";
  }
}

// Forms that were sent and from which no other page will come.
export function goesNowhere() {
  for (const form of document.querySelectorAll("form[aria-busy]:not([hx-get], [hx-post])")) end(form);
}

addEventListener("pageshow", ({ persisted }) => persisted && goesNowhere());

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form === leaving) {
    endAfter(form, PATIENCE_MS);
    return;
  }
  event.preventDefault();
  if (form.hasAttribute("aria-busy")) return;
  clear(form);
  begin(form, submitter ?? form.querySelector("[type=submit]"));
  const message = await obstacle();
  if (message !== null) {
    end(form);
    tell(message, form);
  } else if (form.isConnected) {
    leaving = form;
    form.requestSubmit(submitter);
    leaving = null;
  }
});
