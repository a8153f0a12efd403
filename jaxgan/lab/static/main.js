// The page: what the server tells goes to the panels, what the user does goes to the server.

import { fields } from "./fields.js";
import { Pad } from "./pad.js";
import { Panel } from "./panel.js";
import { readColours } from "./paint.js";
import { Controls, fromHash, plain, toHash } from "./setting.js";
import { connect } from "./wire.js";
import { language, setLanguage, translate, word } from "./words.js";

const find = (id) => document.getElementById(id);
const LAYERS = { real: "real", fake: "fake", surface: "high", warp: "warp", push: "push" };
const layers = { real: true, fake: true, surface: true, warp: false, push: true };

let hello = null; // what the server told first
let controls = null;
let setting = plain();
let tab = 0; // the game whose fields are shown
let panels = [];
let running = false;
let wanted = true; // to run as soon as a game is there
let pad = null;
let status = "connecting";
const look = { do: "look", average: false, label: 0 };

const send = connect({
  hello(message) {
    hello = message;
    controls = new Controls(message.controls);
    pad = new Pad(find("brush"), message.points[1], (count) => {
      find("draw-count").textContent = `${count} ${word("points")}`;
    });
    find("speed").replaceChildren(...message.speeds.map((speed) => new Option(speed, speed)));
    find("speed").value = message.speeds.at(-1);
    find("of-run").hidden = message.run === null;
    find("of-run").textContent = message.run;
    const held = fromHash(location.hash, message.games);
    if (held) {
      setting = held;
      apply();
    } else open(message.lessons[0].name);
    words();
  },
  world: (message) => panels[message.game]?.hearWorld(message),
  frame: (message) => panels[message.game]?.hearFrame(message),
  distances: (message) => panels[message.game]?.hearDistances(message),
  compiling() {
    say("compiling");
  },
  ready({ commands, kept }) {
    if (undrawn()) return;
    find("games").classList.remove("waiting");
    find("error").hidden = true; // it was of a setting before
    find("commands").textContent = commands.join("\n\n");
    say(running ? "running" : "ready");
    if (wanted && !kept) send({ do: "run" });
    wanted = wanted || running;
  },
  state(message) {
    running = message.running;
    say(running ? "running" : "paused");
    buttons();
  },
  error({ sentence }) {
    find("error").textContent = sentence;
    find("error").hidden = false;
    find("games").classList.remove("waiting");
    say(running ? "running" : "paused");
  },
  closed() {
    running = false;
    say("closed");
    buttons();
  },
});

// Whether points are to be drawn first; what the server tells meanwhile is of the setting before.
function undrawn() {
  return hello && controls.value(setting, 0, "data") === "drawn" && setting.points.length < hello.points[0];
}

function say(name) {
  status = undrawn() && name !== "closed" ? "draw" : name;
  find("status").textContent = word(`status_${status}`);
}

function buttons() {
  find("run").textContent = word(running ? "pause" : "run");
}

// Send the whole setting, and hold it in the address.
function apply() {
  find("error").hidden = true;
  history.replaceState(null, "", toHash(setting));
  const drawn = controls.value(setting, 0, "data") === "drawn";
  find("brush").hidden = !drawn;
  if (drawn) pad.take(setting.points);
  if (panels.length !== setting.games.length) {
    panels = setting.games.map((_, i) => new Panel(i));
    find("games").replaceChildren(...panels.map((panel) => panel.element));
  }
  tab = Math.min(tab, panels.length - 1);
  panels.forEach((panel, i) => panel.rename(nameOf(i)));
  form();
  lesson();
  find("games").classList.add("waiting"); // what is shown is still of the setting before
  if (undrawn()) {
    if (running) send({ do: "pause" });
    return say("draw");
  }
  send(controls.sent(setting));
}

// A game in a few words: its loss, and what holds its critic.
function nameOf(i) {
  const value = (key) => controls.value(setting, i, key);
  const parts = [word(`choice_${value("loss")}`, value("loss"))];
  if (value("game") !== "unconditional") parts.push(word(`choice_${value("game")}`, value("game")));
  for (const { key } of controls.rows) {
    if (key.startsWith("penalties.") && Number(value(key))) parts.push(`${word(`key_${key}`, key)} ${value(key)}`);
  }
  const others = ["critic.optimizer.weight_limit", "instance_noise.std", "label_smoothing"];
  for (const key of others) if (Number(value(key))) parts.push(`${word(`key_${key.replace("critic.", "side.")}`, key)} ${value(key)}`);
  for (const key of Object.keys(setting.games[i])) {
    const told = parts.length < 5 && /^(n_|game\.z|generator\.features|critic\.norm)/.test(key);
    if (told) parts.push(`${word(`key_${key.replace(/^(generator|critic)\./, "side.")}`, key)} ${word(`choice_${value(key)}`, value(key))}`);
  }
  return parts.join(" · ");
}

function form() {
  const names = setting.games.map((_, i) => [`${word("game")} ${"AB"[i]}`, () => { tab = i; form(); }, i === tab]);
  if (setting.games.length < hello.games) names.push([word("add_game"), () => { setting.games.push({ ...setting.games[0] }); tab = 1; begin(); }]);
  else names.push([word("remove_game"), () => { setting.games.pop(); begin(); }]);
  find("tabs").replaceChildren(
    ...names.map(([text, act, pressed]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick: act });
      if (pressed !== undefined) button.setAttribute("aria-pressed", pressed);
      return button;
    }),
  );
  fields(find("fields"), controls, setting, tab, (key, text) => {
    controls.set(setting, tab, key, text);
    if (key === "data") setting.points = text === "drawn" ? setting.points : [];
    begin();
  });
}

