// One key presses the button that names it, unless somebody writes.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (button) { event.preventDefault(); button.click(); }
});
