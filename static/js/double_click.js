// Takes a double click for one: its second click would otherwise press
// whatever the answer to the first one put under the pointer.

document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("[type=submit], a[hx-get]")) event.preventDefault();
}, true);
