/* Bar lines and chords over the roll: remembered as they were told, and told on ahead. */

const KEPT = 64;

export class Bars {
  constructor() {
    this.lines = []; // [pos_beats, bar, numerator, denominator] of the newest bars
    this.chords = []; // [pos_beats, symbol]
  }

  beat({ pos_beats, bar, beat, numerator, denominator }) {
    const start = pos_beats - (beat - 1) * (4 / denominator);
    const last = this.lines.at(-1);
    if (last && (start < last[0] - 1e-3 || start > last[0] + 64)) this.forget();
    if (!this.lines.length || Math.abs(start - this.lines.at(-1)[0]) > 1e-3) this.lines.push([start, bar, numerator, denominator]);
    if (this.lines.length > KEPT) this.lines.shift();
  }

  chord({ pos_beats, symbol }) {
    const last = this.chords.at(-1);
    if (last && pos_beats < last[0]) this.chords = [];
    if (symbol !== (this.chords.at(-1)?.[1] ?? "")) this.chords.push([pos_beats, symbol]);
    if (this.chords.length > KEPT) this.chords.shift();
  }

  forget() {
    this.lines = [];
    this.chords = [];
  }

  /** Call `line(pos_beats, bar or 0)` for each beat between two: 0 where no bar begins. */
  each(fromBeats, toBeats, line) {
    const lines = this.lines;
    for (let at = 0; at < lines.length; at++) {
      const [start, bar, numerator, denominator] = lines[at];
      const step = 4 / denominator, length = numerator * step, isLast = at === lines.length - 1;
      const end = isLast ? Infinity : Math.min(lines[at + 1][0], start + length);
      if (end <= fromBeats) continue;
      let count = isLast ? Math.max(0, Math.floor((fromBeats - start) / step)) : 0;
      for (let pos = start + count * step; pos < end - 1e-6 && pos <= toBeats; pos = start + ++count * step) {
        if (pos >= fromBeats) line(pos, count % numerator ? 0 : bar + count / numerator);
      }
    }
  }
}
