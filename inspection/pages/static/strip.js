// Scrolls smoothly: `shown` is how many blocks at the end have yet to slide in.
// The verdict strip: one row for each camera and lane, the newest block on the right, scrolling with the web.
// A verdict is a shape as well as a colour: accepted blocks are low, rejected ones full, uninspected ones hatched.
class VerdictStrip {
  constructor(canvas, laneWord) {
    this.canvas = canvas;
    this.laneWord = laneWord;
    this.blocks = new Map();
    this.lanes = 1;
    this.shown = 0;
    this.last = performance.now();
    const draw = (now) => {
      if (!canvas.isConnected) return;
      this.draw(now);
      setTimeout(() => requestAnimationFrame(draw), 40);
    };
    requestAnimationFrame(draw);
    canvas.addEventListener("click", (event) => {
      const block = this.blockAt(event.offsetX, event.offsetY);
      if (block) location.assign(`/decisions/${block[0]}`);
    });
    canvas.addEventListener("pointermove", (event) => {
      const block = this.blockAt(event.offsetX, event.offsetY);
      canvas.style.cursor = block ? "pointer" : "";
      canvas.title = block ? `#${block[0]}` : "";
    });
  }

  // The block that is drawn at a place, null where there is none.
  blockAt(x, y) {
    const { labels, foot, step, rows } = this.measures();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (x < labels || y < 0 || y >= height - foot) return null;
    const row = Math.floor((y * rows) / (height - foot));
    const camera = [...this.blocks.values()][Math.floor(row / this.lanes)];
    const block = camera?.[camera.length - 1 - Math.floor((width - x) / step + this.shown)] ?? null;
    return block && ofLane(block, (row % this.lanes) + 1);
  }

  measures() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const labels = 6.2 * rem;
    const rows = Math.max(1, this.blocks.size * this.lanes);
    return { rem, labels, foot: 1.2 * rem, step: Math.max(4, (this.canvas.clientWidth - labels) / 200), rows };
  }

  show(blocks, lanes) {
    const isFirst = !this.blocks.size;
    this.lanes = lanes;
    const counts = new Map();
    for (const block of blocks) {
      const camera = block[1];
      if (!this.blocks.has(camera)) this.blocks.set(camera, []);
      if (addLane(this.blocks.get(camera).at(-1), block)) continue;
      this.blocks.get(camera).push(block);
      counts.set(camera, (counts.get(camera) ?? 0) + 1);
    }
    for (const list of this.blocks.values()) list.splice(0, list.length - 240);
    this.shown = isFirst ? 0 : Math.min(this.shown + Math.max(0, ...counts.values()), 30);
  }

  draw(now) {
    const seconds = Math.min((now - this.last) / 1000, 0.2);
    this.last = now;
    if (this.shown) this.shown = Math.max(0, this.shown - this.shown * seconds * 3);
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name);
    const { rem, labels, foot, step, rows } = this.measures();
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const cameras = [...this.blocks.keys()];
    const rowHeight = (height - foot) / rows;
    pen.font = `${0.8 * rem}px Roboto, sans-serif`;
    pen.textBaseline = "middle";
    cameras.forEach((camera, index) => {
      for (let lane = 1; lane <= this.lanes; lane++) {
        const top = (index * this.lanes + lane - 1) * rowHeight;
        pen.fillStyle = colour("--sunken");
        pen.fillRect(labels, top + 2, width - labels, rowHeight - 4);
        pen.fillStyle = colour("--muted");
        pen.textAlign = "left";
        const word = this.lanes > 1 ? this.laneWord.replace("{number}", lane) : camera;
        pen.fillText(cameras.length > 1 && this.lanes > 1 ? `${camera} ${word}` : word, 0, top + rowHeight / 2, labels - 6);
        this.drawLane(pen, this.blocks.get(camera), lane, { labels, width, top, rowHeight, step, colour });
      }
    });
    if (cameras.length) this.drawPositions(pen, this.blocks.get(cameras[0]), { labels, width, height, foot, step, colour, rem });
  }

  drawLane(pen, blocks, lane, { labels, width, top, rowHeight, step, colour }) {
    for (let back = 0; back < blocks.length; back++) {
      const [, , verdict, lanes] = ofLane(blocks[blocks.length - 1 - back], lane);
      const left = width - (back + 1 - this.shown) * step;
      if (left + step < labels) break;
      const from = Math.max(left, labels);
      const wide = Math.min(left + step, width) - from - 0.8;
      if (wide <= 0) continue;
      const isHere = verdict !== 0 && (!lanes.length || lanes.includes(lane));
      if (!isHere) {
        pen.fillStyle = colour("--quiet");
        pen.fillRect(from, top + rowHeight * 0.68, wide, rowHeight * 0.2);
      } else if (verdict === 1) {
        pen.fillStyle = colour("--reject");
        pen.fillRect(from, top + 3, wide, rowHeight - 6);
      } else {
        pen.fillStyle = colour("--uninspected");
        for (let y = top + 3; y < top + rowHeight - 3; y += 6) pen.fillRect(from, y, wide, Math.min(3.5, top + rowHeight - 3 - y));
      }
    }
  }

  drawPositions(pen, blocks, { labels, width, height, foot, step, colour, rem }) {
    pen.fillStyle = colour("--muted");
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    const every = Math.ceil((6 * rem) / step / 10) * 10;
    for (let back = 0; back < blocks.length; back++) {
      const [sequence, , , , position] = blocks[blocks.length - 1 - back];
      const left = width - (back + 1 - this.shown) * step;
      if (left < labels + 2 * rem) break;
      if (sequence % every || position === null || left > width - 2 * rem) continue;
      const metres = position.toLocaleString(document.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      pen.fillText(`${metres} m`, left, height - 0.25 * rem);
      pen.fillRect(left, height - foot, 1, 4);
    }
  }
}

// Lanes of a stretch that are decided one by one lie in one column. False: the block is no other lane of `column`.
function addLane(column, block) {
  const [, , , , , lane, piece] = block;
  if (lane) block.ofLanes = new Map([[lane, block]]);
  if (!lane || !column?.ofLanes || column[6] !== piece || column.ofLanes.has(lane)) return false;
  column.ofLanes.set(lane, block);
  return true;
}

const ofLane = (column, lane) => column.ofLanes?.get(lane) ?? column;

window.verdictStrips = window.verdictStrips || {};
window.showVerdicts = (id, laneWord, blocks, lanes) => {
  const canvas = document.getElementById(id);
  if (!canvas) return;
  let strip = window.verdictStrips[id];
  if (!strip || strip.canvas !== canvas) strip = window.verdictStrips[id] = new VerdictStrip(canvas, laneWord);
  strip.show(blocks, lanes);
};
