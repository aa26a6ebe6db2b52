/* What this page plays: which keys are down, on which channel, and how that reaches the session and the ear. */

const ECHO_MS = 2000;

export class Instrument {
  /** `send(frame)` to the session; `sound(channel, pitch, velocity)` at once, here; `mark(pitch, isDown)` is seen. */
  constructor({ send, sound, mark }) {
    Object.assign(this, { send, sound, mark });
    this.channel = 1;
    this.velocity = 90;
    this.begins = () => {}; // called before a key goes down
    this.held = new Map(); // what holds it (a key, a finger, a port) → channel · 128 + pitch
    this.counts = new Uint8Array(16 * 128);
    this.echoes = new Map();
  }

  /** Something goes down; `source` names it until it comes up. */
  down(source, pitch, velocity = this.velocity) {
    if (pitch < 0 || pitch > 127 || this.held.has(source)) return;
    this.begins();
    const key = this.channel * 128 + pitch;
    this.held.set(source, key);
    if (this.counts[key]++) return;
    this.tell(key, Math.max(1, Math.min(127, Math.round(velocity))));
  }

  up(source) {
    const key = this.held.get(source);
    if (key === undefined) return;
    this.held.delete(source);
    if (!--this.counts[key]) this.tell(key, 0);
  }

  letGo() {
    for (const source of [...this.held.keys()]) this.up(source);
  }

  tell(key, velocity) {
    const channel = key >> 7, pitch = key & 127;
    this.sound(channel, pitch, velocity);
    this.mark(pitch, velocity > 0);
    if (this.send({ play: { channel, pitch, velocity } })) this.echoes.set(2 * key + (velocity ? 1 : 0), performance.now());
  }

  /** Whether a note that comes in is one of ours, which has sounded already. Each counts once. */
  isEcho(channel, pitch, velocity) {
    const key = 2 * (channel * 128 + pitch) + (velocity ? 1 : 0), atMs = this.echoes.get(key);
    if (atMs === undefined) return false;
    this.echoes.delete(key);
    return performance.now() - atMs < ECHO_MS;
  }
}
