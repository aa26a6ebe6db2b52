/* Which model plays: those that there are, and a change to another. */

import { byId, fill } from "./dom.js";

export class Models {
  constructor(send) {
    byId("model").onchange = event => send({ do: "model", argument: event.target.value });
  }

  /** A session is there, and plays with `model`: shown where it can be changed, and there is another. */
  async show(model, verbs) {
    const names = verbs.some(verb => verb.name === "model") ? await listed() : [];
    const all = names.includes(model) || !model ? names : [model, ...names];
    byId("models").hidden = all.length < 2;
    fill(byId("model"), all.map(name => [name, name]), model);
  }
}

async function listed() {
  try {
    const answer = await fetch("/api/session/model/list", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    return answer.ok ? ((await answer.json()).answer ?? []) : [];
  } catch {
    return []; // the connection says it
  }
}
