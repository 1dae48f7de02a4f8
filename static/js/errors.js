// Shows why a partial update failed, near to where it was asked for.

import { announce } from "./announce.js";

function placeFor(elt) {
  return (elt.closest("dialog") ?? document).querySelector("[data-errors]");
}

function messageIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector('[role="alert"]');
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  placeFor(elt).replaceChildren();
  announce("", elt);
});

document.addEventListener("htmx:responseError", ({ detail: { elt, xhr } }) => {
  const message = messageIn(xhr.responseText);
  if (!message) {
    announce(`The server could not do this (error ${xhr.status}). Try again later.`, elt);
    return;
  }
  const place = placeFor(elt);
  place.replaceChildren(message);
  place.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:sendError", ({ detail: { elt } }) => {
  announce("The server could not be reached. It is safe to try again.", elt);
});
