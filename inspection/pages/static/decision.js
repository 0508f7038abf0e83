// The pictures of one decision, to look at: outlines of what was found, nothing to draw or answer.

async function showDecision(stage) {
  const { sequence } = stage.dataset;
  const words = JSON.parse(stage.dataset.words);
  const answer = await fetch(`/frames/${sequence}/defects.json`);
  if (!answer.ok) return;
  const { defects, panes, piece } = await answer.json();
  const views = panes.length ? await loadViews(sequence, panes, piece) : [];
  // What is looked at first must have a picture.
  views.sort((one, other) => (other.frame !== null) - (one.frame !== null));
  const frame = views.length ? views[0].frame : await loadFrame(sequence);
  // Outlines run through the middles of pixels.
  const inMiddle = (outlines) => outlines.map((outline) => outline.map(([x, y]) => [x + 0.5, y + 0.5]));
  const marks = defects.map((defect, number) => ({
    id: number,
    words: words.defects[number],
    isReason: defect.is_reason,
    look: defect.is_reason ? "reason" : "other",
    box: defect.box,
    outlines: inMiddle(defect.outlines),
    sightings: defect.sightings.map((each) => ({ ...each, outlines: inMiddle(each.outlines) })),
  }));
  const rows = [...document.querySelectorAll("[data-defect]")];
  const choose = (id, looks) => {
    viewer.select(id, looks);
    for (const row of rows) row.setAttribute("aria-pressed", String(Number(row.dataset.defect) === id && id !== null));
  };
  const host = stage.appendChild(make("div.viewer-pane"));
  const viewer = new FrameViewer(host, { selected: (id) => choose(id, false), drawn: () => {}, changed: () => {} });
  const shown = new ViewPanes(stage, viewer, words.texts);
  shown.show(frame, views, marks.sort((one, other) => other.isReason - one.isReason));
  for (const row of rows) row.addEventListener("click", () => choose(Number(row.dataset.defect), true));
  if (shown.isLinked) offerViews(shown, document.getElementById("decision-views"));
  stage.dataset.marks = String(marks.length);
}

// A button for each of both ways to look, with its key.
function offerViews(shown, host) {
  const acts = { V: () => shown.switch(), O: () => shown.overlay() };
  const buttons = [["V", "view_column", shown.texts.switch_views], ["O", "layers", shown.texts.overlay_views]].map(([key, symbol, word]) => {
    const button = make("button.view-tool", { type: "button", title: `${word} (${key})` }, icon(symbol), make("span", { textContent: word }), keyCap(key));
    button.dataset.key = key;
    button.addEventListener("click", () => act(key));
    return button;
  });
  const act = (key) => {
    acts[key]();
    for (const button of buttons) button.ariaPressed = String(shown.layout === { V: "alone", O: "over" }[button.dataset.key]);
  };
  host.append(...buttons);
  document.addEventListener("keydown", (event) => {
    const key = event.key.toUpperCase();
    if (!(key in acts) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector(".q-dialog") || event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    act(key);
  });
}

// NiceGUI makes the page's elements after its scripts, and none where there is no picture.
function openDecision() {
  const stage = document.getElementById("decision-stage");
  if (stage) showDecision(stage);
  return stage !== null;
}

if (!openDecision()) {
  const watch = new MutationObserver(() => openDecision() && watch.disconnect());
  watch.observe(document.documentElement, { childList: true, subtree: true });
}
