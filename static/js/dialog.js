// Opens fragments that are dialogs over the page, and puts back the address
// and the focus when they close.

import { show } from "./main.js";
import { isTypedInto } from "./typed.js";

const page = address();
const instanceName = document.querySelector(".brand").textContent.trim();
let title;
let changed = false;
const openers = new WeakMap();

function address() {
  return location.pathname + location.search;
}

// A window has an address of its own.
function isWindow(host) {
  return host.hasAttribute("data-window");
}

function open(dialog, opener) {
  // A dialog already open as part of a page refuses to become modal.
  dialog.removeAttribute("open");
  dialog.showModal();
  openers.set(dialog, opener);
  const heading = document.getElementById(dialog.getAttribute("aria-labelledby"));
  if (isWindow(dialog.parentElement)) {
    title = document.title;
    document.title = `${heading.textContent} – ${instanceName}`;
  }
  if (!dialog.querySelector("[autofocus]")) heading.focus();
}

// Closes a dialog as Escape does, so that it can refuse.
function close(dialog) {
  const willing = dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
  if (willing) dialog.close();
  return willing;
}

// An answer with a question about what is not there any more.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (!requestConfig.elt.isConnected && xhr.responseText.includes(" data-dialog")) event.preventDefault();
});

document.addEventListener("htmx:afterSwap", ({ detail: { target, requestConfig } }) => {
  const { elt, triggeringEvent } = requestConfig;
  const dialog = target.querySelector("[data-dialog]");
  if (dialog) {
    open(dialog, triggeringEvent?.submitter ?? elt);
    return;
  }
  changed = true;
  const asking = elt.closest("dialog:modal");
  if (asking && !asking.contains(target)) asking.close();
});

document.addEventListener("close", ({ target: dialog }) => {
  const opener = openers.get(dialog);
  if (!opener) return;
  const host = dialog.parentElement;
  host.replaceChildren();
  if (isWindow(host)) {
    document.title = title;
    if (address() !== page) history.back();
    if (changed) refresh();
  }
  if (opener.isConnected || document.activeElement === document.body) focusAgain(opener);
}, true);

// What was done in a window shows in some of the pages under it, such as the number of keys.
async function refresh() {
  changed = false;
  if (!document.querySelector("[data-shows-keys]")) return;
  const response = await fetch(page, { cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  // What was typed counts for more than what has changed.
  if ([...document.querySelectorAll("main form")].some(isTypedInto)) return;
  const unfolded = document.querySelector("main details")?.open ?? false;
  fresh.querySelector("main details")?.toggleAttribute("open", unfolded);
  // Whoever closed the window may have gone on meanwhile.
  const focused = document.activeElement;
  show(fresh);
  if (!focused.isConnected) focusAgain(focused);
}

// Gives the focus to an element, or to what stands in its place now.
function focusAgain(element) {
  const place = element.isConnected ? element : sameAs(element) ?? document.querySelector(".page-account [hx-get]");
  place?.focus();
}

// The last one: the header, which comes first, is never replaced.
function sameAs(element) {
  const same = (other) => ["id", "href", "ariaLabel", "textContent"].every((name) => other[name] === element[name]);
  return [...document.querySelectorAll(element.localName)].reverse().find(same);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-dismiss]")) return;
  const dialog = event.target.closest("dialog:modal");
  if (!dialog) return;
  event.preventDefault();
  close(dialog);
});

// A dialog that is a page of its own knows nothing of Escape. One over it closes first, and by itself.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog:modal")) return;
  document.querySelector("dialog[open] [data-escape]")?.requestSubmit();
});

// What Back and Forward show is decided here, not by htmx.
document.addEventListener("htmx:historyCacheMiss", (event) => event.preventDefault());

addEventListener("popstate", () => {
  if (address() === page) {
    const closed = [...document.querySelectorAll("dialog:modal")].reverse().every(close);
    if (!closed) history.forward();
  } else if (!document.querySelector("[data-window] dialog")) {
    // Forward to a window that was closed: only the server can show it again.
    location.reload();
  }
});
