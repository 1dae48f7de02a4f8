// Shows what is typed into the password fields of a form while its box is
// ticked. The box is of no use without this script, so it is hidden until it runs.

const secret = new WeakSet();

function offer(root) {
  for (const box of root.querySelectorAll("[data-reveal]")) {
    for (const field of box.closest("form").querySelectorAll('input[type="password"]')) secret.add(field);
    box.hidden = false;
  }
}

function show(form, shown) {
  for (const field of form.elements) {
    if (secret.has(field)) field.type = shown ? "text" : "password";
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.closest("[data-reveal]")) show(target.form, target.checked);
});

// Browsers remember what was sent in text fields.
document.addEventListener("submit", ({ target: form }) => {
  const box = form.querySelector("[data-reveal] input");
  if (!box) return;
  box.checked = false;
  show(form, false);
});

document.addEventListener("htmx:load", ({ detail: { elt } }) => offer(elt));
offer(document);
