/* A drum kit of sweeps and filtered noise. `way`: {context, out, noise, keep(source, end)}. */

function sweep({ context, out, keep }, at, from, to, length, level, shape = "sine") {
  const wave = context.createOscillator(), gain = context.createGain();
  wave.type = shape;
  wave.frequency.setValueAtTime(from, at);
  wave.frequency.exponentialRampToValueAtTime(to, at + 0.5 * length);
  gain.gain.setValueAtTime(level, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + length);
  wave.connect(gain).connect(out);
  wave.start(at);
  keep(wave, at + length, gain);
}

function hiss({ context, out, noise, keep }, at, kind, hertz, length, level) {
  const source = context.createBufferSource(), filter = context.createBiquadFilter(), gain = context.createGain();
  source.buffer = noise;
  source.loop = true;
  filter.type = kind;
  filter.frequency.value = hertz;
  gain.gain.setValueAtTime(level, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + length);
  source.connect(filter).connect(gain).connect(out);
  source.start(at, 0.5 * Math.random());
  keep(source, at + length, gain);
}

const TOMS = [41, 43, 45, 47, 48, 50];

/** Strike a piece of the General MIDI kit. */
export function strike(way, at, pitch, velocity) {
  const level = 0.12 + 0.88 * (velocity / 127) ** 1.4;
  if (pitch <= 36) {
    sweep(way, at, 150, 44, 0.3, 0.95 * level);
    hiss(way, at, "lowpass", 3000, 0.012, 0.35 * level);
  } else if (pitch === 37) {
    sweep(way, at, 1700, 1100, 0.03, 0.3 * level, "triangle");
  } else if (pitch === 39) {
    for (const late of [0, 0.011, 0.024]) hiss(way, at + late, "bandpass", 1300, late ? 0.14 : 0.02, 0.5 * level);
  } else if (pitch <= 40) {
    sweep(way, at, 240, 165, 0.11, 0.4 * level, "triangle");
    hiss(way, at, "highpass", 1500, 0.17, 0.38 * level);
  } else if ([42, 44, 54, 69, 70, 82].includes(pitch)) {
    hiss(way, at, "highpass", 7800, pitch === 44 ? 0.035 : 0.055, 0.26 * level);
  } else if (pitch === 46) {
    hiss(way, at, "highpass", 7000, 0.32, 0.24 * level);
  } else if ([49, 52, 55, 57].includes(pitch)) {
    hiss(way, at, "highpass", 4200, 1.3, 0.28 * level);
    hiss(way, at, "bandpass", 8500, 0.25, 0.2 * level);
  } else if ([51, 53, 59].includes(pitch)) {
    hiss(way, at, "highpass", 8800, 0.4, 0.13 * level);
    sweep(way, at, pitch === 53 ? 2600 : 3400, pitch === 53 ? 2590 : 3390, 0.16, 0.05 * level, "square");
  } else if (TOMS.includes(pitch)) {
    const hertz = 78 + 16 * TOMS.indexOf(pitch);
    sweep(way, at, 1.5 * hertz, hertz, 0.32, 0.65 * level);
  } else if (pitch === 56) {
    sweep(way, at, 810, 800, 0.16, 0.16 * level, "square");
  } else {
    sweep(way, at, 620, 470, 0.07, 0.3 * level);
    hiss(way, at, "bandpass", 3000, 0.04, 0.12 * level);
  }
}
