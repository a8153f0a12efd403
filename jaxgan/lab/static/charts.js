// Small charts: curves over steps, and a histogram of slopes.

import { colours, fresh } from "./paint.js";

const MOST = 600; // points of a curve; then every other one is left out

export class Curves {
  constructor() {
    this.rows = [];
  }

  add(step, values) {
    const last = this.rows.at(-1);
    if (last?.step === step) return;
    this.rows.push({ step, values });
    if (this.rows.length > MOST) this.rows = this.rows.filter((_, i) => i % 2 === 0);
  }
}

const short = (value) => (Math.abs(value) >= 1000 || (value && Math.abs(value) < 0.01) ? value.toExponential(0) : value.toPrecision(2));

// `lines`: {colour, floor} by name; a dashed line is the floor.
export function drawCurves(canvas, curves, lines) {
  const [context, width, height] = fresh(canvas);
  const names = Object.keys(lines);
  const all = curves.rows.flatMap((row) => names.map((name) => row.values[name])).filter(Number.isFinite);
  if (!all.length) return;
  const sorted = all.toSorted((a, b) => a - b);
  const within = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  let [low, high] = [Math.min(0, within(0.01)), Math.max(0, within(0.99))];
  if (high === low) high = low + 1;
  const [left, bottom] = [34, height - 14];
  const span = Math.max(curves.rows.at(-1).step, 1);
  const at = (step, value) => [
    left + (step / span) * (width - left - 4),
    6 + (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low)) * (bottom - 8),
  ];
  context.fillStyle = colours.soft;
  context.fillText(short(high), 0, 12);
  context.fillText(short(low), 0, bottom);
  context.textAlign = "right";
  context.fillText(String(span), width - 2, height - 2);
  context.textAlign = "left";
  context.strokeStyle = colours.line;
  line(context, [at(0, 0), at(span, 0)]);
  for (const [name, { colour, floor }] of Object.entries(lines)) {
    context.strokeStyle = colour;
    context.lineWidth = 1.4;
    line(context, curves.rows.filter((row) => Number.isFinite(row.values[name])).map((row) => at(row.step, row.values[name])));
    if (Number.isFinite(floor)) {
      context.setLineDash([3, 3]);
      line(context, [at(0, floor), at(span, floor)]);
      context.setLineDash([]);
    }
    context.lineWidth = 1;
  }
}

function line(context, points) {
  context.beginPath();
  for (const point of points) context.lineTo(...point);
  context.stroke();
}

// How steep the critic is between real and generated points, on a logarithmic axis around 1.
export function drawSlopes(canvas, slopes) {
  const [context, width, height] = fresh(canvas);
  const [decades, bins] = [2, 48]; // from 1/100 to 100
  const counts = new Float32Array(bins);
  for (const slope of slopes) {
    const place = (Math.log10(Math.max(slope, 1e-9)) / decades + 1) / 2;
    counts[Math.max(0, Math.min(bins - 1, Math.floor(place * bins)))] += 1;
  }
  const top = Math.max(...counts, 1);
  const base = height - 14;
  context.fillStyle = colours.accent;
  counts.forEach((count, i) => {
    const tall = (count / top) * (base - 4);
    context.fillRect((i / bins) * width, base - tall, width / bins - 1, tall);
  });
  context.strokeStyle = colours.fake;
  context.setLineDash([3, 3]);
  line(context, [[width / 2, 2], [width / 2, base]]);
  context.setLineDash([]);
  context.fillStyle = colours.soft;
  for (const [share, text] of [[0, ".01"], [0.25, ".1"], [0.5, "1"], [0.75, "10"], [1, "100"]]) {
    context.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    context.fillText(text, share * width, height - 2);
  }
  context.textAlign = "left";
}
