// Shows why something could not be done, near to where it was asked for.

import { announce } from "./announce.js";
import { duration, words } from "./words.js";

export const SESSION_ENDED = 401;
export const TOO_MANY_REQUESTS = 429;
// From so many seconds on, a time is told in minutes.
const LONG_WAIT = 120;

function placeFor(elt) {
  const place = elt.querySelector("[data-errors]");
  return place ?? placeFor(elt.parentElement);
}

function messageIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector('[role="alert"]');
}

function messageWith(text) {
  const message = document.getElementById("failure").content.firstElementChild.cloneNode(true);
  message.querySelector("p").textContent = text;
  return message;
}

function wait(seconds) {
  return seconds < LONG_WAIT ? duration(seconds, "second") : duration(Math.ceil(seconds / 60), "minute");
}

// What stands before the server answers in its own way. How long to wait is told in seconds, where it is told.
export function wordsFor(status, retryAfter) {
  if (status !== TOO_MANY_REQUESTS) return words("server-error", { status });
  const seconds = Number(retryAfter);
  if (seconds > 0) return words("too-many-requests-until", { time: wait(seconds) });
  return words("too-many-requests");
}

// A field that the message called wrong is not called so any longer.
export function clear(elt) {
  const place = placeFor(elt);
  for (const { id } of place.querySelectorAll("[id]")) {
    for (const field of document.querySelectorAll(`[aria-describedby~="${id}"]`)) {
      field.removeAttribute("aria-invalid");
      const others = field.getAttribute("aria-describedby").split(" ").filter((other) => other !== id);
      if (others.length > 0) field.setAttribute("aria-describedby", others.join(" "));
      else field.removeAttribute("aria-describedby");
    }
  }
  place.replaceChildren();
  announce("", elt);
}

function show(message, elt) {
  announce("", elt);
  const place = placeFor(elt);
  place.replaceChildren(message);
  place.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  clear(elt);
});

document.addEventListener("htmx:responseError", ({ detail: { elt, xhr } }) => {
  if (xhr.status === SESSION_ENDED) {
    announce("", elt);
    return;
  }
  const message = messageIn(xhr.responseText);
  show(message ?? messageWith(wordsFor(xhr.status, xhr.getResponseHeader("Retry-After"))), elt);
});

export function tell(text, elt) {
  show(messageWith(text), elt);
}

document.addEventListener("htmx:sendError", ({ detail: { elt } }) => tell(words("unreachable"), elt));

document.addEventListener("htmx:timeout", ({ detail: { elt } }) => tell(words("no-answer"), elt));
