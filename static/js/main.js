// Puts what another page shows in place of what this one does, without leaving it. The other scripts hear of it by htmx's
// event.

export function show(page) {
  const main = document.getElementById("main");
  main.replaceChildren(...page.getElementById("main").childNodes);
  main.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: main } }));
  return main;
}
