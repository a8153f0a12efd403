// A picture that is drawn on: with the mouse, a pen or a finger, or by keys; and a hole in it.

import { colours } from "./paint.js";
import { word } from "./words.js";

const SIDE = 512; // pixels of the longer side on the page
const KEPT = 30; // drawings that can be undone
const STRIDES = [32, 8]; // of an arrow key, parts of the width; of one with the shift key

const blank = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

export class Sketch {
  // `shape` [H, W] is that of the run's pictures, of whose pixels a pen's size counts.
  constructor(canvas, shape, changed) {
    const zoom = Math.max(1, Math.floor(SIDE / Math.max(...shape)));
    [this.height, this.width] = shape.map((side) => side * zoom);
    Object.assign(this, { canvas, zoom, changed, paper: "#ffffff", colour: "#000000", size: 2, tool: "pen" });
    Object.assign(canvas, { width: this.width, height: this.height });
    this.picture = blank(this.width, this.height);
    this.hole = blank(this.width, this.height);
    this.undone = [];
    this.cursor = [this.width / 2, this.height / 2];
    this.down = false; // the pen of the keys
    this.wipe();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.keep();
      this.last = this.at(event);
      this.line(this.last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const all = event.getCoalescedEvents?.() ?? []; // only where the page is a secure context
      for (const each of all.length ? all : [event]) this.line(this.at(each));
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.show());
    canvas.addEventListener("blur", () => { this.down = false; this.show(); });
  }

  at({ offsetX, offsetY }) {
    return [(offsetX / this.canvas.clientWidth) * this.width, (offsetY / this.canvas.clientHeight) * this.height];
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in moves) {
      const stride = this.width / STRIDES[Number(event.shiftKey)];
      const ends = [this.width, this.height];
      this.last = this.cursor;
      this.cursor = this.cursor.map((value, i) => Math.max(0, Math.min(ends[i], value + stride * moves[event.key][i])));
      if (this.down) this.line(this.cursor);
    } else if (event.key === " ") {
      this.down = !this.down;
      if (this.down) {
        this.keep();
        this.last = this.cursor;
        this.line(this.cursor);
      }
    } else {
      return;
    }
    event.preventDefault();
    this.show();
  }

  // A line of the tool from the last place to this one.
  line(to) {
    const onHole = this.tool === "hole" || this.tool === "mend";
    const context = (onHole ? this.hole : this.picture).getContext("2d");
    context.globalCompositeOperation = this.tool === "mend" ? "destination-out" : "source-over";
    context.strokeStyle = { pen: this.colour, eraser: this.paper }[this.tool] ?? "#ffffff";
    context.lineWidth = this.size * this.zoom;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...this.last);
    context.lineTo(...to);
    context.stroke();
    this.last = to;
    this.tell();
  }

  keep() {
    const copy = [this.picture, this.hole].map((each) => {
      const kept = blank(this.width, this.height);
      kept.getContext("2d").drawImage(each, 0, 0);
      return kept;
    });
    this.undone = [...this.undone, copy].slice(-KEPT);
  }

  undo() {
    const kept = this.undone.pop();
    if (!kept) return;
    [this.picture, this.hole] = kept;
    this.tell();
  }

  wipe() {
    this.hole.getContext("2d").clearRect(0, 0, this.width, this.height);
    const context = this.picture.getContext("2d");
    context.fillStyle = this.paper;
    context.fillRect(0, 0, this.width, this.height);
    this.show();
  }

  clear() {
    this.keep();
    this.wipe();
    this.tell();
  }

  // Put a picture in the drawing's place; each of its pixels is a square.
  take(image) {
    this.keep();
    this.wipe();
    const context = this.picture.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, this.width, this.height);
    this.tell();
  }

  // What its corner is: on such paper one goes on drawing.
  corner() {
    // A canvas of its own, or the browser would warn of the picture's being read.
    const context = blank(1, 1).getContext("2d", { willReadFrequently: true });
    context.drawImage(this.picture, 0, 0);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return red + green + blue < 384 ? "#000000" : "#ffffff";
  }

  tell() {
    this.show();
    this.changed();
  }

  show() {
    const context = this.canvas.getContext("2d");
    context.drawImage(this.picture, 0, 0);
    context.globalAlpha = 0.55;
    context.drawImage(tinted(this.hole, colours.fake), 0, 0);
    context.globalAlpha = 1;
    const pen = word(this.down ? "pen_down" : "pen_up");
    const place = this.cursor.map((each) => Math.round(each / this.zoom)).join(", ");
    this.canvas.setAttribute("aria-label", `${word("sketch")} (${place}, ${pen})`);
    if (document.activeElement !== this.canvas) return;
    context.strokeStyle = colours.accent;
    context.lineWidth = this.down ? 4 : 2;
    context.beginPath();
    context.arc(...this.cursor, Math.max(6, (this.size * this.zoom) / 2), 0, 7);
    context.stroke();
  }

  // The picture and the hole, white on black, as addresses.
  sent() {
    const mask = blank(this.width, this.height);
    const context = mask.getContext("2d");
    context.fillRect(0, 0, this.width, this.height);
    context.drawImage(this.hole, 0, 0);
    return { picture: this.picture.toDataURL(), mask: mask.toDataURL() };
  }
}

function tinted(canvas, colour) {
  const copy = blank(canvas.width, canvas.height);
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, copy.width, copy.height);
  return copy;
}
