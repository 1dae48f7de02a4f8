// Forms whose answers are other pages. What was typed would be gone with its page, so the server is first asked whether it
// can do its work. A form that changes something is then sent from here: an answer that is the same page again is put in
// place of this one, and what went wrong is told beside what was typed. One that only asks leaves as a link does.

import { begin, end, endAfter } from "./busy.js";
import { clear, SESSION_ENDED, tell, TOO_MANY_REQUESTS, wordsFor } from "./errors.js";
import { show } from "./main.js";
import { mayBeLost } from "./secret.js";
import { words } from "./words.js";

const QUESTION_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 60_000;
// Nobody tells when the browser was told to stop.
const PATIENCE_MS = 10_000;
// What a proxy says when there is nobody behind it.
const NOBODY_THERE = [502, 504];
const NOT_READY = 503;

// The form that is about to leave, or whose answer is awaited.
let leaving = null;

// Why a form cannot be sent now, in words; nothing where it can. What knows nothing of this question is no reason.
async function obstacle() {
  try {
    const signal = AbortSignal.timeout(QUESTION_TIMEOUT_MS);
    const answer = await fetch("/readyz", { method: "HEAD", cache: "no-store", redirect: "manual", signal });
    if (NOBODY_THERE.includes(answer.status)) return words("unreachable");
    const refuses = [TOO_MANY_REQUESTS, NOT_READY].includes(answer.status);
    return refuses ? wordsFor(answer.status, answer.headers.get("Retry-After")) : null;
  } catch (error) {
    return words(error.name === "TimeoutError" ? "no-answer" : "unreachable");
  }
}

// Where the browser asks whether to leave, nothing may be done before. Who signs in again gets a page with another head.
function leavesFirst(form) {
  return form.method === "get" || mayBeLost() || form.matches("[data-session-again]");
}

// Does what leads to another page.
function leave(form, go) {
  endAfter(form, PATIENCE_MS);
  go();
}

function stay(form, message) {
  end(form);
  tell(message, form);
}

function showAnswer(form, page) {
  end(form);
  document.title = page.title;
  const main = show(page);
  main.lang = page.documentElement.lang;
  (main.querySelector("[autofocus]") ?? main).focus();
}

function refuse(form, { status, headers }, responseText) {
  end(form);
  const xhr = { status, responseText, getResponseHeader: (name) => headers.get(name) };
  form.dispatchEvent(new CustomEvent("htmx:responseError", { bubbles: true, detail: { elt: form, xhr } }));
}

// Another try is refused where the first one changed the password that it needs.
function answerIsLost(form) {
  const isPassword = form.querySelector('[autocomplete="new-password"]') !== null;
  stay(form, words(isPassword ? "password-unsure" : "no-answer"));
}

function fetchAnswer(form, submitter) {
  return fetch(form.getAttribute("action"), {
    method: "POST",
    body: new URLSearchParams(new FormData(form, submitter)),
    headers: { "HX-Boosted": "true" },
    cache: "no-store",
    // Only what stands between here and the server redirects by itself, such as to a sign-in of its own.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

// What is to be done once the form has its answer.
async function send(form, submitter) {
  try {
    const response = await fetchAnswer(form, submitter);
    if (response.type === "opaqueredirect") return () => leave(form, () => location.reload());
    const elsewhere = response.headers.get("HX-Redirect");
    if (elsewhere !== null) return () => leave(form, () => location.assign(elsewhere));
    if (NOBODY_THERE.includes(response.status)) return () => answerIsLost(form);
    const text = await response.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    if (page.getElementById("main")) return () => showAnswer(form, page);
    const canSignInHere = document.querySelector("[data-session]") !== null;
    if (response.status === SESSION_ENDED && !canSignInHere) return () => leave(form, () => location.assign("/login"));
    return () => refuse(form, response, text);
  } catch {
    return () => answerIsLost(form);
  }
}

// Forms that were sent and from which no other page will come.
export function goesNowhere() {
  leaving = null;
  for (const form of document.querySelectorAll("form[aria-busy]:not([hx-get], [hx-post])")) end(form);
}

addEventListener("pagehide", () => (leaving = null));
addEventListener("pageshow", ({ persisted }) => persisted && goesNowhere());

// Whoever goes elsewhere meanwhile means that, and not the form any more. A window opens over no page that may change.
document.addEventListener("click", (event) => {
  const link = leaving && event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches("[hx-get]")) {
    event.preventDefault();
    event.stopPropagation();
  } else if (!link.matches('[data-file], [href^="#"]')) {
    goesNowhere();
  }
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
  // A form that was replaced meanwhile is busy no longer, and keeps nobody from going elsewhere.
  const isOver = () => {
    if (!form.isConnected) {
      end(form);
      if (leaving === attempt) leaving = null;
    }
    return leaving !== attempt;
  };
  const message = await obstacle();
  if (isOver()) return;
  if (message === null && !leavesFirst(form)) {
    const react = await send(form, submitter);
    if (isOver()) return;
    leaving = null;
    react();
    return;
  }
  leaving = null;
  if (message === null) leave(form, () => form.submit());
  else stay(form, message);
});
