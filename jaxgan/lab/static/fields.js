// The form of the controls: built from what the server tells of them, one game's at a time.

import { word } from "./words.js";

const GROUPS = ["data", "game", "penalties", "critic", "generator"];
const OPEN = new Set(["data", "game", "penalties"]);

export function fields(place, controls, setting, game, change) {
  const focused = document.activeElement?.name;
  const open = new Set(OPEN);
  for (const each of place.querySelectorAll("details")) {
    if (each.open) open.add(each.dataset.group);
    else open.delete(each.dataset.group);
  }
  place.replaceChildren(
    ...GROUPS.map((group) => {
      const details = document.createElement("details");
      details.dataset.group = group;
      details.open = open.has(group);
      const summary = document.createElement("summary");
      summary.textContent = word(`group_${group}`);
      details.append(summary);
      for (const row of controls.rows) {
        if (row.group !== group) continue;
        const value = controls.value(setting, game, row.key);
        if (value === undefined) continue;
        details.append(field(row, value, controls.changed(setting, game, row.key), change));
      }
      return details;
    }),
  );
  if (focused) place.querySelector(`[name="${focused}"]`)?.focus();
}

function field(row, value, changed, change) {
  const label = document.createElement("label");
  if (changed) label.className = "changed";
  const name = document.createElement("span");
  name.textContent = word(`key_${row.key.replace(/^(generator|critic)\./, "side.")}`, row.key);
  label.title = `--config.${row.key}`;
  const input = row.choices.length ? choice(row, value) : number(row, value);
  input.name = row.key;
  input.addEventListener("change", () => change(row.key, input.value.trim()));
  label.append(name, input);
  return label;
}

function choice(row, value) {
  const select = document.createElement("select");
  for (const each of row.choices) select.add(new Option(word(`choice_${each}`, each), each));
  select.value = value;
  return select;
}

function number(row, value) {
  const input = document.createElement("input");
  input.value = value;
  if (!row.several) input.inputMode = "decimal";
  input.setAttribute("aria-description", `${row.low} – ${row.high}`);
  return input;
}
