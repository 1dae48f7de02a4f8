// Takes a double click for one: its second click would otherwise press
// whatever the answer to the first one put under the pointer.

document.addEventListener("click", (event) => {
  if (event.detail < 2 || !event.target.closest("[type=submit], a[hx-get]")) return;
  event.preventDefault();
  // htmx takes a click on a link even where its own action is prevented.
  event.stopPropagation();
}, true);
