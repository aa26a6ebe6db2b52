/* The computer keyboard as an instrument: two rows like a tracker's, or the pads of a kit. */

const LOWER = ["KeyZ", "KeyS", "KeyX", "KeyD", "KeyC", "KeyV", "KeyG", "KeyB", "KeyH", "KeyN", "KeyJ", "KeyM", "Comma", "KeyL", "Period", "Semicolon", "Slash"];
const UPPER = ["KeyQ", "Digit2", "KeyW", "Digit3", "KeyE", "KeyR", "Digit5", "KeyT", "Digit6", "KeyY", "Digit7", "KeyU", "KeyI", "Digit9", "KeyO", "Digit0", "KeyP"];

/** Semitones above the octave, by the key's place on the keyboard whatever is printed on it. */
export const SEMITONES = new Map([...LOWER.map((code, at) => [code, at]), ...UPPER.map((code, at) => [code, at + 12])]);

export const PADS = [
  ["KeyQ", 41, "low tom"], ["KeyW", 45, "mid tom"], ["KeyE", 48, "high tom"], ["KeyR", 51, "ride"], ["KeyT", 49, "crash"], ["KeyY", 56, "cowbell"],
  ["KeyZ", 36, "kick"], ["KeyX", 38, "snare"], ["KeyC", 42, "hat"], ["KeyV", 46, "open hat"], ["KeyB", 39, "clap"], ["KeyN", 37, "rim"],
];
const PAD_PITCH = new Map(PADS.map(([code, pitch]) => [code, pitch]));

const SIGNS = { Comma: ",", Period: ".", Semicolon: ";", Slash: "/" };
let printed = null;

/** What is printed on a key, as far as the browser tells. */
export function signOf(code) {
  return (printed?.get(code) ?? SIGNS[code] ?? code.replace(/^(Key|Digit)/, "")).toUpperCase();
}

export async function readPrinted() {
  printed = (await navigator.keyboard?.getLayoutMap?.().catch(() => null)) ?? null;
}

const TAKES_LETTERS = "input:not([type=range], [type=checkbox], [type=radio]), select, textarea";

/** Listens to the whole page; `octave(by)`, `pitchOf(semitones)` and `isKit()` are the on-screen keys'. */
export class Typing {
  constructor(instrument, board) {
    this.isOn = true;
    addEventListener("keydown", event => {
      if (!this.isOn || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TAKES_LETTERS)) return;
      const pitch = board.isKit ? PAD_PITCH.get(event.code) : board.base + SEMITONES.get(event.code);
      if (pitch >= 0) {
        event.preventDefault();
        if (!event.repeat) instrument.down(event.code, pitch);
      } else if (event.code === "BracketLeft" || event.code === "BracketRight") {
        board.shift(event.code === "BracketLeft" ? -1 : 1);
      }
    });
    addEventListener("keyup", event => instrument.up(event.code));
    // Where the focus goes elsewhere, the keys' coming up is not heard.
    addEventListener("blur", () => instrument.letGo());
    addEventListener("pagehide", () => instrument.letGo());
    document.addEventListener("visibilitychange", () => document.hidden && instrument.letGo());
  }
}
