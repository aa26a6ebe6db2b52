/* Who plays, each with its colour: those who were heard, and whom the session knows. */

import { element } from "./dom.js";
import { COPILOT, DROPPED, LATE } from "./notes.js";

export class Legend {
  /** `mine()` is the channel that this page plays on. */
  constructor(place, players, notes, mine) {
    Object.assign(this, { place, players, notes, mine, shown: "", by: "" });
  }

  /** Whose plan is heard, where a model has a cover. */
  status({ plays }) {
    this.by = plays ? ` · by the ${plays}` : "";
  }

  show() {
    const heard = new Set(this.players.roles.keys());
    let marks = 0;
    for (let at = 0; at < this.notes.size; at++) {
      if (this.notes.start[at] < 0) continue;
      heard.add(this.notes.channel[at]);
      marks |= this.notes.marks[at];
    }
    heard.delete(COPILOT);
    const entries = [["copilot", `copilot · ${this.players.part}${this.by}`], ["plan", "its plan"]];
    for (const channel of [...heard].sort((a, b) => a - b)) {
      const role = this.players.role(channel);
      const who = channel === this.mine() ? ["you", role] : [role || "unknown"];
      entries.push([role || "other", [...who, channel].filter(Boolean).join(" · ")]);
    }
    if (marks & LATE) entries.push(["late", "late"]);
    if (marks & DROPPED) entries.push(["dropped", "dropped"]);
    const shown = entries.map(entry => entry.join()).join(";");
    if (shown === this.shown) return;
    this.shown = shown;
    this.place.replaceChildren(...entries.map(([kind, text]) => element("li", `who-${kind}`, text)));
  }
}
