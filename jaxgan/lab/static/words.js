// The page's words, in two languages. `word(key)` is the word, or `spare`, or the key itself.

import { en } from "./en.js";
import { zh } from "./zh.js";

const TABLES = { en, zh };
const STORED = "jaxgan-lab-language";

function first() {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored in TABLES) return stored;
  } catch {
    // a browser that keeps nothing
  }
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export let language = first();

export function setLanguage(name) {
  language = name;
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // as above
  }
}

export function word(key, spare = key) {
  return TABLES[language][key] ?? en[key] ?? spare;
}

export function translate(place) {
  for (const element of place.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
}
