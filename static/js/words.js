// What scripts say. The words come with the page, in the language of whoever
// reads it, with names in braces where something is put in.

const spoken = document.getElementById("words").content;

export function words(name, values = {}) {
  const { textContent } = spoken.querySelector(`[data-say="${name}"]`);
  return textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// Such as "2 minutes".
export function duration(number, unit) {
  const format = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(number);
}
