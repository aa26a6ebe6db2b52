/* The keys on the screen: a piano that is as wide as there is room, or the pads of a kit. */

import { byId, element, write } from "./dom.js";
import { PADS, SEMITONES, signOf } from "./typing.js";

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const WHITE_REM = 2.5, FEWEST_WHITES = 8, MOST_WHITES = 36;
const LOWEST_OCTAVE = 0, HIGHEST_OCTAVE = 7;
const TAP_MS = 300;

export const noteName = pitch => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

export class Board {
  /** `instrument()` is asked for when a key is used: it is made after the board, which shows what it plays. */
  constructor(place, instrument, octave) {
    Object.assign(this, { place, instrument, octave, isKit: false });
    this.keys = new Map(); // pitch → button
    this.fingers = new Map(); // pointer → pitch
    this.whites = 15;
    new ResizeObserver(entries => this.resize(entries[0].contentRect.width)).observe(place);
    place.addEventListener("pointerdown", event => this.touch(event, true));
    place.addEventListener("pointermove", event => this.fingers.has(event.pointerId) && this.touch(event, false));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, event => this.lift(event.pointerId));
    place.addEventListener("keydown", event => this.key(event));
    place.addEventListener("click", event => event.detail === 0 && this.tap(event.target));
    place.addEventListener("contextmenu", event => event.preventDefault());
    this.draw();
  }

  /** The lowest pitch in view. */
  get base() {
    return 12 * (this.octave + 1);
  }

  shift(by) {
    const octave = Math.max(LOWEST_OCTAVE, Math.min(HIGHEST_OCTAVE, this.octave + by));
    if (octave === this.octave) return;
    this.octave = octave;
    this.draw();
  }

  turn(isKit) {
    if (isKit === this.isKit) return;
    this.isKit = isKit;
    this.draw();
  }

  resize(width) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const whites = Math.max(FEWEST_WHITES, Math.min(MOST_WHITES, Math.floor(width / (WHITE_REM * rem))));
    if (whites === this.whites) return;
    this.whites = whites;
    this.draw();
  }

  draw() {
    this.instrument()?.letGo();
    this.keys.clear();
    this.place.replaceChildren();
    this.place.classList.toggle("kit", this.isKit);
    if (this.isKit) this.drawKit();
    else this.drawPiano();
    this.place.firstElementChild.tabIndex = 0;
    write(byId("octave"), this.isKit ? "kit" : noteName(this.base));
    for (const id of ["octave-down", "octave-up"]) byId(id).disabled = this.isKit;
  }

  add(pitch, name, sign, className) {
    const key = element("button", `key ${className}`, "", { type: "button", tabindex: -1, "aria-label": sign ? `${name}, key ${sign}` : name });
    if (sign) key.append(element("kbd", "", sign));
    if (className === "pad" || pitch % 12 === 0) key.append(element("span", "", name));
    key.dataset.pitch = pitch;
    this.keys.set(pitch, key);
    this.place.append(key);
    return key;
  }

  drawKit() {
    for (const [code, pitch, name] of PADS) this.add(pitch, name, signOf(code), "pad");
  }

  drawPiano() {
    const signs = new Map();
    for (const [code, semitones] of SEMITONES) signs.set(semitones, [...(signs.get(semitones) ?? []), signOf(code)]);
    const width = 100 / this.whites;
    for (let white = 0, pitch = this.base; white < this.whites && pitch < 128; pitch++) {
      const isBlack = BLACK.has(pitch % 12), sign = signs.get(pitch - this.base)?.at(-1) ?? "";
      const key = this.add(pitch, noteName(pitch), sign, isBlack ? "black" : "white");
      key.style.left = `${(isBlack ? white - 0.31 : white) * width}%`;
      key.style.width = `${(isBlack ? 0.62 : 1) * width}%`;
      if (!isBlack) white++;
    }
  }

  touch(event, isNew) {
    if (event.button > 0) return;
    const key = document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");
    const pitch = key && this.place.contains(key) ? Number(key.dataset.pitch) : -1;
    if (!isNew && this.fingers.get(event.pointerId) === pitch) return;
    this.lift(event.pointerId);
    this.fingers.set(event.pointerId, pitch);
    if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
    if (pitch < 0) return;
    const box = key.getBoundingClientRect(), depth = Math.min(1, (event.clientY - box.top) / box.height);
    // Nearer to the player is louder, as a key has more leverage there.
    this.instrument().down(`finger ${event.pointerId}`, pitch, this.instrument().velocity * (0.65 + 0.35 * depth));
  }

  lift(pointer) {
    if (this.fingers.delete(pointer)) this.instrument().up(`finger ${pointer}`);
  }

  /** One key can be reached by Tab; the arrows go on from it, Space and Enter play. */
  key(event) {
    const key = event.target.closest(".key"), pitch = Number(key?.dataset.pitch);
    if (!key) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) this.instrument().down(event.code, pitch);
      return;
    }
    const all = [...this.keys.values()], by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    const next = by && all[all.indexOf(key) + by];
    if (!next) return;
    event.preventDefault();
    this.place.querySelector("[tabindex='0']").tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  /** A screen reader clicks without a pointer: a short note. */
  tap(target) {
    const pitch = Number(target.closest(".key")?.dataset.pitch);
    if (!(pitch >= 0)) return;
    this.instrument().down("tap", pitch);
    setTimeout(() => this.instrument().up("tap"), TAP_MS);
  }

  mark(pitch, isDown, who = "mine") {
    this.keys.get(pitch)?.classList.toggle(who, isDown);
  }

  clear() {
    for (const key of this.keys.values()) key.classList.remove("mine", "theirs");
  }
}
