// Tells whether something was typed into a form, or chosen in it: now, or before the server sent it back with what is
// wrong.

function chosenAtFirst(options) {
  return [...options].find((option) => option.defaultSelected) ?? options[0];
}

export function isTypedInto(form) {
  if (form.hasAttribute("data-typed")) return true;
  return [...form.elements].some((field) => {
    if (field.options) return !chosenAtFirst(field.options).selected;
    return "defaultValue" in field && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  });
}
