// The plane, or the line, of one game: real and generated points, the critic's surface, the warped
// z, and where each generated point is sent.

import { channels, colours, fresh } from "./paint.js";

const ARROW = 0.09; // of the picture's width: the median push
let patch = null; // the surface before it is enlarged

export function drawPlane(canvas, world, frame, layers) {
  const [context, width, height] = fresh(canvas);
  if (world.low.length === 1) return drawLine(context, width, height, world, frame, layers);
  const [x0, y0] = world.low;
  const [x1, y1] = world.high;
  const at = (x, y) => [((x - x0) / (x1 - x0)) * width, ((y1 - y) / (y1 - y0)) * height];
  if (layers.surface) drawSurface(context, width, height, frame.arrays.surface.values);
  if (layers.warp) drawWarp(context, at, frame.arrays.warp, world.threads);
  if (layers.real) dots(context, at, world.real, colours.real, 1.7, 0.55);
  const { shape, values } = frame.arrays.fake;
  const many = shape[1] * 2;
  if (layers.fake) {
    for (let g = 0; g < shape[0]; g++) {
      const colour = colours.each[g % colours.each.length];
      dots(context, at, values.subarray(g * many, (g + 1) * many), colour, 2.1, 0.85);
    }
  }
  if (layers.push) drawPushes(context, at, frame.arrays.fake, frame.arrays.push, (x1 - x0) * ARROW);
}

function dots(context, at, points, colour, radius, alpha) {
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  context.beginPath();
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = at(points[i], points[i + 1]);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
  context.fill();
  context.globalAlpha = 1;
}

function limits(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high > low ? high : low + 1];
}

function drawSurface(context, width, height, scores) {
  const side = Math.round(Math.sqrt(scores.length));
  if (patch?.width !== side) patch = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const small = patch.getContext("2d");
  const image = small.createImageData(side, side);
  const [low, high] = limits(scores);
  const [from, to] = [channels(colours.low), channels(colours.high)];
  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      const share = (scores[x * side + y] - low) / (high - low);
      const band = Math.round(share * 14) / 14; // steps, so that the slope shows as lines of height
      const place = 4 * ((side - 1 - y) * side + x);
      for (let c = 0; c < 3; c++) image.data[place + c] = from[c] + (to[c] - from[c]) * (0.75 * band + 0.25 * share);
      image.data[place + 3] = 255;
    }
  }
  small.putImageData(image, 0, 0);
  // The outermost points of the surface lie on the edges of the picture.
  const [w, h] = [width / (side - 1), height / (side - 1)];
  context.drawImage(patch, -w / 2, -h / 2, width + w, height + h);
}

