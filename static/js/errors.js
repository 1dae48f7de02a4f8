// Shows why a partial update failed, near to where it was asked for.

import { announce } from "./announce.js";

const SESSION_ENDED = 401;
const TOO_MANY_REQUESTS = 429;

function placeFor(elt) {
  const place = elt.querySelector("[data-errors]");
  return place ?? placeFor(elt.parentElement);
}

function messageIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector('[role="alert"]');
}

function messageWith(words) {
  const message = document.getElementById("failure").content.firstElementChild.cloneNode(true);
  message.querySelector("p").textContent = words;
  return message;
}

// What stands before the server answers in its own way.
function wordsFor(xhr) {
  if (xhr.status !== TOO_MANY_REQUESTS) {
    return `The server could not do this (error ${xhr.status}). Try again later.`;
  }
  const seconds = Number(xhr.getResponseHeader("Retry-After"));
  const pause = seconds > 0 ? `in ${seconds} seconds` : "in a moment";
  return `There were too many requests. Nothing was done. Try again ${pause}.`;
}

function show(message, elt) {
  announce("", elt);
  const place = placeFor(elt);
  place.replaceChildren(message);
  place.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  placeFor(elt).replaceChildren();
  announce("", elt);
});

document.addEventListener("htmx:responseError", ({ detail: { elt, xhr } }) => {
  if (xhr.status === SESSION_ENDED) announce("", elt);
  else show(messageIn(xhr.responseText) ?? messageWith(wordsFor(xhr)), elt);
});

document.addEventListener("htmx:sendError", ({ detail: { elt } }) => {
  show(messageWith("The server could not be reached. It is safe to try again."), elt);
});

document.addEventListener("htmx:timeout", ({ detail: { elt } }) => {
  show(messageWith("The server did not answer. It is safe to try again."), elt);
});
