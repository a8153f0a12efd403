// A picture is drawn, dropped or taken of the data, and what the generator makes of it stands beside.

import { ask, latest, pictureOf } from "./ask.js";
import { Sketch } from "./sketch.js";
import { word } from "./words.js";

const SIZES = [1, 2, 4, 8]; // of the run's own pixels
const COLOURS = ["#000000", "#ffffff", "#7f7f7f", "#ea5a47", "#f1b31c", "#fcea2b", "#5c9e31", "#92d3f5", "#1e50a0", "#8967aa", "#a57939", "#ffa7c0"];
const GREYS = ["#000000", "#555555", "#aaaaaa", "#ffffff"];

export class Translation {
  constructor(find, told, guard, fail) {
    Object.assign(this, { find, told, seed: 0, row: 0, file: null });
    find("drawing").hidden = false;
    this.translate = latest(guard(() => this.fetchMade()));
    this.sketch = new Sketch(find("sketch"), told.shape, () => {
      find("of-truth").classList.add("away");
      this.translate();
    });
    this.fail = fail;
    this.example = guard(() => this.fetchExample());
    this.fitted = guard(() => this.fetchFitted());
    find("undo").onclick = () => this.sketch.undo();
    find("clear").onclick = () => this.sketch.clear();
    find("example").onclick = () => this.example();
    find("file").onchange = () => {
      this.read(find("file").files[0]);
      find("file").value = ""; // or the same file would be no change
    };
    find("fit").onchange = () => this.file && this.fitted();
    find("direction").replaceChildren(...told.directions.map((name) => new Option(name, name)));
    find("of-direction").hidden = !told.directions.length;
    find("direction").onchange = () => { this.pens(); this.example(); };
    find("other-noise").hidden = !told.noisy;
    find("other-noise").onclick = () => { this.seed += 1; this.translate(); };
    find("classes").replaceChildren(...Object.entries(told.classes).map(([name, classes]) => this.classes(name, classes)));
    const drop = find("drawing");
    drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
    drop.ondragleave = () => drop.classList.remove("over");
    drop.ondrop = (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.read(event.dataTransfer.files[0]);
    };
    addEventListener("paste", (event) => this.read(event.clipboardData.files[0]));
    this.words();
    this.example();
  }

  classes(name, classes) {
    const label = document.createElement("label");
    const select = Object.assign(document.createElement("select"), { id: `class-${name}` });
    select.onchange = () => {
      this.find("of-truth").classList.add("away"); // it is of other classes
      this.translate();
    };
    select.replaceChildren(...classes.map((each) => new Option(each, each)));
    label.append(`${name} `, select);
    return label;
  }

  words() {
    const { find, told } = this;
    const held = find("fit").value || told.fit;
    find("fit").replaceChildren(...told.fits.map((name) => new Option(word(`fit_${name}`), name)));
    find("fit").value = told.fits.includes(held) ? held : told.fits[0];
    this.pens();
    this.sketch.show();
  }

  direction() {
    return this.find("direction").value || null;
  }

  // Buttons of which one is chosen, behind the legend of their group.
  group(place, values, held, dress, act) {
    const group = this.find(place);
    const buttons = values.map((value) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      dress(button, value);
      button.setAttribute("aria-pressed", value === held);
      button.onclick = () => {
        act(value);
        for (const each of buttons) each.setAttribute("aria-pressed", each === button);
      };
      return button;
    });
    group.replaceChildren(group.firstElementChild, ...buttons);
    return buttons;
  }

  pens() {
    const { sketch, told } = this;
    const tools = told.masked ? ["pen", "eraser", "hole", "mend"] : ["pen", "eraser"];
    this.group("tools", tools, sketch.tool, (button, name) => { button.textContent = word(`tool_${name}`); }, (name) => { sketch.tool = name; });
    this.group("sizes", SIZES, sketch.size, (button, size) => { button.textContent = size; }, (size) => { sketch.size = size; });
    const channels = told.channels[Math.max(told.directions.indexOf(this.direction()), 0)];
    const pick = (colour) => {
      sketch.colour = colour;
      if (sketch.tool !== "pen") {
        sketch.tool = "pen";
        this.pens();
      }
    };
    const dress = (button, colour) => {
      button.className = "swatch-button";
      button.style.background = colour;
      button.setAttribute("aria-label", `${word("colour")} ${colour}`);
    };
    this.group("palette", channels === 1 ? GREYS : COLOURS, sketch.colour, dress, pick);
    if (channels === 1) return;
    const free = Object.assign(document.createElement("input"), { type: "color", value: sketch.colour, id: "free-colour" });
    free.setAttribute("aria-label", word("own_colour"));
    free.oninput = () => {
      for (const each of this.find("palette").querySelectorAll("button")) each.setAttribute("aria-pressed", false);
      pick(free.value);
    };
    this.find("palette").append(free);
  }

  asked() {
    const classes = Object.fromEntries(Object.keys(this.told.classes).map((name) => [name, this.find(`class-${name}`).value]));
    const { picture, mask } = this.sketch.sent();
    return { picture, ...(this.told.masked ? { mask } : {}), direction: this.direction(), classes, seed: this.seed };
  }

  async fetchMade() {
    const { picture } = await ask("translation", this.asked());
    this.find("made").src = picture;
    this.find("made").alt = word("made");
  }

  async fetchExample() {
    this.row += 1;
    const { picture, truth, classes } = await ask("example", { seed: this.row, direction: this.direction() });
    this.file = null;
    for (const [name, each] of Object.entries(classes)) this.find(`class-${name}`).value = each; // the truth's own
    this.put(await pictureOf(picture));
    if (!truth) return;
    this.find("truth").src = truth;
    this.find("truth").alt = word("truth");
    this.find("of-truth").hidden = false;
    this.find("of-truth").classList.remove("away");
  }

  // Take a picture as the drawing; its corner tells the paper, and so the pen.
  put(image) {
    this.sketch.take(image);
    const paper = this.sketch.corner();
    if (paper === this.sketch.paper) return;
    if (this.sketch.colour === paper) this.sketch.colour = this.sketch.paper;
    this.sketch.paper = paper;
    this.pens();
  }

  read(file) {
    if (!file) return;
    if (file.size > this.told.bytes) return this.fail(`${word("too_large")} ${Math.floor(this.told.bytes / 2 ** 20)} MB`);
    const reader = new FileReader();
    reader.onload = () => {
      // A kind that the browser does not know has no name there.
      this.file = reader.result.replace(/^data:;/, "data:image/png;");
      this.fitted();
    };
    reader.readAsDataURL(file);
  }

  async fetchFitted() {
    const { picture } = await ask("fitted", { picture: this.file, fit: this.find("fit").value, direction: this.direction() });
    this.put(await pictureOf(picture));
  }
}
