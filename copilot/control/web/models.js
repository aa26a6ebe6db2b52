/* Which model plays: those that there are, and a change to another. */

import { byId, fill } from "./dom.js";

export class Models {
  constructor(send) {
    byId("model").onchange = event => send({ do: "model", argument: event.target.value });
  }

  /** `model` plays, and these there are: shown where there is another. */
  show(model, names) {
    const all = names.includes(model) || !model ? names : [model, ...names];
    byId("models").hidden = all.length < 2;
    fill(byId("model"), all.map(name => [name, name]), model);
  }
}
