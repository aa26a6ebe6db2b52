/* The piano roll: the band, the copilot, and its plan ahead of the now-line. Draws what is visible, and no more. */

import { COPILOT, DROPPED, KIT, LATE } from "./notes.js";
import { colourOf, kitRow, KIT_COUNT, KIT_NAMES, readColours } from "./players.js";

const NOW_SHARE = 0.62; // of the width lies before the now-line
const BLACK = new Set([1, 3, 6, 8, 10]);
const LEAST_SEMITONES = 26;
const SHRINKS_AFTER_MS = 6000;

export class Roll {
  constructor(canvas, { notes, players, bars, clock }) {
    Object.assign(this, { canvas, notes, players, bars, clock });
    this.paint = canvas.getContext("2d", { alpha: false });
    this.commitBeats = 0;
    this.low = 40;
    this.high = 76;
    this.fitMs = 0;
    this.hasKit = false;
    this.kit = new Int8Array(KIT_COUNT).fill(-1); // where each row of the kit stands, from below; −1: never struck
    this.kitRows = 0;
    this.isDirty = true;
    this.line = (pos, bar) => this.drawLine(pos, bar);
    this.recolour = () => { this.colours = readColours(); this.isDirty = true; };
    this.recolour();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.recolour);
    new ResizeObserver(entries => this.resize(entries[0].contentRect)).observe(canvas);
    this.frame = nowMs => { this.draw(nowMs); requestAnimationFrame(this.frame); };
    requestAnimationFrame(this.frame);
  }

  resize({ width, height }) {
    const scale = Math.min(2, devicePixelRatio || 1);
    this.unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    Object.assign(this, { width, height, scale, isDirty: true });
    this.beatWidth = width / Math.min(32, Math.max(6, width / (3.6 * this.unit)));
    this.fonts = { small: `${0.72 * this.unit}px system-ui, sans-serif`, chord: `600 ${0.9 * this.unit}px system-ui, sans-serif` };
  }

  x(beats) {
    return this.nowX + (beats - this.now) * this.beatWidth;
  }

  draw(nowMs) {
    if (!this.width || (!this.clock.isRunning && !this.isDirty)) return;
    this.isDirty = false;
    const { paint, colours, width, height, unit } = this;
    this.now = this.clock.at(nowMs / 1000);
    this.nowX = Math.round(width * NOW_SHARE);
    this.left = this.now - this.nowX / this.beatWidth;
    this.right = this.now + (width - this.nowX) / this.beatWidth;
    this.top = 1.9 * unit;
    this.kitStep = 0.95 * unit;
    this.kitTop = this.hasKit ? height - this.kitRows * this.kitStep - 0.6 * unit : height - 0.4 * unit;
    this.step = (this.kitTop - this.top) / (this.high - this.low + 1);
    paint.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    paint.globalAlpha = 1;
    paint.fillStyle = colours.paper;
    paint.fillRect(0, 0, width, height);
    this.drawRows();
    paint.font = this.fonts.small;
    paint.textBaseline = "alphabetic";
    this.bars.each(this.left, this.right, this.line);
    this.drawChords();
    this.drawAhead();
    this.drawNotes();
    this.drawMargin();
    this.fit(nowMs);
  }

  drawRows() {
    const { paint, colours, width } = this;
    paint.fillStyle = colours.row;
    for (let pitch = Math.ceil(this.low); pitch <= this.high; pitch++) {
      if (BLACK.has(pitch % 12)) paint.fillRect(0, this.y(pitch), width, this.step);
    }
    if (this.hasKit) {
      paint.fillStyle = colours.line;
      paint.fillRect(0, this.kitTop, width, 1);
    }
  }

  drawLine(pos, bar) {
    const { paint, colours } = this, x = Math.round(this.x(pos));
    paint.fillStyle = colours.line;
    paint.globalAlpha = bar ? 1 : 0.5;
    paint.fillRect(x, bar ? 0 : this.top, 1, this.height);
    paint.globalAlpha = 1;
    if (!bar || bar < 1) return;
    paint.fillStyle = colours.soft;
    paint.fillText(bar, x + 0.3 * this.unit, 1.25 * this.unit);
  }

  drawChords() {
    const { paint, colours, bars, unit } = this;
    paint.font = this.fonts.chord;
    paint.fillStyle = colours.ink;
    for (let at = 0; at < bars.chords.length; at++) {
      const [pos, symbol] = bars.chords[at], x = this.x(pos) + 2 * unit;
      const until = at + 1 < bars.chords.length ? this.x(bars.chords[at + 1][0]) + 2 * unit : Infinity;
      const ends = x + paint.measureText(symbol).width;
      if (!symbol || x >= this.nowX || until <= 0 || ends + 0.4 * unit > until) continue;
      // A chord that changes amid a bar would stand on the next bar's number.
      const bar = bars.lines.find(([at]) => this.x(at) > x - 2 * unit + 1);
      if (!bar || ends < this.x(bar[0]) || this.x(bar[0]) + 1.6 * unit < x) paint.fillText(symbol, x, 1.3 * unit);
    }
  }

  /** What lies ahead: what is final already is shaded, the plan fades with its distance. */
  drawAhead() {
    const { paint, colours, notes } = this, reach = this.right - this.now, isKit = this.players.isDrums(COPILOT);
    if (this.commitBeats > 0) {
      paint.fillStyle = colours.copilot;
      paint.globalAlpha = 0.1;
      paint.fillRect(this.nowX, this.top, this.commitBeats * this.beatWidth, this.height - this.top);
    }
    paint.fillStyle = colours.copilot;
    for (const list of [notes.final, notes.plan]) {
      for (const [start, end, pitch] of list) {
        if (end <= this.now || start >= this.right || start < this.now - 0.25) continue;
        const away = Math.max(0, start - this.now) / reach;
        paint.globalAlpha = 0.16 + 0.6 * (1 - away) ** 1.5;
        this.box(Math.max(start, this.now), Math.min(end, this.right), pitch, isKit);
      }
    }
    paint.globalAlpha = 1;
  }

  drawNotes() {
    const { paint, notes, players, colours, left, now } = this;
    let low = 127, high = 0, hasKit = false;
    for (const [, , pitch] of notes.plan) if (!players.isDrums(COPILOT)) { low = Math.min(low, pitch); high = Math.max(high, pitch); }
    for (let at = 0; at < notes.size; at++) {
      const start = notes.start[at], end = Math.min(notes.end[at], now);
      if (end < left || start > now) continue;
      const channel = notes.channel[at], pitch = notes.pitch[at], marks = notes.marks[at], isKit = (marks & KIT) !== 0;
      if (isKit) { hasKit = true; if (this.kit[kitRow(pitch)] < 0) this.addRow(kitRow(pitch)); }
      else { low = Math.min(low, pitch); high = Math.max(high, pitch); }
      const isDown = notes.end[at] > now && start <= now;
      paint.fillStyle = colourOf(colours, players, channel);
      paint.globalAlpha = marks & DROPPED ? 0.25 : isDown ? 1 : 0.45 + 0.45 * (notes.velocity[at] / 127);
      this.box(Math.max(start, left - 1), Math.max(end, start + 0.06), pitch, isKit, isDown && channel === COPILOT);
      if (marks & (LATE | DROPPED)) this.flag(start, pitch, isKit, marks);
    }
    paint.globalAlpha = 1;
    this.lowest = low;
    this.highest = high;
    this.hadKit = hasKit || (players.isDrums(COPILOT) && notes.plan.length > 0);
  }

  box(start, end, pitch, isKit, isBright = false) {
    const { paint, unit } = this, x = this.x(start);
    if (isKit) {
      const size = this.kitStep - 2;
      paint.fillRect(x, this.kitY(pitch) + 1, Math.max(3, 0.35 * unit), size);
      return;
    }
    const height = Math.max(0.36 * unit, Math.min(this.step - 1, 1.1 * unit)), y = this.y(pitch) + (this.step - height) / 2;
    const width = Math.max(2.5, this.x(end) - x - 1);
    paint.beginPath();
    paint.roundRect(x, y, width, height, Math.min(3, height / 3));
    paint.fill();
    if (!isBright) return;
    paint.strokeStyle = this.colours.ink;
    paint.lineWidth = 1.5;
    paint.stroke();
  }

  /** A late note has a flag above it, a dropped one a cross. */
  flag(start, pitch, isKit, marks) {
    const { paint, colours, unit } = this, size = 0.28 * unit, x = this.x(start);
    const y = (isKit ? this.kitY(pitch) : this.y(pitch)) - size;
    paint.globalAlpha = 1;
    paint.lineWidth = Math.max(1.5, 0.12 * unit);
    paint.strokeStyle = paint.fillStyle = colours.warn;
    paint.beginPath();
    if (marks & LATE) {
      paint.moveTo(x, y - size);
      paint.lineTo(x + 2 * size, y - size);
      paint.lineTo(x, y + size);
      paint.fill();
    } else {
      paint.moveTo(x - size, y);
      paint.lineTo(x + size, y + 2 * size);
      paint.moveTo(x + size, y);
      paint.lineTo(x - size, y + 2 * size);
      paint.stroke();
    }
  }

  drawMargin() {
    const { paint, colours, unit } = this;
    paint.fillStyle = colours["copilot-ink"];
    paint.fillRect(this.nowX - 1, 0, 2, this.height);
    paint.globalAlpha = 0.94;
    paint.fillStyle = colours.paper;
    paint.fillRect(0, 0, (this.hasKit ? 3 : 2) * unit, this.height);
    paint.globalAlpha = 1;
    paint.fillStyle = colours.soft;
    paint.font = this.fonts.small;
    for (let pitch = Math.ceil(this.low / 12) * 12; pitch <= this.high; pitch += 12) {
      paint.fillText(`C${pitch / 12 - 1}`, 0.4 * unit, this.y(pitch) + this.step / 2 + 0.25 * unit);
    }
    for (let row = 0; this.hasKit && row < KIT_COUNT; row++) {
      if (this.kit[row] >= 0) paint.fillText(KIT_NAMES[row], 0.4 * unit, this.rowY(row) + 0.5 * this.kitStep + 0.25 * unit);
    }
  }

  y(pitch) {
    return this.top + (this.high - pitch) * this.step;
  }

  kitY(pitch) {
    return this.rowY(kitRow(pitch));
  }

  rowY(row) {
    return this.kitTop + 0.3 * this.unit + (this.kitRows - 1 - Math.max(0, this.kit[row])) * this.kitStep;
  }

  /** A row of the kit is struck for the first time: those above it move up. */
  addRow(row) {
    this.kit[row] = 0;
    this.kitRows = 0;
    for (let at = 0; at < KIT_COUNT; at++) if (this.kit[at] >= 0) this.kit[at] = this.kitRows++;
  }

  /** Let the roll hold the pitches that were in view: at once for more, after a while for fewer. */
  fit(nowMs) {
    this.hasKit = this.hadKit;
    if (this.highest < this.lowest) return;
    const spare = Math.max(0, LEAST_SEMITONES - (this.highest - this.lowest)) / 2;
    const low = this.lowest - 2 - spare, high = this.highest + 2 + spare;
    const grows = low < this.low - 1 || high > this.high + 1;
    const isTight = low < this.low + 5 && high > this.high - 5;
    if (grows || isTight) this.fitMs = nowMs;
    if (!grows && nowMs - this.fitMs < SHRINKS_AFTER_MS) return;
    const ease = grows ? 0.25 : 0.06;
    this.low += (low - this.low) * ease;
    this.high += (high - this.high) * ease;
  }
}
