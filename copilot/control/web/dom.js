/* Small helpers for the document, and what the page remembers between visits. */

export const byId = id => document.getElementById(id);

/** A new element: its class, its text, its attributes. */
export function element(tag, className = "", text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Write text where it is another: the document is not touched for nothing. */
export function write(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

export function press(button, isDown) {
  button.setAttribute("aria-pressed", isDown ? "true" : "false");
}

export const isPressed = button => button.getAttribute("aria-pressed") === "true";

/** Fill a select with [value, text] pairs, unless it holds them already. */
export function fill(select, options, chosen) {
  const now = [...select.options].map(option => `${option.value}\n${option.text}`).join("\t");
  if (now !== options.map(([value, text]) => `${value}\n${text}`).join("\t")) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
  if (chosen !== undefined && select.value !== chosen) select.value = chosen;
}

/** "velocity_scale" → "Velocity scale"; "_ms" and "_bpm" are said by the unit. */
export function asTitle(name) {
  const words = name.replace(/_(ms|bpm|beats)$/, "").replace(/_/g, " ").replace(/^(top|min) ([pk])$/, "$1-$2");
  return words[0].toUpperCase() + words.slice(1);
}

const PREFIX = "copilot.";

/** What was kept on this machine under a name; `otherwise` where there is nothing, or it may not be read. */
export function recall(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch { /* private windows keep nothing: the page works without */ }
}
