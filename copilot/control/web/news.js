/* What is said to a person: the connection, what was done, what was refused. Seen, and read out. */

import { byId, write } from "./dom.js";

const SAID_MS = 6000, WRONG_MS = 10000;

export class News {
  constructor() {
    this.standing = "Connecting …";
    this.timer = 0;
    this.countdown = 0;
  }

  /** A line that passes. */
  say(text) {
    write(byId("said"), text);
    this.show(text, "said", SAID_MS);
  }

  complain(text) {
    byId("wrong").textContent = ""; // the same complaint again is read again
    byId("wrong").textContent = text;
    this.show(text, "wrong", WRONG_MS);
  }

  /** A line that holds until the next: how the connection stands. */
  stand(text, kind, isSpoken) {
    this.standing = text;
    byId("news").dataset.state = kind;
    if (isSpoken) write(byId("said"), text);
    if (kind !== "open" || !this.timer) this.rest();
  }

  show(text, kind, forMs) {
    clearTimeout(this.timer);
    write(byId("line"), text);
    byId("line").title = text;
    byId("line").className = kind;
    this.timer = setTimeout(() => this.rest(), forMs);
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = 0;
    write(byId("line"), this.standing);
    byId("line").title = this.standing;
    byId("line").className = "";
  }

  connected(what) {
    clearInterval(this.countdown);
    this.stand(what, "open", this.wasLost);
    this.wasLost = false;
  }

  lost(retryMs) {
    clearInterval(this.countdown);
    const at = performance.now() + retryMs, isFirst = !this.wasLost;
    this.wasLost = true;
    const tell = () => {
      const left = Math.max(0, Math.ceil((at - performance.now()) / 1000));
      this.stand(left ? `Not connected: trying again in ${left} s` : "Not connected: trying again …", "lost", false);
    };
    tell();
    if (isFirst) write(byId("said"), "Not connected to the copilot. The page tries again by itself.");
    this.countdown = setInterval(tell, 500);
  }
}
