/* Who plays on which channel, and the colour and name of each. */

import { COPILOT } from "./notes.js";

export const ROLES = ["bass", "keys", "guitar", "drums", "lead", "pad"];
const NAMES = ["ground", "paper", "ink", "soft", "line", "row", "copilot", "copilot-ink", "warn", ...ROLES, "other"];

/** The roles by channel, as the session says, and the copilot's own part. */
export class Players {
  constructor() {
    this.roles = new Map();
    this.named = new Map(); // by the panel; what is named there counts
    this.part = "bass";
  }

  take(roles) {
    this.roles = new Map(Object.entries(roles).map(([channel, role]) => [Number(channel), role]));
  }

  /** The panel's channel_<number> has a value. */
  name(channel, role) {
    if (role === "auto") this.named.delete(channel);
    else this.named.set(channel, role);
  }

  role(channel) {
    if (channel === COPILOT) return this.part;
    return this.named.get(channel) ?? this.roles.get(channel) ?? (channel === 9 ? "drums" : "");
  }

  isDrums(channel) {
    return this.role(channel) === "drums";
  }
}

/** The style sheet's colours by name: read once, and again when dark turns to light. */
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export function colourOf(colours, players, channel) {
  if (channel === COPILOT) return colours.copilot;
  return colours[players.role(channel)] || colours.other;
}

/* Rows of the kit, from below; whatever is in none of them stands in the last. */
const KIT_ROWS = [[35, 36], [37, 38, 39, 40], [41, 43, 45, 47, 48, 50], [42, 44, 46], [51, 53, 59], [49, 52, 55, 57]];
export const KIT_COUNT = KIT_ROWS.length + 1;
const ROW_OF = new Uint8Array(128).fill(KIT_ROWS.length);
KIT_ROWS.forEach((pitches, row) => pitches.forEach(pitch => { ROW_OF[pitch] = row; }));
export const kitRow = pitch => ROW_OF[pitch];
export const KIT_NAMES = ["kick", "snare", "toms", "hats", "ride", "crash", "perc"];
