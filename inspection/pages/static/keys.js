// Keys of every page: `?` shows the keys, Alt with a number leads to that page of the navigation, an open dialog keeps the
// Tab key, and single-key shortcuts can be turned off in this browser (WCAG 2.1.4), for those who speak to their machine
// or whose hand slips.
(() => {
  const STORED = "inspection.single-keys";
  const CAN_TAKE_KEYS = "a[href], button, input, select, textarea, [tabindex]";
  const WRITTEN_IN = "input, textarea, select, [contenteditable=true]";

  function areOff() {
    try {
      return localStorage.getItem(STORED) === "off";
    } catch {
      return false; // a browser that stores nothing keeps the shortcuts
    }
  }

  function set(isOn) {
    try {
      localStorage.setItem(STORED, isOn ? "on" : "off");
    } finally {
      document.body.classList.toggle("keys-off", !isOn);
    }
  }

  function keepTab(event) {
    const dialogs = document.querySelectorAll("[role=dialog]");
    const dialog = dialogs[dialogs.length - 1];
    if (!dialog) return;
    const all = [...dialog.querySelectorAll(CAN_TAKE_KEYS)].filter(
      (element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility(),
    );
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : (at + 1) % all.length;
    event.preventDefault();
    all[next].focus();
  }

  function lead(event) {
    if (event.repeat || event.target.closest?.(WRITTEN_IN)) return;
    const number = event.altKey && /^Digit([1-9])$/.exec(event.code)?.[1];
    if (event.key === "?") document.querySelector(".show-keys")?.click();
    else if (number) document.querySelectorAll("nav.pages a")[number - 1]?.click();
  }

  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Tab") keepTab(event);
      const isSingle = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
      if (isSingle && areOff() && !event.target.closest?.(WRITTEN_IN)) event.stopImmediatePropagation();
    },
    true,
  );
  window.addEventListener("keydown", lead);
  document.body.classList.toggle("keys-off", areOff());
  window.singleKeys = { set };
})();
