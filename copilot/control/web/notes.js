/* What was played: a ring of the newest notes, and the plan. Nothing is allocated for a note. */

const SIZE = 4096;
export const COPILOT = 0;
export const LATE_MS = 20;
export const LATE = 1, DROPPED = 2, KIT = 4; // marks of a note: KIT is a drum's, and stands in the kit's rows

export class Notes {
  constructor() {
    this.start = new Float64Array(SIZE).fill(-1e9);
    this.end = new Float64Array(SIZE).fill(-1e9); // Infinity while the key is down
    this.pitch = new Uint8Array(SIZE);
    this.velocity = new Uint8Array(SIZE);
    this.channel = new Uint8Array(SIZE);
    this.marks = new Uint8Array(SIZE);
    this.size = SIZE;
    this.next = 0;
    this.down = new Int16Array(16 * 128).fill(-1);
    this.plan = [];
    this.final = []; // planned, no longer to be changed, and not yet heard
    this.untilBeats = 0;
  }

  add(channel, pitch, velocity, startBeats, endBeats, marks) {
    const at = this.next;
    this.next = (at + 1) % SIZE;
    const before = this.channel[at] * 128 + this.pitch[at];
    if (this.down[before] === at) this.down[before] = -1;
    this.start[at] = startBeats;
    this.end[at] = endBeats;
    this.pitch[at] = pitch;
    this.velocity[at] = velocity;
    this.channel[at] = channel;
    this.marks[at] = marks;
    return at;
  }

  on(channel, pitch, velocity, posBeats, marks = 0) {
    this.off(channel, pitch, posBeats);
    this.down[channel * 128 + pitch] = this.add(channel, pitch, velocity, posBeats, Infinity, marks);
    if (channel === COPILOT) this.final = this.final.filter(note => note[2] !== pitch || Math.abs(note[0] - posBeats) > 0.5);
  }

  off(channel, pitch, posBeats) {
    const key = channel * 128 + pitch, at = this.down[key];
    if (at < 0) return;
    this.end[at] = Math.max(posBeats, this.start[at] + 0.02);
    this.down[key] = -1;
  }

  drop(pitch, posBeats, marks = 0) {
    this.add(COPILOT, pitch, 64, posBeats, posBeats + 0.25, DROPPED | marks);
    this.final = this.final.filter(note => note[2] !== pitch || Math.abs(note[0] - posBeats) > 0.1);
  }

  /** A plan has come: notes are [start, end, pitch, velocity]. What left the old one soon was made final. */
  planned(nowBeats, untilBeats, notes, commitBeats) {
    const isSame = (a, b) => a[2] === b[2] && Math.abs(a[0] - b[0]) < 0.02;
    const soon = note => note[0] >= nowBeats - 0.1 && note[0] <= nowBeats + commitBeats + 0.05;
    const left = this.plan.filter(note => soon(note) && !notes.some(other => isSame(note, other)));
    this.final = notes.length ? this.final.filter(note => note[0] >= nowBeats - 0.5).concat(left) : [];
    this.plan = notes;
    this.untilBeats = untilBeats;
  }

  /** Every key is up from here on. */
  letGo(posBeats) {
    for (let key = 0; key < this.down.length; key++) {
      if (this.down[key] >= 0) this.off(key >> 7, key & 127, posBeats);
    }
    this.plan = [];
    this.final = [];
  }
}
