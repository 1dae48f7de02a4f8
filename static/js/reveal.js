// Shows what is typed into the password fields of a form while its box is
// ticked. The box is of no use without this script, so it is hidden until it runs.

for (const box of document.querySelectorAll("[data-reveal]")) {
  const input = box.querySelector("input");
  const fields = [...input.form.querySelectorAll('input[type="password"]')];
  const show = (shown) => {
    for (const field of fields) field.type = shown ? "text" : "password";
  };
  input.addEventListener("change", () => show(input.checked));
  // Browsers remember what was sent in text fields.
  input.form.addEventListener("submit", () => {
    input.checked = false;
    show(false);
  });
  box.hidden = false;
}
