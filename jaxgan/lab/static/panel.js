// What is shown of one game: its plane, its numbers, its curves.

import { Curves, drawCurves, drawSlopes } from "./charts.js";
import { colours } from "./paint.js";
import { drawPlane } from "./plane.js";
import { word } from "./words.js";

const LETTERS = ["A", "B"];

function make(tag, attributes = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...inside);
  return element;
}

export class Panel {
  constructor(number) {
    this.number = number;
    this.title = make("h3");
    this.plane = make("canvas", { className: "plane" });
    this.plane.setAttribute("role", "img");
    this.numbers = make("dl");
    this.charts = ["losses", "distances", "slopes"].map((name) => {
      const canvas = make("canvas", { className: "chart" });
      canvas.setAttribute("role", "img");
      const caption = make("figcaption");
      return { name, canvas, caption };
    });
    this.element = make(
      "article",
      {},
      this.title,
      this.plane,
      this.numbers,
      ...this.charts.map(({ canvas, caption }) => make("figure", {}, caption, canvas)),
    );
    this.begin();
  }

  begin() {
    this.losses = new Curves();
    this.distances = new Curves();
    this.world = this.frame = this.found = null;
  }

  hearWorld(message) {
    this.begin();
    const { real, low, high, means } = message.arrays;
    this.world = { ...message, real: real.values, low: low.values, high: high.values };
    this.modes = means?.shape[0];
  }

  hearFrame(message) {
    if (!this.world) return;
    this.frame = message;
    this.losses.add(message.step, message.log);
    this.stale = true;
  }

  hearDistances(message) {
    if (!this.world) return;
    this.found = message.values;
    this.distances.add(message.step, message.values);
    this.tell();
  }

  rename(text) {
    this.name = text;
    this.title.replaceChildren(make("b", {}, LETTERS[this.number]), text);
  }

  draw(layers) {
    if (!this.stale || !this.frame) return;
    this.stale = false;
    drawPlane(this.plane, this.world, this.frame, layers);
    const [losses, distances, slopes] = this.charts;
    drawCurves(losses.canvas, this.losses, {
      critic_loss: { colour: colours.accent },
      generator_loss: { colour: colours.fake },
    });
    drawCurves(distances.canvas, this.distances, {
      w1: { colour: colours.ink, floor: this.world.floor.w1 },
      js: { colour: colours.warp, floor: this.world.floor.js },
    });
    drawSlopes(slopes.canvas, this.frame.arrays.slopes.values);
    this.tell();
  }

  // The numbers in words; charts and plane say theirs to a screen reader, too.
  tell() {
    if (!this.frame) return;
    const { frame, world, found, modes } = this;
    const round = (value, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
    const floor = (name, digits) => `${word("floor")} ${round(world.floor[name], digits)}`;
    const rows = [
      [word("step"), String(frame.step), frame.rate ? `${Math.round(frame.rate)} ${word("per_second")}` : ""],
      [word("w1"), round(found?.w1), floor("w1")],
      [word("js"), round(found?.js), floor("js"), `${word("at_most")} .693`],
    ];
    if (modes) {
      rows.push([word("modes"), `${found?.modes ?? "–"} / ${modes}`, ""]);
      rows.push([word("good"), found ? `${round(100 * found.good, 0)} %` : "–", `${word("floor")} ${round(100 * world.floor.good, 0)} %`]);
    }
    const gap = frame.log.real_score - frame.log.fake_score;
    if (Number.isFinite(gap)) rows.push([word("gap"), round(gap), world.estimate ? word("gap_w") : word("gap_plain")]);
    this.numbers.replaceChildren(
      ...rows.map(([name, value, ...notes]) => make("div", {}, make("dt", {}, name), make("dd", {}, value, ...notes.map((note) => make("small", {}, note))))),
    );
    const told = rows.map(([name, value]) => `${name} ${value}`).join(", ");
    this.plane.setAttribute("aria-label", `${word("plane_of")} ${LETTERS[this.number]}: ${told}`);
    const colour = (name, text) => {
      const mark = make("i", {}, text);
      mark.style.color = `var(--${name})`;
      return mark;
    };
    const captions = {
      losses: [word("losses"), ": ", colour("accent", word("critic")), " · ", colour("fake", word("generator"))],
      distances: [word("measured"), ": ", colour("ink", "W₁"), " · ", colour("warp", "JS"), ` (${word("dashed")})`],
      slopes: [word("slopes")],
    };
    for (const { name, canvas, caption } of this.charts) {
      caption.replaceChildren(...captions[name]);
      canvas.setAttribute("aria-label", caption.textContent);
    }
    const broken = frame.finite ? "" : word("not_finite");
    this.title.title = broken;
    this.element.classList.toggle("broken", !frame.finite);
    this.title.replaceChildren(make("b", {}, LETTERS[this.number]), broken ? `${this.name} – ${broken}` : this.name);
  }
}
