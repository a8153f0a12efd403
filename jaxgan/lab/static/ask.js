// Questions to the server about the run, each answered by an object.

import { word } from "./words.js";

// What is wrong, in a sentence for the user.
export class Told extends Error {}

export async function heard(address, options) {
  const answer = await fetch(address, options).catch(() => { throw new Told(word("status_closed")); });
  const told = await answer.json().catch(() => { throw new Told(`${answer.status} ${answer.statusText}`); });
  if (told.sentence) throw new Told(told.sentence);
  return told;
}

export const ask = (question, asked) => heard(`/run/ask/${question}`, { method: "POST", body: JSON.stringify(asked) });

// `act` at most once at a time; of the calls that come meanwhile the last one counts.
export function latest(act) {
  let [busy, next] = [false, null];
  return async function call(...words) {
    if (busy) return void (next = words);
    busy = true;
    try {
      await act(...words);
    } finally {
      busy = false;
      if (next) {
        const held = next;
        next = null;
        call(...held);
      }
    }
  };
}

export function pictureOf(address) {
  const image = new Image();
  image.src = address;
  return image.decode().then(() => image);
}