// A z of one number is one thread, which nothing crosses.
function drawWarp(context, at, { shape, values }, threads) {
  const [groups, count] = shape;
  const long = count / threads;
  context.lineWidth = 0.8;
  context.globalAlpha = 0.75;
  for (let g = 0; g < groups; g++) {
    context.strokeStyle = groups > 1 ? colours.each[g % colours.each.length] : colours.warp;
    const point = (i) => at(values[2 * (g * count + i)], values[2 * (g * count + i) + 1]);
    context.beginPath();
    for (let a = 0; a < threads; a++) {
      for (let b = 0; b < long; b++) context[b ? "lineTo" : "moveTo"](...point(a * long + b));
    }
    for (let b = 0; b < long; b++) {
      for (let a = 0; a < threads; a++) context[a ? "lineTo" : "moveTo"](...point(a * long + b));
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawPushes(context, at, fake, push, length) {
  const [groups, count] = push.shape;
  const each = fake.shape[1];
  const norms = [];
  for (let i = 0; i < push.values.length; i += 2) norms.push(Math.hypot(push.values[i], push.values[i + 1]));
  const longest = 3 * length;
  const scale = length * pushScale(norms);
  context.strokeStyle = colours.push;
  context.lineWidth = 1.2;
  context.beginPath();
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < count; i++) {
      const [p, q] = [2 * (g * count + i), 2 * (g * each + i)];
      const norm = norms[g * count + i] * scale;
      if (!(norm > 0)) continue;
      const shrink = Math.min(1, longest / norm) * scale;
      const [x, y] = [fake.values[q], fake.values[q + 1]];
      arrow(context, at(x, y), at(x + push.values[p] * shrink, y + push.values[p + 1] * shrink));
    }
  }
  context.stroke();
}

// Arrows have one length for one push, however it changes: a push of 1 is 1 long. Only pushes that
// are large all over are drawn smaller.
function pushScale(norms) {
  const middle = norms.toSorted((a, b) => a - b)[norms.length >> 1] || 0;
  return middle > 1 ? 1 / middle : 1;
}

function arrow(context, [x, y], [u, v]) {
  const angle = Math.atan2(v - y, u - x);
  const head = Math.min(5, Math.hypot(u - x, v - y) * 0.5);
  context.moveTo(x, y);
  context.lineTo(u, v);
  for (const turn of [2.6, -2.6]) {
    context.moveTo(u, v);
    context.lineTo(u + head * Math.cos(angle + turn), v + head * Math.sin(angle + turn));
  }
}

// Numbers on a line: histograms of what is real (outline) and made (filled), the critic as a curve.
function drawLine(context, width, height, world, frame, layers) {
  const [x0] = world.low;
  const [x1] = world.high;
  const base = height - 26;
  const at = (x) => ((x - x0) / (x1 - x0)) * width;
  const bins = 60;
  const heights = (points) => {
    const found = new Float32Array(bins);
    for (const x of points) {
      const bin = Math.floor(((x - x0) / (x1 - x0)) * bins);
      if (bin >= 0 && bin < bins) found[bin] += 1 / points.length;
    }
    return found;
  };
  const { shape, values } = frame.arrays.fake;
  const real = heights(world.real);
  const top = 2.2 * limits(real)[1]; // what is real keeps its height, what is made is cut off
  const step = width / bins;
  const tall = (share) => Math.min(share / top, 1) * (base - 10);
  if (layers.fake) {
    for (let g = 0; g < shape[0]; g++) {
      context.fillStyle = colours.each[g % colours.each.length];
      context.globalAlpha = 0.7 / Math.sqrt(shape[0]);
      heights(values.subarray(g * shape[1], (g + 1) * shape[1])).forEach((share, i) =>
        context.fillRect(i * step, base - tall(share), step - 0.5, tall(share)),
      );
    }
    context.globalAlpha = 1;
  }
  if (layers.real) {
    context.strokeStyle = colours.real;
    context.lineWidth = 1.8;
    context.beginPath();
    real.forEach((share, i) => {
      context.lineTo(i * step, base - tall(share));
      context.lineTo((i + 1) * step, base - tall(share));
    });
    context.stroke();
  }
  if (layers.surface) {
    const scores = frame.arrays.surface.values;
    const [low, high] = limits(scores);
    context.strokeStyle = colours.accent;
    context.setLineDash([6, 4]);
    context.beginPath();
    scores.forEach((score, i) =>
      context.lineTo((i / (scores.length - 1)) * width, base - 10 - ((score - low) / (high - low)) * (base - 20)),
    );
    context.stroke();
    context.setLineDash([]);
  }
  context.strokeStyle = colours.soft;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, base);
  context.lineTo(width, base);
  context.stroke();
  context.fillStyle = colours.soft;
  for (let i = 1; i < 6; i++) {
    const x = x0 + ((x1 - x0) * i) / 6;
    context.fillText(x.toFixed(1), at(x) - 10, base + 22);
  }
  if (layers.push) {
    const { values: pushes, shape: [groups, count] } = frame.arrays.push;
    const norms = Array.from(pushes, Math.abs);
    const scale = ((x1 - x0) * ARROW) * pushScale(norms);
    context.strokeStyle = colours.push;
    context.beginPath();
    for (let g = 0; g < groups; g++) {
      for (let i = 0; i < count; i += 3) {
        const x = values[g * shape[1] + i];
        const long = Math.max(-3, Math.min(3, (pushes[g * count + i] * scale) / ((x1 - x0) * ARROW))) * (x1 - x0) * ARROW;
        if (long) arrow(context, [at(x), base + 8], [at(x + long), base + 8]);
      }
    }
    context.stroke();
  }
}
