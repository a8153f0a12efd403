// The page of a run: what the server tells of it decides which of its parts are there.

import { heard, Told } from "./ask.js";
import { readColours } from "./paint.js";
import { Samples } from "./samples.js";
import { overTime } from "./time.js";
import { Translation } from "./translation.js";
import { language, setLanguage, translate, word } from "./words.js";

const find = (id) => document.getElementById(id);
let told = null;
let part = null;
let busy = 0;

function fail(sentence) {
  find("error").textContent = sentence;
  find("error").hidden = false;
}

// `act`, and whatever is wrong with it is told.
const guard = (act) => async (...words) => {
  if (!busy) find("error").hidden = true;
  busy += 1;
  say();
  try {
    await act(...words);
  } catch (error) {
    fail(error.message);
    if (!(error instanceof Told)) throw error; // the console tells where
  } finally {
    busy -= 1;
    say();
  }
};

function say() {
  find("status").textContent = busy ? word("status_asking") : word("status_ready");
}

function words() {
  translate(document);
  document.documentElement.lang = language;
  find("language").textContent = language === "en" ? "中文" : "English";
  find("language").lang = language === "en" ? "zh" : "en";
  if (told) find("run-name").textContent = `${told.name} · ${word("step")} ${told.step}`;
  say();
  part?.words();
}

find("language").onclick = () => {
  setLanguage(language === "en" ? "zh" : "en");
  words();
};

readColours();
words();
guard(async () => {
  told = await heard("/run/told");
  words();
  document.title = `${told.name} · jaxgan lab`;
  overTime(find, told.pictures);
  part = told.kind === "samples" ? new Samples(find, told, guard) : new Translation(find, told, guard, fail);
})();
