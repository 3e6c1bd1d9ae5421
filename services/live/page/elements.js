/** @param {string} id */
export function element(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

/** Leaves the document alone where nothing changed, so that selections and screen readers aren't disturbed.
 * @param {Element} target @param {string} text */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** @param {string} name @param {string} text @param {string} [className] */
export function make(name, text, className) {
  const made = document.createElement(name)
  made.textContent = text
  if (className) made.className = className
  return made
}
