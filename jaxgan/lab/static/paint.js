// Colours of the page, and canvases that are sharp on every screen.

const KNOWN = ["paper", "line", "ink", "soft", "real", "fake", "high", "low", "warp", "push", "accent"];
export let colours = {};

export function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = Object.fromEntries(KNOWN.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  colours.each = [colours.fake, "#16a34a", "#db2777", "#0891b2", "#ca8a04", "#7c3aed", "#dc2626", "#65a30d"];
}

export function channels(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

// Clears a canvas at the screen's own resolution -> [context, width, height] in CSS pixels.
export function fresh(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  return [context, width, height];
}
