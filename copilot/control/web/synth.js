/* A small synthesizer: the whole jam sounds through it. Begins with a person's first gesture, as browsers demand. */

import { strike } from "./kit.js";
import { hertzOf, noiseOf, roomOf, stringOf, VOICES } from "./voices.js";

const MOST_VOICES = 48;

export class Synth {
  constructor() {
    this.context = null;
    this.isOn = true;
    this.volume = 0.8;
    this.wokenMs = -Infinity;
    this.turned = () => {};
    this.down = new Map(); // key → voice
    this.sounding = new Set(); // voices, the oldest first
  }

  /** Call within a gesture: from now on it may sound. `this.turned` is called when it begins or ends. */
  wake() {
    if (!this.isOn || this.sounds) return;
    if (!this.context) this.build();
    this.context.onstatechange = () => this.turned();
    this.wokenMs = performance.now();
    this.context.resume();
  }

  get sounds() {
    return this.isOn && this.context !== null && this.context.state === "running";
  }

  build() {
    const context = new AudioContext({ latencyHint: "interactive" });
    const squeeze = context.createDynamicsCompressor(), room = context.createConvolver(), wet = context.createGain();
    this.context = context;
    this.master = context.createGain();
    this.master.connect(squeeze).connect(context.destination);
    this.room = room;
    room.buffer = roomOf(context);
    wet.gain.value = 0.5;
    room.connect(wet).connect(this.master);
    const drums = context.createGain(), some = context.createGain();
    drums.gain.value = 0.8;
    some.gain.value = 0.06;
    drums.connect(this.master);
    drums.connect(some).connect(room);
    this.kit = { context, out: drums, noise: noiseOf(context), keep: (source, end, last) => this.end([source], end, last) };
    this.setVolume(this.volume);
  }

  setVolume(volume) {
    this.volume = volume;
    if (this.context) this.master.gain.setTargetAtTime(volume ** 2, this.context.currentTime, 0.02);
  }

  turn(isOn) {
    this.isOn = isOn;
    if (isOn) return this.wake();
    this.silence();
    this.context?.suspend();
    return undefined;
  }

  /** A key goes down in `delayS` seconds; `key` is any number that names it. */
  on(key, role, pitch, velocity, delayS = 0) {
    if (!this.sounds) return;
    const at = this.context.currentTime + delayS;
    if (role === "drums") return strike(this.kit, at, pitch, velocity);
    this.off(key, delayS);
    const voice = role === "guitar" ? this.pluck(at, pitch, velocity) : this.tone(VOICES[role] ?? VOICES.keys, at, pitch, velocity);
    this.down.set(key, voice);
    this.sounding.add(voice);
    if (this.sounding.size > MOST_VOICES) this.release(this.sounding.values().next().value, at);
    return undefined;
  }

  off(key, delayS = 0) {
    const voice = this.down.get(key);
    if (!voice) return;
    this.down.delete(key);
    this.release(voice, this.context.currentTime + delayS);
  }

  release(voice, at) {
    this.sounding.delete(voice);
    const off = Math.max(at, voice.bornS + voice.attack + 0.02);
    voice.gain.gain.setTargetAtTime(0, off, voice.release / 3);
    this.end(voice.sources, off + 2.5 * voice.release, voice.pan);
  }

  /** Every key is let go; what rings rings out. */
  letGo() {
    for (const voice of this.down.values()) this.release(voice, this.context.currentTime);
    this.down.clear();
  }

  /** All is silent, at once: what was to come, and what rings. */
  silence() {
    if (!this.context) return;
    this.letGo();
    const gain = this.master.gain, now = this.context.currentTime;
    gain.cancelScheduledValues(now);
    gain.setTargetAtTime(0, now, 0.008);
    gain.setTargetAtTime(this.volume ** 2, now + 1.2, 0.05);
  }

  end(sources, at, last) {
    for (const source of sources) source.stop(at);
    sources[0].onended = () => last.disconnect();
  }

  /* A voice's way out: its envelope, its place between the loudspeakers, the room. */
  way(voice) {
    const gain = this.context.createGain(), pan = this.context.createStereoPanner(), some = this.context.createGain();
    pan.pan.value = voice.pan;
    some.gain.value = voice.room;
    gain.connect(pan).connect(this.master);
    pan.connect(some).connect(this.room);
    return { gain, pan };
  }

  tone(voice, at, pitch, velocity) {
    const { context } = this, hertz = hertzOf(pitch), { gain, pan } = this.way(voice);
    const force = velocity / 127, peak = voice.level * (0.15 + 0.85 * force ** 1.3), sources = [];
    const filter = context.createBiquadFilter(), corner = Math.min(14000, hertz * voice.cut);
    filter.frequency.setValueAtTime(Math.min(16000, hertz * voice.peak * (0.5 + 0.5 * force)), at);
    filter.frequency.setTargetAtTime(corner, at + voice.attack, voice.decay / 4);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(peak, at + voice.attack);
    gain.gain.setTargetAtTime(peak * voice.sustain, at + voice.attack, voice.decay / 3);
    filter.connect(gain);
    const bend = voice.fm && this.bend(voice.fm, at, hertz, force, sources);
    for (const [shape, times, level] of voice.waves) {
      const wave = context.createOscillator(), part = context.createGain();
      wave.type = shape;
      wave.frequency.value = hertz * times;
      part.gain.value = level;
      if (bend) bend.connect(wave.frequency);
      wave.connect(part).connect(filter);
      wave.start(at);
      sources.push(wave);
    }
    return { gain, pan, sources, bornS: at, attack: voice.attack, release: voice.release };
  }

  /* The bell of an electric piano: a high sine that bends the pitch while it dies away. */
  bend([times, depth, decay], at, hertz, force, sources) {
    const wave = this.context.createOscillator(), gain = this.context.createGain();
    wave.frequency.value = Math.min(12000, hertz * times);
    gain.gain.setValueAtTime(hertz * depth * force, at);
    gain.gain.setTargetAtTime(0, at, decay / 3);
    wave.connect(gain);
    wave.start(at);
    sources.push(wave);
    return gain;
  }

  pluck(at, pitch, velocity) {
    const voice = VOICES.guitar, { gain, pan } = this.way(voice);
    const source = this.context.createBufferSource(), filter = this.context.createBiquadFilter();
    source.buffer = stringOf(this.context, pitch);
    filter.frequency.value = 900 + 5000 * (velocity / 127) ** 1.5;
    gain.gain.setValueAtTime(voice.level * (0.2 + 0.8 * velocity / 127), at);
    source.connect(filter).connect(gain);
    source.start(at);
    source.onended = () => pan.disconnect();
    return { gain, pan, sources: [source], bornS: at, attack: 0, release: voice.release };
  }
}
