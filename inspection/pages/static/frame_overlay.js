// What is drawn over a frame: objects with their names, borders to the neighbours, an unfinished shape, where one is.
// Kinds of marks differ in their lines as well as in colour.

const MARK_LOOKS = {
  reason: { colour: "#ff8a3d", dash: [] },
  other: { colour: "#6bc5ff", dash: [6, 4] },
  edited: { colour: "#ffe14d", dash: [] },
  removed: { colour: "#d0d7de", dash: [2, 5] },
  elsewhere: { colour: "#d0d7de", dash: [1, 4] },
};

class FrameOverlay {
  constructor(viewer) {
    this.viewer = viewer;
  }

  draw() {
    const { viewer } = this;
    const pen = viewer.overlay.getContext("2d");
    pen.setTransform(viewer.ratio, 0, 0, viewer.ratio, 0, 0);
    pen.clearRect(0, 0, viewer.width, viewer.height);
    if (!viewer.frame) return;
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    pen.font = `600 ${0.85 * this.rem}px Roboto, sans-serif`;
    if (viewer.frame.piece) this.drawPiece(pen, viewer.frame.piece);
    if (viewer.showsWeb) this.drawBorders(pen);
    if (viewer.showsOutlines) for (const mark of viewer.marks) this.drawMark(pen, mark);
    if (viewer.corners.length) this.drawUnfinished(pen);
    if (!viewer.follows) this.drawOverview(pen);
  }

  // What lies beside the piece that is decided on is darker, and a line is drawn around it.
  drawPiece(pen, piece) {
    const { viewer } = this;
    const edge = piece.corners.map((corner) => viewer.toScreen(...corner));
    pen.beginPath();
    pen.rect(0, 0, viewer.width, viewer.height);
    edge.forEach((corner, index) => pen[index ? "lineTo" : "moveTo"](...corner));
    pen.closePath();
    pen.fillStyle = "rgba(0, 0, 0, 0.45)";
    pen.fill("evenodd");
    this.stroke(pen, MARK_LOOKS.removed, () => {
      edge.forEach((corner, index) => pen[index ? "lineTo" : "moveTo"](...corner));
      pen.closePath();
    });
  }

  drawBorders(pen) {
    const [left, top, right, bottom] = this.viewer.boxOnScreen([0, 0, this.viewer.frame.width, this.viewer.frame.height]);
    for (const [edge, side] of [[top, "before"], [bottom, "after"]]) {
      const neighbour = this.viewer.neighbours[side];
      this.stroke(pen, MARK_LOOKS.removed, () => { pen.moveTo(left, edge); pen.lineTo(right, edge); });
      const words = neighbour?.words;
      if (words) this.write(pen, words, Math.max(left, 0) + 8, side === "before" ? edge - 0.7 * this.rem : edge + 1.5 * this.rem, "#fff");
    }
  }

  drawMark(pen, mark) {
    const look = MARK_LOOKS[mark.look];
    const isSelected = mark.id === this.viewer.selected;
    const [left, top, right, bottom] = this.viewer.boxOnScreen(mark.box);
    if (right < 0 || bottom < 0 || left > this.viewer.width || top > this.viewer.height) return;
    const gap = Math.max(0.35 * this.rem, (this.rem - (right - left)) / 2, (this.rem - (bottom - top)) / 2);
    const frame = [left - gap, top - gap, right - left + 2 * gap, bottom - top + 2 * gap];
    this.stroke(pen, look, () => {
      for (const outline of mark.outlines) {
        outline.forEach(([x, y], index) => pen[index ? "lineTo" : "moveTo"](...this.viewer.toScreen(x, y)));
        pen.closePath();
      }
    });
    const isTraced = mark.outlines.length > 0 && Math.max(right - left, bottom - top) > 60;
    if (isSelected || !isTraced) this.stroke(pen, look, () => pen.rect(...frame), isSelected ? 3 : 1.5);
    if (mark.look === "removed") {
      this.stroke(pen, look, () => {
        pen.moveTo(frame[0], frame[1]);
        pen.lineTo(frame[0] + frame[2], frame[1] + frame[3]);
        pen.moveTo(frame[0] + frame[2], frame[1]);
        pen.lineTo(frame[0], frame[1] + frame[3]);
      });
    }
    if (isSelected || !["other", "elsewhere"].includes(mark.look) || this.viewer.view.scale * this.viewer.ratio >= 1) {
      const above = frame[1] > 1.6 * this.rem;
      const edge = above ? frame[1] - 0.45 * this.rem : Math.min(frame[1] + frame[3], this.viewer.height - 2 * this.rem) + 1.1 * this.rem;
      this.write(pen, mark.words, Math.max(4, frame[0]), edge, look.colour);
    }
  }

