/* A MIDI keyboard at this computer, where the browser allows it. */

export const canMidi = () => typeof navigator.requestMIDIAccess === "function";

export class MidiIn {
  /** `tell(text)` is for a person. */
  constructor(instrument, tell) {
    Object.assign(this, { instrument, tell });
    this.access = null;
    this.isOn = false;
  }

  /** Ask for the ports; returns whether it listens. */
  async start() {
    try {
      this.access ??= await navigator.requestMIDIAccess();
    } catch {
      this.tell("The browser does not let this page use MIDI: allow it in the site's settings.");
      return false;
    }
    this.isOn = true;
    this.access.onstatechange = () => this.listen();
    const names = this.listen();
    this.tell(names.length ? `MIDI in: ${names.join(", ")}` : "No MIDI keyboard is connected: it is heard once it is.");
    return true;
  }

  stop() {
    this.isOn = false;
    this.instrument.letGo();
  }

  listen() {
    const inputs = [...this.access.inputs.values()].filter(input => input.state === "connected");
    for (const input of inputs) input.onmidimessage = event => this.isOn && this.take(input.id, event.data);
    return inputs.map(input => input.name);
  }

  take(id, [status, pitch, velocity]) {
    const kind = status & 0xf0, source = `${id} ${status & 0x0f} ${pitch}`;
    if (kind === 0x90 && velocity) {
      this.instrument.up(source);
      this.instrument.down(source, pitch, velocity);
    } else if (kind === 0x80 || kind === 0x90) {
      this.instrument.up(source);
    } else if (kind === 0xb0 && pitch >= 120) {
      this.instrument.letGo();
    }
  }
}
