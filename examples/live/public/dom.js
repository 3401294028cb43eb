/**
 * The element with an id, which must be there.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @returns {E}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`there is no #${id}`);
  return /** @type {E} */ (element);
}

/**
 * Sets the text of an element where it differs: what stays the same is neither drawn nor read out again.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * An element with text or children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Record<'className' | 'title' | 'scope', string>>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Says that a button can't be used, and leaves the focus where it is.
 * @param {HTMLElement} button
 * @param {boolean} isDisabled
 */
export function setDisabled(button, isDisabled) {
  button.setAttribute('aria-disabled', String(isDisabled));
}

/**
 * Runs `action` when the button is used, unless it can't be.
 * @param {HTMLElement} button
 * @param {() => unknown} action
 */
export function onUse(button, action) {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') action();
  });
}
