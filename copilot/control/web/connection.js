/* The way to the session: one WebSocket that comes back by itself. */

const FIRST_WAIT_MS = 400, LONGEST_WAIT_MS = 8000;
const SILENT_MS = 6000; // a status comes four times a second: after this long without one, nobody is there
const PING_EVERY_MS = 1000;

/**
 * Hands on each message to `hear(message)`, and says with `turn({isOpen, retryMs})` how it stands: `retryMs` is how
 * long it waits before it tries again. `pong(ms, now_beats, at_s)` is a measurement of the way there and back.
 */
export class Connection {
  constructor(url, { hear, turn, pong }) {
    Object.assign(this, { url, hear, turn, pong });
    this.socket = null;
    this.isOpen = false;
    this.waitMs = FIRST_WAIT_MS;
    this.timer = 0;
    this.heardMs = 0;
    this.pings = new Map();
    this.number = 0;
    setInterval(() => this.look(), PING_EVERY_MS);
    for (const kind of ["online", "pageshow"]) addEventListener(kind, () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.open();
  }

  /** Send one frame; returns whether it could be sent. What can't be is not kept: the moment is over. */
  send(frame) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  open() {
    clearTimeout(this.timer);
    this.timer = 0;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardMs = performance.now();
    socket.onmessage = event => this.socket === socket && this.take(event.data);
    socket.onclose = () => this.socket === socket && this.lost();
  }

  take(text) {
    this.heardMs = performance.now();
    let messages;
    try {
      messages = JSON.parse(text);
    } catch {
      return this.socket.close(); // not our protocol: begin again
    }
    for (const message of messages) {
      if (message.type === "hello") {
        this.isOpen = true;
        this.waitMs = FIRST_WAIT_MS;
        this.turn({ isOpen: true, retryMs: 0 });
      } else if (message.type === "pong") {
        this.answered(message);
        continue;
      }
      this.hear(message);
    }
  }

  answered({ n, now_beats }) {
    const sentMs = this.pings.get(n);
    if (sentMs === undefined) return;
    this.pings.delete(n);
    this.pong(this.heardMs - sentMs, now_beats, (this.heardMs + sentMs) / 2000);
  }

  look() {
    if (this.socket && performance.now() - this.heardMs > SILENT_MS) this.lost();
    if (!this.isOpen) return;
    if (this.pings.size > 8) this.pings.clear();
    this.pings.set(++this.number, performance.now());
    this.send({ ping: this.number });
  }

  lost() {
    const socket = this.socket;
    this.socket = null;
    socket.onclose = socket.onmessage = null;
    socket.close();
    this.isOpen = false;
    this.pings.clear();
    const retryMs = Math.round(this.waitMs * (0.85 + 0.3 * Math.random())); // many pages must not come back at once
    this.waitMs = Math.min(LONGEST_WAIT_MS, 2 * this.waitMs);
    this.timer = setTimeout(() => this.open(), retryMs);
    this.turn({ isOpen: false, retryMs });
  }

  /** Somebody looks at the page, or the network is back: don't wait. */
  hurry() {
    if (this.timer) this.open();
  }
}
