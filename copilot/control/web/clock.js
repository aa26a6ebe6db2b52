/* The session's beats, told between two messages by the page's own clock. */

const JUMP_BEATS = 0.25; // further off than this, time has moved: go there at once
const SETTLE_S = 0.4; // nearer: glide there, so that the roll never jerks

export class Clock {
  constructor() {
    this.tempoBpm = 120;
    this.isRunning = false;
    this.beats = 0;
    this.atS = 0;
    this.offBeats = 0;
    this.bestS = Infinity;
    this.pongS = -Infinity;
  }

  /** The beat at a moment of performance.now(), in seconds. */
  at(nowS) {
    if (!this.isRunning) return this.beats;
    const passedS = nowS - this.atS;
    return this.beats + (passedS * this.tempoBpm) / 60 + this.offBeats * (1 - Math.exp(-passedS / SETTLE_S));
  }

  /** Time stands still, here: nobody tells us how it goes on. */
  stop(nowS) {
    this.beats = this.at(nowS);
    this.isRunning = false;
    this.bestS = Infinity;
    this.pongS = -Infinity;
  }

  /** A status: it was true a little before `nowS`. A fresh pong knows better, unless time has jumped. */
  status(beats, tempoBpm, isRunning, nowS) {
    const away = beats - this.at(nowS);
    const isStale = nowS - this.pongS > 4;
    if (!isRunning || !this.isRunning || tempoBpm !== this.tempoBpm || isStale || Math.abs(away) > JUMP_BEATS) {
      this.take(beats, tempoBpm, isRunning, nowS);
    }
  }

  /** An answer to a ping; `wayS` there and back. The slow ones say little: the beat was theirs at an unknown moment. */
  pong(wayS, beats, atS) {
    this.bestS = Math.min(this.bestS * 1.02, wayS);
    if (wayS > 1.5 * this.bestS + 0.002) return;
    this.pongS = atS;
    this.take(beats, this.tempoBpm, this.isRunning, atS);
  }

  take(beats, tempoBpm, isRunning, atS) {
    const here = this.at(atS), off = beats - here;
    const jumps = !isRunning || !this.isRunning || Math.abs(off) > JUMP_BEATS;
    this.beats = jumps ? beats : here;
    this.offBeats = jumps ? 0 : off;
    this.atS = atS;
    this.tempoBpm = tempoBpm;
    this.isRunning = isRunning;
  }
}
