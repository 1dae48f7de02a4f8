// Warns before the session ends, and lets one stay. The server says how long
// it lasts, since other tabs prolong it too; asking does not.

import { announce } from "./announce.js";
import { begin, end as answered } from "./busy.js";
import { clear, SESSION_ENDED, tell, wordsFor } from "./errors.js";
import { isTypedInto } from "./typed.js";
import { duration, words } from "./words.js";

const SECOND = 1000;
// Most pages are left before. Also the pause before a server that is out of reach is asked again.
const FIRST_LOOK = 20 * SECOND;

// What browsers take for a longer time is no time at all to them.
const LONGEST_TIMER = 2 ** 31 - 1;
const TIMEOUT = 60 * SECOND;

const dialog = document.querySelector("[data-session]");
let timer;
let endsAt;
let shown;

function later(action, milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(action, Math.min(milliseconds, LONGEST_TIMER));
}

function send(url, method) {
  const signal = AbortSignal.timeout(TIMEOUT);
  return fetch(url, { method, headers: { "HX-Request": "true" }, cache: "no-store", signal });
}

// What a dialog says is read out when it opens, and not when it changes.
function show(state) {
  if (!dialog.open || state !== shown) {
    dialog.close();
    clear(dialog);
    for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    dialog.showModal();
    shown = state;
  }
  dialog.querySelector(":not([hidden]) > button[autofocus]").focus();
}

function inWords(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return [minutes && duration(minutes, "minute"), rest && duration(rest, "second")].filter(Boolean).join(" ");
}

function tick() {
  const left = Math.ceil((endsAt - Date.now()) / SECOND);
  if (left <= 0) {
    look();
    return;
  }
  for (const place of dialog.querySelectorAll("[data-session-left]")) place.textContent = inWords(left);
  later(tick, SECOND);
}

// Where one is, and what was typed into a form that its page can fill in again.
function here() {
  const form = [...document.querySelectorAll("form[data-resume]")].reverse().find(isTypedInto);
  if (!form) return { next: location.pathname + location.search, kept: "" };
  const typed = [...new FormData(form)].filter(([name]) => name !== "nonce");
  return { next: form.dataset.resume, kept: new URLSearchParams(typed) };
}

function end() {
  clearTimeout(timer);
  const fields = dialog.querySelector("[data-session-again]").elements;
  for (const [name, value] of Object.entries(here())) fields[name].value = value;
  show("ended");
}

async function look() {
  later(look, FIRST_LOOK);
  const answer = await send(dialog.dataset.session, "GET").catch(() => null);
  if (answer?.status === SESSION_ENDED) {
    end();
    return;
  }
  if (!answer?.ok) return;
  const { seconds_left: left, warn_at: warnAt, can_stay: canStay } = await answer.json();
  if (left > warnAt) {
    dialog.close();
    later(look, (left - warnAt) * SECOND);
    return;
  }
  endsAt = Date.now() + left * SECOND;
  tick();
  show(canStay ? "idle" : "last");
}

async function stay(form) {
  if (form.hasAttribute("aria-busy")) return;
  clear(form);
  begin(form, form.querySelector("button"));
  const answer = await send(form.action, "POST").catch((error) => error);
  answered(form);
  if (answer instanceof Error) {
    tell(words(answer.name === "TimeoutError" ? "no-answer" : "unreachable"), form);
    return;
  }
  if (!answer.ok && answer.status !== SESSION_ENDED) {
    tell(wordsFor(answer.status, answer.headers.get("Retry-After")), form);
    return;
  }
  await look();
  if (!dialog.open) announce(words("stayed"), document.body);
}

if (dialog) {
  dialog.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-session-stay]")) return;
    event.preventDefault();
    stay(event.target);
  });
  // A tab in the background, or a machine that slept, may have missed the moment.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
    if (xhr.status === SESSION_ENDED) end();
  });
  later(look, FIRST_LOOK);
}
