/* The voices of the synthesizer: what each role sounds like. Nothing is loaded from anywhere. */

/*
 * waves: [shape, times the pitch, level]; fm: a sine that bends them, [times the pitch, depth in times, decay];
 * attack, decay, release in seconds; sustain: the level after the decay; cut, peak: the filter's corner in times the
 * pitch, at rest and when struck; room: how much goes into the reverberation; pan: −1 left to 1 right.
 */
export const VOICES = {
  bass:   { waves: [["triangle", 1, 1], ["sawtooth", 1, 0.25]], level: 0.5, attack: 0.006, decay: 0.7, sustain: 0.6, release: 0.09, cut: 3.5, peak: 9, room: 0.03, pan: 0 },
  keys:   { waves: [["sine", 1, 1], ["sine", 2, 0.1]], fm: [14, 1.1, 0.25], level: 0.27, attack: 0.003, decay: 1.4, sustain: 0.22, release: 0.22, cut: 14, peak: 18, room: 0.16, pan: -0.2 },
  lead:   { waves: [["sawtooth", 0.9987, 0.45], ["square", 1.0013, 0.3]], level: 0.4, attack: 0.014, decay: 0.35, sustain: 0.7, release: 0.12, cut: 4, peak: 9, room: 0.2, pan: 0.12 },
  pad:    { waves: [["sawtooth", 0.997, 0.4], ["sawtooth", 1.003, 0.4], ["sine", 1, 0.6]], level: 0.22, attack: 0.14, decay: 0.8, sustain: 0.8, release: 0.6, cut: 3, peak: 3, room: 0.35, pan: -0.05 },
  guitar: { level: 0.75, release: 0.12, room: 0.12, pan: 0.28 },
};

export const hertzOf = pitch => 440 * 2 ** ((pitch - 69) / 12);

/** Two seconds of noise that dies away: the room. */
export function roomOf(context) {
  const length = Math.round(1.3 * context.sampleRate), room = context.createBuffer(2, length, context.sampleRate);
  for (let side = 0; side < 2; side++) {
    const data = room.getChannelData(side);
    for (let at = 0; at < length; at++) data[at] = (2 * Math.random() - 1) * (1 - at / length) ** 3.2;
  }
  return room;
}

export function noiseOf(context) {
  const noise = context.createBuffer(1, context.sampleRate, context.sampleRate), data = noise.getChannelData(0);
  for (let at = 0; at < data.length; at++) data[at] = 2 * Math.random() - 1;
  return noise;
}

const strings = new Map();

/** A plucked string of a pitch (Karplus and Strong, 1983), made once: a burst of noise goes round and is dulled. */
export function stringOf(context, pitch) {
  let made = strings.get(pitch);
  if (made) return made;
  const rate = context.sampleRate, period = rate / hertzOf(pitch), size = Math.floor(period + 0.2);
  const length = Math.round(rate * (pitch < 60 ? 2.4 : 1.6)), keep = 0.996 - 0.00004 * Math.max(0, pitch - 40);
  made = context.createBuffer(1, length, rate);
  const data = made.getChannelData(0), ring = new Float32Array(size);
  let before = 0;
  for (let at = 0; at < size; at++) ring[at] = before = 0.45 * before + 0.55 * (2 * Math.random() - 1);
  // The mean of a sample and the next comes half a sample early; an all-pass of `rest` samples makes up the period.
  const rest = period + 0.5 - size, tune = (1 - rest) / (1 + rest);
  let place = 0, heldIn = 0, heldOut = 0;
  for (let at = 0; at < length; at++) {
    const following = place + 1 === size ? 0 : place + 1, now = ring[place];
    data[at] = now;
    const dulled = keep * 0.5 * (now + ring[following]);
    heldOut = tune * (dulled - heldOut) + heldIn;
    heldIn = dulled;
    ring[place] = heldOut;
    place = following;
  }
  strings.set(pitch, made);
  return made;
}