  drawUnfinished(pen) {
    const points = this.viewer.corners.map((corner) => this.viewer.toScreen(...corner));
    this.stroke(pen, MARK_LOOKS.edited, () => {
      if (this.viewer.tool === "box" && points.length === 2) {
        pen.rect(...points[0], points[1][0] - points[0][0], points[1][1] - points[0][1]);
      } else points.forEach((point, index) => pen[index ? "lineTo" : "moveTo"](...point));
    });
    pen.fillStyle = MARK_LOOKS.edited.colour;
    for (const [x, y] of points) pen.fillRect(x - 3, y - 3, 6, 6);
  }

  // Where in the frame one is; left away while all of it is in sight.
  drawOverview(pen) {
    const [left, top] = this.viewer.toFrame(0, 0);
    const [right, bottom] = this.viewer.toFrame(this.viewer.width, this.viewer.height);
    if (left <= 0 && top <= 0 && right >= this.viewer.frame.width && bottom >= this.viewer.frame.height) return;
    const scale = Math.min((9 * this.rem) / this.viewer.frame.width, (7 * this.rem) / this.viewer.frame.height);
    const [wide, high] = [this.viewer.frame.width * scale, this.viewer.frame.height * scale];
    const corner = [this.viewer.width - wide - 10, this.viewer.height - high - 10];
    pen.drawImage(this.viewer.frame.thumbnail, ...corner, wide, high);
    pen.strokeStyle = "#fff";
    pen.lineWidth = 1;
    pen.strokeRect(...corner, wide, high);
    for (const mark of this.viewer.marks) {
      pen.fillStyle = MARK_LOOKS[mark.look].colour;
      const [x, y] = middle([mark]);
      pen.fillRect(corner[0] + x * scale - 2, corner[1] + y * scale - 2, 4, 4);
    }
    pen.strokeStyle = MARK_LOOKS.edited.colour;
    pen.lineWidth = 2;
    const [from, down] = [Math.max(0, left), Math.max(0, top)];
    const size = [Math.min(right, this.viewer.frame.width) - from, Math.min(bottom, this.viewer.frame.height) - down];
    pen.strokeRect(corner[0] + from * scale, corner[1] + down * scale, size[0] * scale, size[1] * scale);
  }

  // A dark line below the bright one: to be seen on any grey.
  stroke(pen, look, trace, weight = 1.5) {
    const thick = (weight * this.rem) / 15;
    pen.beginPath();
    trace();
    pen.setLineDash([]);
    pen.strokeStyle = "rgba(0, 0, 0, 0.75)";
    pen.lineWidth = thick + this.rem / 8;
    pen.stroke();
    pen.setLineDash(look.dash.map((part) => (part * this.rem) / 15));
    pen.strokeStyle = look.colour;
    pen.lineWidth = thick;
    pen.stroke();
    pen.setLineDash([]);
  }

  write(pen, words, x, y, colour) {
    const wide = pen.measureText(words).width;
    const left = Math.max(4, Math.min(x, this.viewer.width - wide - 8));
    pen.fillStyle = "rgba(0, 0, 0, 0.75)";
    pen.fillRect(left - 4, y - 0.95 * this.rem, wide + 8, 1.25 * this.rem);
    pen.fillStyle = colour;
    pen.fillText(words, left, y);
  }
}

function around(marks) {
  const sides = [0, 1, 2, 3].map((side) => marks.map((mark) => mark.box[side]));
  return [Math.min(...sides[0]), Math.min(...sides[1]), Math.max(...sides[2]), Math.max(...sides[3])];
}

function middle(marks) {
  const [left, top, right, bottom] = around(marks);
  return [(left + right) / 2, (top + bottom) / 2];
}
