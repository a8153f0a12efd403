// The whole setting: what differs from the defaults, of all games (shared) and of each; points drawn
// by hand. It lives in the page's address, so that a link holds it.

const SCALE = 100; // drawn points in the address are whole numbers of hundredths

export const plain = () => ({ shared: {}, games: [{}], points: [], lesson: "" });

export function toHash({ shared, games, points, lesson }) {
  const words = new URLSearchParams();
  if (lesson) words.set("lesson", lesson);
  words.set("games", games.length);
  for (const [key, text] of Object.entries(shared)) words.set(key, text);
  games.forEach((game, i) => {
    for (const [key, text] of Object.entries(game)) words.set(`${i}:${key}`, text);
  });
  if (points.length) words.set("points", points.flat().map((each) => Math.round(each * SCALE)).join("_"));
  return `#${words}`;
}

export function fromHash(hash, most) {
  const words = new URLSearchParams(hash.slice(1));
  if (!words.has("games")) return null;
  const count = Math.min(Math.max(Number(words.get("games")) || 1, 1), most);
  const setting = { ...plain(), games: Array.from({ length: count }, () => ({})) };
  for (const [key, text] of words) {
    const [, game, own] = /^(\d):(.*)$/.exec(key) ?? [];
    if (own !== undefined) {
      if (setting.games[game]) setting.games[game][own] = text;
    } else if (key === "points") {
      const numbers = text.split("_").map((each) => Number(each) / SCALE);
      for (let i = 0; i + 1 < numbers.length; i += 2) setting.points.push([numbers[i], numbers[i + 1]]);
    } else if (key === "lesson") {
      setting.lesson = text;
    } else if (key !== "games") {
      setting.shared[key] = text;
    }
  }
  return setting;
}

// The controls as the server tells them, and the values that a setting gives them.
export class Controls {
  constructor(rows) {
    this.rows = rows;
    this.byKey = Object.fromEntries(rows.map((row) => [row.key, row]));
  }

  value(setting, game, key) {
    return setting.games[game]?.[key] ?? setting.shared[key] ?? this.unset(setting, game, key);
  }

  // What a key is where nothing sets it; undefined where it is not there at all.
  unset(setting, game, key) {
    const row = this.byKey[key];
    const [chooser] = Object.keys(row.of);
    if (!chooser) return row.value;
    const chosen = this.value(setting, game, chooser);
    if (!(chosen in row.of[chooser])) return undefined;
    return chosen === this.byKey[chooser].value ? row.value : row.of[chooser][chosen];
  }

  // Set a key, and forget what the new choice does not have.
  set(setting, game, key, text) {
    const group = this.byKey[key].shared ? setting.shared : setting.games[game];
    delete setting.shared[key];
    group[key] = text;
    if (text === this.unset(setting, game, key)) delete group[key];
    for (const row of this.rows) {
      if (!(key in row.of)) continue;
      for (const each of row.shared ? [setting.shared] : [setting.games[game]]) delete each[row.key];
    }
  }

  changed(setting, game, key) {
    return this.value(setting, game, key) !== this.unset(setting, game, key);
  }

  // What of the setting the server is sent: keys that are there.
  sent(setting) {
    const there = (group, game) =>
      Object.fromEntries(
        Object.entries(group).filter(
          ([key]) => !(key in this.byKey) || this.unset(setting, game, key) !== undefined,
        ),
      );
    const games = setting.games.map((game, i) => there({ ...setting.shared, ...game }, i));
    const points = games[0].data === "drawn" ? setting.points : [];
    return { do: "set", shared: {}, games, points };
  }
}
