// Elements without templates: texts stay texts, so nothing in a file becomes markup.

/** An element with attributes (functions become listeners) and children (null is left out). */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "style") Object.entries(value).forEach((rule) => element.style.setProperty(...rule));
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

/** The element of that id. */
export const $ = (id) => document.getElementById(id);
