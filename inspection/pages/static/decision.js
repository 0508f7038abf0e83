// The picture of one decision, to look at: outlines of what was found, nothing to draw or answer.

async function showDecision(stage) {
  const { sequence } = stage.dataset;
  const words = JSON.parse(stage.dataset.words);
  const answer = await fetch(`/frames/${sequence}/defects.json`);
  if (!answer.ok) return;
  const { defects } = await answer.json();
  const frame = await loadFrame(sequence);
  const marks = defects.map((defect, number) => ({
    id: number,
    words: words[number],
    isReason: defect.is_reason,
    look: defect.is_reason ? "reason" : "other",
    box: defect.box,
    // Outlines run through the middles of pixels.
    outlines: defect.outlines.map((outline) => outline.map(([x, y]) => [x + 0.5, y + 0.5])),
  }));
  const rows = [...document.querySelectorAll("[data-defect]")];
  const choose = (id, looks) => {
    viewer.select(id, looks);
    for (const row of rows) row.setAttribute("aria-pressed", String(Number(row.dataset.defect) === id && id !== null));
  };
  const viewer = new FrameViewer(stage, { selected: (id) => choose(id, false), drawn: () => {}, changed: () => {} });
  viewer.show(frame, marks.sort((one, other) => other.isReason - one.isReason));
  for (const row of rows) row.addEventListener("click", () => choose(Number(row.dataset.defect), true));
  stage.dataset.marks = String(marks.length);
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
