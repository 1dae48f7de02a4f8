// Speaks the few htmx attributes these pages use, under htmx's names for
// attributes, headers and events, so that htmx itself could take its place.

const TIMEOUT_MS = 60_000;

// As hx-sync="#target:drop": what waits for an answer takes no other one.
const busy = new WeakSet();

function requestOf(elt) {
  const verb = elt.hasAttribute("hx-post") ? "post" : "get";
  return { verb, path: elt.getAttribute(`hx-${verb}`) };
}

function targetOf(elt) {
  const selector = elt.getAttribute("hx-target");
  if (selector === null) return elt;
  if (selector.startsWith("closest ")) return elt.closest(selector.slice("closest ".length));
  return document.querySelector(selector);
}

function emit(elt, name, detail) {
  return elt.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail: { elt, ...detail } }));
}

async function fetchText(elt, { verb, path }, submitter) {
  const fields = elt instanceof HTMLFormElement ? new FormData(elt, submitter) : new FormData();
  const encoded = new URLSearchParams(fields);
  const url = new URL(path, location.href);
  if (verb === "get") encoded.forEach((value, name) => url.searchParams.append(name, value));

  const response = await fetch(url, {
    method: verb.toUpperCase(),
    body: verb === "get" ? undefined : encoded,
    headers: { "HX-Request": "true" },
    // A stored fragment must never be shown as the page of the same address.
    cache: "no-store",
    // Only what stands between here and the server redirects by itself, such as to a sign-in of its own.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { response, text: await response.text() };
}

function swap(target, style, html) {
  if (style === "none") return target;
  if (style === "outerHTML") {
    const parent = target.parentElement;
    target.outerHTML = html;
    return parent;
  }
  target.innerHTML = html;
  return target;
}

async function run(elt, target, triggeringEvent) {
  const request = requestOf(elt);
  const detail = { target, requestConfig: { ...request, elt, triggeringEvent } };
  busy.add(target);
  try {
    emit(elt, "htmx:beforeRequest", detail);
    const { response, text } = await fetchText(elt, request, triggeringEvent.submitter);
    if (response.type === "opaqueredirect") {
      location.reload();
      return;
    }
    const getResponseHeader = (name) => response.headers.get(name);
    detail.xhr = { status: response.status, responseText: text, getResponseHeader };

    const elsewhere = response.headers.get("HX-Redirect");
    if (elsewhere !== null) {
      location.assign(elsewhere);
      return;
    }
    if (!response.ok) {
      emit(elt, "htmx:responseError", detail);
      return;
    }
    if (!target.isConnected || !emit(target, "htmx:beforeSwap", detail)) return;
    if (elt.getAttribute("hx-push-url") === "true") history.pushState(null, "", request.path);
    const changed = swap(target, elt.getAttribute("hx-swap"), text);
    emit(changed, "htmx:afterSwap", detail);
    emit(changed, "htmx:afterSettle", detail);
  } catch (error) {
    if (error.name === "TimeoutError") emit(elt, "htmx:timeout", detail);
    else if (error instanceof TypeError) emit(elt, "htmx:sendError", detail);
    else throw error;
  } finally {
    busy.delete(target);
    // What was swapped away is heard by nobody.
    emit(elt.isConnected ? elt : document.body, "htmx:afterRequest", detail);
  }
}

function take(event, elt) {
  event.preventDefault();
  const target = targetOf(elt);
  if (target && !busy.has(target)) run(elt, target, event);
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const elt = event.target.closest(":is(a, button):is([hx-get], [hx-post])");
  if (elt) take(event, elt);
});

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.matches("[hx-get], [hx-post]")) take(event, event.target);
});
