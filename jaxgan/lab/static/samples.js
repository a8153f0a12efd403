// Samples of a generator of noise: chosen by click, moved by sliders, on the way between two.

import { ask, latest, pictureOf } from "./ask.js";
import { word } from "./words.js";

export class Samples {
  constructor(find, told, guard) {
    Object.assign(this, { find, told, chosen: [], labels: [] });
    find("of-samples").hidden = false;
    find("of-label").hidden = !told.classes.length;
    this.draw = latest(guard(() => this.fetchSamples()));
    this.move = latest(guard(() => this.fetchMoved()));
    this.walk = latest(guard(() => this.fetchWay()));
    find("seed").onchange = () => this.draw();
    find("next-seed").onclick = () => {
      find("seed").value = String((Number(find("seed").value) || 0) + 1);
      this.draw();
    };
    find("label").onchange = () => this.draw();
    find("back").onclick = () => {
      for (const slider of this.sliders()) this.set(slider, 0);
      this.move();
    };
    find("sliders").replaceChildren(...Array.from({ length: told.directions }, (_, i) => this.slider(i)));
    this.words();
    this.draw();
  }

  words() {
    const { find, told } = this;
    const held = find("label").value;
    find("label").replaceChildren(new Option(word("all_in_turn"), ""), ...told.classes.map((name) => new Option(name, name)));
    find("label").value = held;
    [...find("sliders").children].forEach((row, i) => { row.firstChild.textContent = `${word("direction_number")} ${i + 1}`; });
    this.mark();
  }

  slider(i) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", min: -this.told.reach, max: this.told.reach, step: 0.1, value: 0, id: `direction-${i}` });
    const output = Object.assign(document.createElement("output"), { textContent: "0.0" });
    input.oninput = () => { this.set(input, input.value); this.move(); };
    label.append(document.createElement("span"), input, output);
    return label;
  }

  sliders() {
    return [...this.find("sliders").querySelectorAll("input")];
  }

  set(slider, value) {
    slider.value = value;
    slider.nextSibling.textContent = Number(value).toFixed(1);
  }

  common() {
    return { seed: Number(this.find("seed").value), label: this.find("label").value };
  }

  async fetchSamples() {
    const { strip, labels } = await ask("samples", this.common());
    const image = await pictureOf(strip);
    this.labels = labels;
    this.buttons = Array.from({ length: this.told.shown }, (_, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.append(cut(document.createElement("canvas"), image, this.told.shape, i));
      if (labels.length) button.append(labels[i]);
      button.onclick = () => this.choose(i);
      return button;
    });
    this.find("samples").replaceChildren(...this.buttons);
    this.chosen = [{ ...this.common(), sample: 0 }];
    this.choose(1);
  }

  // The last one that was chosen is moved, and the way leads to it from the one before.
  choose(i) {
    const one = { ...this.common(), sample: i };
    this.chosen = [...this.chosen, one].slice(-2);
    for (const slider of this.sliders()) this.set(slider, 0);
    this.mark();
    this.move();
    this.walk();
  }

  mark() {
    this.buttons?.forEach((button, i) => {
      const places = this.chosen.flatMap((each, place) => (each.sample === i ? [place + 1] : []));
      button.setAttribute("aria-pressed", places.length > 0);
      const name = [`${word("sample")} ${i + 1}`, this.labels[i], ...places.map((each) => `(${each})`)];
      button.setAttribute("aria-label", name.filter(Boolean).join(" "));
      button.querySelector("i")?.remove();
      if (places.length) button.append(Object.assign(document.createElement("i"), { textContent: places.join(" ") }));
    });
    if (this.chosen.length) this.find("moved-name").textContent = `${word("sample")} ${this.chosen.at(-1).sample + 1}`;
  }

  async fetchMoved() {
    const amounts = this.sliders().map((slider) => Number(slider.value));
    const { strip } = await ask("moved", { of: this.chosen.at(-1), amounts });
    const canvas = this.find("moved");
    cut(canvas, await pictureOf(strip), this.told.shape, 0);
    canvas.setAttribute("aria-label", `${this.find("moved-name").textContent}: ${amounts.join(", ")}`);
  }

  async fetchWay() {
    if (this.chosen.length < 2) return;
    const { strips } = await ask("way", { from: this.chosen[0], to: this.chosen[1] });
    const images = await Promise.all(strips.map(pictureOf));
    const rows = images.map((image) => {
      const row = document.createElement("div");
      row.append(...Array.from({ length: this.told.way }, (_, i) => cut(document.createElement("canvas"), image, this.told.shape, i)));
      row.setAttribute("role", "img");
      row.setAttribute("aria-label", `${word("sample")} ${this.chosen[0].sample + 1} – ${word("sample")} ${this.chosen[1].sample + 1}`);
      return row;
    });
    this.find("way").replaceChildren(...rows);
  }
}

// Draw image number i of a strip on a canvas.
function cut(canvas, image, [height, width], i) {
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").drawImage(image, 0, i * height, width, height, 0, 0, width, height);
  return canvas;
}
