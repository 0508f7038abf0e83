const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// A list of all kinds with a search; `choose` gets the code. Open it with `begin()`.
function kindChooser(kinds, texts, choose) {
  const search = make("input.chooser-search", { placeholder: texts.search_kind, ariaLabel: texts.search_kind });
  const list = make("div.chooser-list", { role: "listbox" });
  const dialog = make("dialog.chooser", {}, search, list);
  let marked = 0;
  const take = (code) => { dialog.close(); choose(code); };
  const draw = () => {
    const words = plain(search.value.trim());
    const found = kinds.filter(({ code, name }) => plain(`${code} ${name}`).includes(words));
    marked = Math.max(0, Math.min(marked, found.length - 1));
    list.replaceChildren(...found.map(({ code, name }, index) => {
      const row = make(`button.chooser-row${index === marked ? ".is-marked" : ""}`, { type: "button", role: "option", ariaSelected: index === marked });
      row.append(make("span.mono", { textContent: code }), name);
      row.addEventListener("click", () => take(code));
      return row;
    }));
    if (!found.length) list.append(make("div.muted", { textContent: texts.no_kind }));
    list.children[marked]?.scrollIntoView({ block: "nearest" });
    return found;
  };
  search.addEventListener("input", () => { marked = 0; draw(); });
  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); marked += step; draw(); }
    if (event.key === "Enter") { event.preventDefault(); const kind = draw()[marked]; if (kind) take(kind.code); }
  });
  dialog.begin = () => { search.value = ""; marked = 0; dialog.showModal(); draw(); search.focus(); };
  return dialog;
}