function begin() {
  wanted = running || wanted;
  apply();
}

// A lesson is a setting with a question.
function open(name) {
  const chosen = hello.lessons.find((each) => each.name === name);
  const common = Object.entries(chosen.shared);
  const pick = (shared) => Object.fromEntries(common.filter(([key]) => controls.byKey[key].shared === shared));
  setting = {
    shared: pick(true),
    games: chosen.games.map((game) => ({ ...pick(false), ...game })),
    points: chosen.draws ? setting.points : [],
    lesson: name,
  };
  tab = 0;
  wanted = true;
  apply();
}

function lesson() {
  const known = hello.lessons.some((each) => each.name === setting.lesson);
  find("question").hidden = !known;
  find("lessons").value = known ? setting.lesson : "";
  if (!known) return;
  find("asked").textContent = word(`asked_${setting.lesson}`);
  find("answered").textContent = word(`answered_${setting.lesson}`);
}

function words() {
  translate(document);
  document.documentElement.lang = language;
  find("language").textContent = language === "en" ? "中文" : "English";
  find("language").lang = language === "en" ? "zh" : "en";
  buttons();
  say(status);
  if (!hello) return;
  find("lessons").replaceChildren(
    new Option(word("own_setting"), ""),
    ...hello.lessons.map(({ name }, i) => new Option(`${i + 1}. ${word(`lesson_${name}`)}`, name)),
  );
  find("speed").options[hello.speeds.length - 1].textContent = word("full_speed");
  form();
  lesson();
  pad.draw();
  panels.forEach((panel, i) => { panel.rename(nameOf(i)); panel.tell(); });
  boxes();
}

function boxes() {
  const legend = find("layers").firstElementChild;
  const box = (name, checked, act, colour) => {
    const input = Object.assign(document.createElement("input"), { type: "checkbox", checked, id: `show-${name}` });
    input.onchange = () => act(input.checked);
    const label = document.createElement("label");
    label.append(input);
    if (colour) {
      const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
      swatch.style.background = `var(--${colour})`;
      label.append(swatch);
    }
    label.append(word(`show_${name}`));
    return label;
  };
  const redraw = () => panels.forEach((panel) => { panel.stale = true; });
  find("layers").replaceChildren(
    legend,
    ...Object.entries(LAYERS).map(([name, colour]) => box(name, layers[name], (on) => { layers[name] = on; redraw(); }, colour)),
    box("average", look.average, (on) => { look.average = on; send(look); }),
    classes(),
  );
}

function classes() {
  const label = document.createElement("label");
  const select = document.createElement("select");
  for (let i = 0; i < 8; i++) select.add(new Option(i, i));
  select.value = look.label;
  select.id = "show-class";
  select.onchange = () => { look.label = Number(select.value); send(look); };
  label.append(word("show_class"), select);
  label.hidden = !panels.some((panel) => panel.world?.labelled);
  return label;
}

find("run").onclick = () => {
  if (undrawn()) return say("draw");
  wanted = !running;
  send({ do: running ? "pause" : "run" });
};
for (const side of ["critic", "generator"]) {
  find(`step-${side}`).onclick = () => {
    wanted = false;
    send({ do: "step", side });
  };
}
find("reset").onclick = () => {
  wanted = running;
  send({ do: "reset" });
};
find("other-seed").onclick = () => {
  const seed = Number(controls.value(setting, 0, "seed")) || 0;
  controls.set(setting, tab, "seed", String((seed + 1) % 2 ** 20));
  begin();
};
find("speed").onchange = () => send({ do: "speed", value: Number(find("speed").value) });
find("lessons").onchange = () => find("lessons").value && open(find("lessons").value);
find("language").onclick = () => {
  setLanguage(language === "en" ? "zh" : "en");
  words();
};
find("draw-done").onclick = () => {
  if (pad.points.length < hello.points[0]) return say("draw");
  setting.points = [...pad.points];
  wanted = true;
  apply();
};
find("draw-clear").onclick = () => pad.take([]);
find("copy-link").onclick = async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    find("copied").textContent = word("copied");
  } catch {
    find("copied").textContent = word("copy_by_hand");
  }
};
find("setting").onsubmit = (event) => event.preventDefault();
addEventListener("hashchange", () => {
  if (!hello) return;
  const held = fromHash(location.hash, hello.games);
  // The skip link's: the address holds the setting again.
  if (!held) return history.replaceState(null, "", toHash(setting));
  setting = held;
  wanted = true;
  apply();
});
addEventListener("resize", () => panels.forEach((panel) => { panel.stale = true; }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  panels.forEach((panel) => { panel.stale = true; });
});

let labelled = null;
function tick() {
  panels.forEach((panel) => panel.draw(layers));
  const now = panels.some((panel) => panel.world?.labelled);
  if (hello && now !== labelled) {
    labelled = now;
    boxes();
  }
  requestAnimationFrame(tick);
}
readColours();
words();
tick();
