// Elements of the page, with nothing but text in them: never markup from outside.

function make(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = Object.assign(document.createElement(tag || "div"), properties);
  element.classList.add(...classes);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const icon = (name) => make("i.material-icons", { textContent: name, ariaHidden: "true" });
const keyCap = (key) => make("kbd.key", { textContent: key });
