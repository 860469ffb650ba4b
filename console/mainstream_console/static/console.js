// One key presses the button that names it, unless somebody writes.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (button) { event.preventDefault(); button.click(); }
});

// A note that somebody writes is not swapped away by an alert that is new: the next one brings both.
document.addEventListener("htmx:beforeRequest", (event) => {
  const notes = event.detail.elt.id === "alerts" ? [...event.detail.elt.querySelectorAll("[name=note]")] : [];
  if (notes.some((each) => each.value !== each.defaultValue)) event.preventDefault();
});
