// Warns before the session ends, and lets one stay. The server says how long
// it lasts, since other tabs prolong it too; asking does not.

import { announce } from "./announce.js";
import { SESSION_ENDED } from "./errors.js";
import { duration, words } from "./words.js";

const SECOND = 1000;
// Most pages are left before. Also the pause before a server that is out of reach is asked again.
const FIRST_LOOK = 20 * SECOND;

// What browsers take for a longer time is no time at all to them.
const LONGEST_TIMER = 2 ** 31 - 1;

const dialog = document.querySelector("[data-session]");
let timer;
let endsAt;

function later(action, milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(action, Math.min(milliseconds, LONGEST_TIMER));
}

function send(url, method) {
  return fetch(url, { method, headers: { "HX-Request": "true" }, cache: "no-store" });
}

function show(state) {
  for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(":is(:not([hidden]) > button, a:not([hidden]))[autofocus]").focus();
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

// Where one is, with what was typed into a form that its page can fill in again.
function here() {
  const form = document.querySelector("form[data-resume]");
  if (!form) return location.pathname + location.search;
  const fields = [...form.elements].filter(({ name, type, value }) => name && type !== "hidden" && value);
  return `${form.dataset.resume}?${new URLSearchParams(fields.map(({ name, value }) => [name, value]))}`;
}

function end() {
  clearTimeout(timer);
  dialog.querySelector("[data-session-again]").href = `/login?${new URLSearchParams({ next: here() })}`;
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
  const answer = await send(form.action, "POST").catch(() => null);
  if (answer === null) {
    announce(words("unreachable"), dialog);
    return;
  }
  if (!answer.ok && answer.status !== SESSION_ENDED) {
    announce(words("server-error", { status: answer.status }), dialog);
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
