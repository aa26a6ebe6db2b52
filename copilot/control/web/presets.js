/* Presets: which there are, load one, save what is. */

import { byId, fill } from "./dom.js";

const NAME = /^[a-z0-9_-]{1,64}$/;

export class Presets {
  constructor(send, complain) {
    byId("preset-load").onclick = () => byId("preset").value && send({ do: "preset/load", argument: byId("preset").value });
    byId("presets").onsubmit = event => {
      event.preventDefault();
      const field = byId("preset-name"), name = field.value.trim();
      if (!NAME.test(name)) return complain("A preset's name is made of a to z, 0 to 9, _ and -.");
      if (send({ do: "preset/save", argument: name })) field.value = "";
      return undefined;
    };
  }

  show(names) {
    const chosen = byId("preset").value;
    fill(byId("preset"), names.length ? names.map(name => [name, name]) : [["", "none yet"]]);
    if (names.includes(chosen)) byId("preset").value = chosen;
  }
}
