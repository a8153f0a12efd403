// Points drawn by hand: with the mouse or a finger, or with arrow keys and the space bar.

import { colours, fresh } from "./paint.js";
import { word } from "./words.js";

const REACH = 2; // the pad shows [-2, 2] both ways
const SPRAY = 0.05;
const STRIDE = 0.1; // of an arrow key

export class Pad {
  constructor(place, most, changed) {
    this.points = [];
    this.most = most;
    this.changed = changed;
    this.cursor = [0, 0];
    this.canvas = document.createElement("canvas");
    this.canvas.className = "plane";
    this.canvas.id = "pad";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    place.prepend(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.spray(this.at(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.spray(this.at(event));
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focus", () => this.draw());
    this.canvas.addEventListener("blur", () => this.draw());
  }

  at({ offsetX, offsetY }) {
    const { clientWidth, clientHeight } = this.canvas;
    return [(offsetX / clientWidth) * 2 * REACH - REACH, REACH - (offsetY / clientHeight) * 2 * REACH];
  }

  spray([x, y]) {
    const near = () => (Math.random() + Math.random() - 1) * SPRAY;
    const bound = (value) => Math.round(100 * Math.max(-REACH, Math.min(REACH, value))) / 100;
    for (let i = 0; i < 4 && this.points.length < this.most; i++) this.points.push([bound(x + near()), bound(y + near())]);
    this.draw();
    this.changed(this.points.length);
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key in moves) {
      this.cursor = this.cursor.map((value, i) => Math.max(-REACH, Math.min(REACH, value + STRIDE * moves[event.key][i])));
      this.draw();
    } else if (event.key === " " || event.key === "Enter") {
      this.spray(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
  }

  take(points) {
    this.points = [...points];
    this.draw();
    this.changed(points.length);
  }

  draw() {
    this.canvas.setAttribute("aria-label", `${word("pad")} (${this.cursor.map((each) => each.toFixed(1)).join(", ")})`);
    const [context, width, height] = fresh(this.canvas);
    const at = ([x, y]) => [((x + REACH) / (2 * REACH)) * width, ((REACH - y) / (2 * REACH)) * height];
    context.strokeStyle = colours.line;
    context.strokeRect(width / 2, -1, 0, height + 2);
    context.strokeRect(-1, height / 2, width + 2, 0);
    context.fillStyle = colours.real;
    for (const point of this.points) context.fillRect(at(point)[0] - 1.5, at(point)[1] - 1.5, 3, 3);
    if (document.activeElement === this.canvas) {
      context.strokeStyle = colours.accent;
      context.beginPath();
      context.arc(...at(this.cursor), 6, 0, 7);
      context.stroke();
    }
  }
}
