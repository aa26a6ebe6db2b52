/* The instrument's row of tools: channel, role, octave, velocity, sound. */

import { byId, fill, isPressed, press, recall, remember, write } from "./dom.js";
import { canMidi, MidiIn } from "./midi.js";

const JUST_MS = 600;
const CHANNELS = Array.from({ length: 15 }, (_, at) => at + 1); // 0 is the copilot's own

export class Tools {
  constructor({ instrument, board, typing, synth, players, panel, send, news }) {
    Object.assign(this, { instrument, board, synth, players, panel, send });
    this.hasChannel = recall("channel", "") !== "";
    instrument.channel = Number(recall("channel", "1"));
    byId("channel").onchange = event => this.choose(Number(event.target.value));
    byId("role").onchange = event => {
      this.isIntroduced = true;
      send({ set: `channel_${instrument.channel}`, value: event.target.value });
    };
    instrument.begins = () => this.introduce();
    byId("octave-down").onclick = () => board.shift(-1);
    byId("octave-up").onclick = () => board.shift(1);
    this.slide("velocity", "90", value => { instrument.velocity = value; write(byId("velocity-text"), String(value)); });
    this.slide("volume", "80", value => synth.setVolume(value / 100));
    byId("typing").onclick = event => {
      typing.isOn = !typing.isOn;
      press(event.currentTarget, typing.isOn);
    };
    this.midi(new MidiIn(instrument, text => news.say(text)));
    synth.isOn = recall("sound", "on") === "on";
    synth.turned = () => this.showSound();
    this.showSound();
    byId("sound").onclick = () => this.turnSound();
    byId("heard").value = recall("heard", "all");
    byId("heard").onchange = event => {
      synth.letGo();
      remember("heard", event.target.value);
    };
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => synth.wake(), { capture: true });
    panel.onShow(name => name.startsWith("channel_") && this.show());
  }

  slide(id, otherwise, take) {
    const slider = byId(id);
    slider.value = recall(id, otherwise);
    const turn = () => { take(Number(slider.value)); slider.style.setProperty("--filled", `${(100 * (slider.value - slider.min)) / (slider.max - slider.min)}%`); };
    slider.oninput = () => { turn(); remember(id, slider.value); };
    turn();
  }

  midi(input) {
    const button = byId("midi");
    button.disabled = !canMidi();
    button.title = canMidi() ? "Play with a MIDI keyboard at this computer" : "This browser has no MIDI";
    button.onclick = async () => {
      if (isPressed(button)) input.stop();
      press(button, !isPressed(button) && await input.start());
    };
  }

  turnSound() {
    if (performance.now() - this.synth.wokenMs < JUST_MS) return; // this very click has begun it
    this.synth.turn(!this.synth.isOn);
    remember("sound", this.synth.isOn ? "on" : "off");
    this.showSound();
  }

  showSound() {
    const { isOn, sounds } = this.synth;
    write(byId("sound"), isOn && !sounds ? "Start sound" : "Sound");
    press(byId("sound"), sounds);
  }

  /** Before the first note: who plays here is a player of keys, unless it was said otherwise. */
  introduce() {
    const name = `channel_${this.instrument.channel}`;
    if (this.isIntroduced || !this.panel.values.has(name)) return;
    this.isIntroduced = true;
    if (!this.players.role(this.instrument.channel)) this.send({ set: name, value: "keys" });
  }

  /** What sounds here: "all", "copilot" (and mine) or "mine". */
  get heard() {
    return byId("heard").value;
  }

  choose(channel) {
    this.instrument.letGo();
    this.instrument.channel = channel;
    this.hasChannel = true;
    this.isIntroduced = false;
    remember("channel", String(channel));
    this.show();
  }

  /** A session is there: take a channel that nobody plays on, unless one was chosen. */
  settle() {
    if (!this.hasChannel) this.instrument.channel = CHANNELS.find(channel => !this.players.role(channel)) ?? 1;
    this.hasChannel = true;
    this.isIntroduced = false;
    this.show();
  }

  show() {
    const { channel } = this.instrument, { players } = this;
    fill(byId("channel"), CHANNELS.map(each => [String(each), `channel ${each}${players.role(each) ? ` · ${players.role(each)}` : ""}`]), String(channel));
    const set = this.panel.values.get(`channel_${channel}`) ?? "auto", found = players.role(channel);
    const choices = this.choices ?? ["auto"];
    byId("role").disabled = !this.choices;
    fill(byId("role"), choices.map(each => [each, each === "auto" && found && set === "auto" ? `auto (${found})` : each]), set);
    this.board.turn((set === "auto" ? found : set) === "drums");
  }
}
