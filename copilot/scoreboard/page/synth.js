"use strict";
/* A small synthesizer: a voice for each role, drums of noise and sweeps. Nothing is loaded from anywhere. */

const Synth = (() => {
  let context = null, out = null, noise = null, voices = new Set();

  function start() {
    if (!context) {
      context = new AudioContext();
      const squeeze = context.createDynamicsCompressor();
      out = context.createGain();
      out.gain.value = 0.8;
      out.connect(squeeze).connect(context.destination);
      noise = context.createBuffer(1, context.sampleRate, context.sampleRate);
      noise.getChannelData(0).forEach((_, i, data) => { data[i] = 2 * Math.random() - 1; });
    }
    context.resume();
    return context;
  }

  /* attack and release in seconds; sustain: the level after `decay`; cut: the filter's corner in multiples of the pitch. */
  const VOICES = {
    bass:   { waves: [["triangle", 1, 1], ["sawtooth", 1, 0.3]], level: 0.55, attack: 0.006, decay: 0.5, sustain: 0.55, release: 0.06, cut: 6 },
    keys:   { waves: [["sine", 1, 1], ["sine", 2, 0.35], ["sine", 4, 0.12]], level: 0.26, attack: 0.004, decay: 1.0, sustain: 0.25, release: 0.15, cut: 10 },
    guitar: { waves: [["triangle", 1, 1], ["sawtooth", 1, 0.2]], level: 0.24, attack: 0.003, decay: 0.5, sustain: 0.12, release: 0.08, cut: 7 },
    lead:   { waves: [["square", 1, 0.5], ["triangle", 1, 0.6]], level: 0.2, attack: 0.012, decay: 0.3, sustain: 0.7, release: 0.08, cut: 6 },
    pad:    { waves: [["sawtooth", 1, 0.4], ["sawtooth", 1.004, 0.4], ["sine", 1, 0.6]], level: 0.13, attack: 0.09, decay: 0.5, sustain: 0.8, release: 0.35, cut: 4 },
  };

  function keep(source, at) {
    voices.add(source);
    source.onended = () => voices.delete(source);
    source.stop(at);
  }

  function tone(role, at, end, pitch, velocity) {
    const voice = VOICES[role] || VOICES.keys, hertz = 440 * 2 ** ((pitch - 69) / 12);
    const envelope = context.createGain(), filter = context.createBiquadFilter();
    const peak = voice.level * (0.25 + 0.75 * velocity / 127), off = Math.max(end, at + voice.attack + 0.02);
    filter.frequency.value = Math.min(12000, hertz * voice.cut);
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(peak, at + voice.attack);
    envelope.gain.setTargetAtTime(peak * voice.sustain, at + voice.attack, voice.decay / 3);
    envelope.gain.setTargetAtTime(0, off, voice.release / 3);
    filter.connect(envelope).connect(out);
    for (const [shape, times, level] of voice.waves) {
      const wave = context.createOscillator(), gain = context.createGain();
      wave.type = shape;
      wave.frequency.value = hertz * times;
      gain.gain.value = level;
      wave.connect(gain).connect(filter);
      wave.start(at);
      keep(wave, off + 2 * voice.release);
    }
  }

  function sweep(at, from, to, length, level) {
    const wave = context.createOscillator(), gain = context.createGain();
    wave.frequency.setValueAtTime(from, at);
    wave.frequency.exponentialRampToValueAtTime(to, at + length * 0.6);
    gain.gain.setValueAtTime(level, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + length);
    wave.connect(gain).connect(out);
    wave.start(at);
    keep(wave, at + length);
  }

  function hiss(at, kind, hertz, length, level) {
    const source = context.createBufferSource(), filter = context.createBiquadFilter(), gain = context.createGain();
    source.buffer = noise;
    filter.type = kind;
    filter.frequency.value = hertz;
    gain.gain.setValueAtTime(level, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + length);
    source.connect(filter).connect(gain).connect(out);
    source.start(at, Math.random() * 0.5);
    keep(source, at + length);
  }

  function drum(at, pitch, velocity) {
    const level = 0.2 + 0.8 * velocity / 127;
    if (pitch <= 36) sweep(at, 130, 42, 0.28, 0.9 * level);
    else if ([37, 38, 39, 40].includes(pitch)) { sweep(at, 220, 150, 0.12, 0.3 * level); hiss(at, "bandpass", 1900, 0.17, 0.55 * level); }
    else if ([42, 44, 54, 69, 70, 82].includes(pitch)) hiss(at, "highpass", 7500, 0.05, 0.28 * level);
    else if (pitch === 46) hiss(at, "highpass", 6500, 0.3, 0.28 * level);
    else if ([49, 52, 55, 57].includes(pitch)) hiss(at, "highpass", 4500, 1.1, 0.35 * level);
    else if ([51, 53, 59].includes(pitch)) hiss(at, "highpass", 8200, 0.35, 0.2 * level);
    else if ([41, 43, 45, 47, 48, 50].includes(pitch)) sweep(at, 70 + 9 * (pitch - 40), 55 + 6 * (pitch - 40), 0.25, 0.6 * level);
    else { sweep(at, 620, 480, 0.06, 0.3 * level); hiss(at, "bandpass", 3000, 0.05, 0.15 * level); }
  }

  return {
    start,
    now: () => context ? context.currentTime : 0,
    /* note: [start, end, pitch, velocity] in seconds; at, end: on the context's clock. */
    play(role, at, end, pitch, velocity) {
      if (role === "drums") drum(at, pitch, velocity); else tone(role, at, end, pitch, velocity);
    },
    silence() { for (const source of voices) { try { source.stop(); } catch (error) { /* it has ended */ } } voices.clear(); },
  };
})();
