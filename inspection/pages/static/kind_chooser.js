const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// A list of all kinds with a search; `choose` gets the code. Open it with `begin({ kind, why })`: the kind that is marked
// while nothing is typed, and why; null marks none, and Enter then takes none.
function kindChooser(kinds, texts, choose) {
  const search = make("input.chooser-search", { placeholder: texts.search_kind, ariaLabel: texts.search_kind });
  const hint = make("div.chooser-hint", { role: "status" });
  const list = make("div.chooser-list", { role: "listbox" });
  const dialog = make("dialog.chooser", { ariaLabel: texts.search_kind }, search, hint, list);
  let proposed = null;
  let marked = -1;
  const say = (words, isTrouble) => {
    hint.textContent = words;
    hint.classList.toggle("is-trouble", isTrouble);
    hint.role = isTrouble ? "alert" : "status";
  };
  const take = (code) => { dialog.close(); choose(code); };
  const found = () => {
    const words = plain(search.value.trim());
    return kinds.filter(({ code, name }) => plain(`${code} ${name}`).includes(words));
  };
  const begins = () => (search.value.trim() ? 0 : kinds.findIndex(({ code }) => code === proposed));
  const draw = () => {
    const shown = found();
    marked = Math.min(marked, shown.length - 1);
    list.replaceChildren(...shown.map(({ code, name }, index) => {
      const row = make(`button.chooser-row${index === marked ? ".is-marked" : ""}`, { type: "button", role: "option", ariaSelected: index === marked });
      row.append(make("span.mono", { textContent: code }), name);
      row.addEventListener("click", () => take(code));
      return row;
    }));
    if (!shown.length) list.append(make("div.muted", { textContent: texts.no_kind }));
    list.children[marked]?.scrollIntoView({ block: "nearest" });
  };
  search.addEventListener("input", () => { marked = begins(); say("", false); draw(); });
  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); marked = Math.max(0, marked + step); draw(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const kind = found()[marked];
    if (kind) take(kind.code);
    else say(texts.nothing_chosen, true);
  });
  dialog.begin = ({ kind, why }) => {
    search.value = "";
    proposed = kind;
    marked = begins();
    say(why && fill(why, { kind: kind ? `${kind} ${kinds.find(({ code }) => code === kind).name}` : "" }), false);
    dialog.showModal();
    draw();
    search.focus();
  };
  return dialog;
}
