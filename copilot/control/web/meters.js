/* The meters: a gauge of the latency budget, its verdict in words, figures and ports. */

import { byId, element, write } from "./dom.js";
import { figures, ms, verdict } from "./words.js";

const STATES = {
  connected: "",
  gone: " · gone",
  awaited: " · not there yet",
  open: " · ours, for others to connect to",
};

export class Meters {
  constructor() {
    this.cells = new Map();
  }

  take(status, setCommitMs) {
    this.gauge(status);
    const { text, kind } = verdict(status, setCommitMs);
    write(byId("verdict"), text);
    byId("verdict").dataset.kind = kind;
    for (const [name, shown, doc, isTrouble] of figures(status, setCommitMs)) this.cell(name, shown, doc, isTrouble);
    this.showPorts(status);
  }

  gauge(status) {
    const p50 = status.engine_call_p50_ms || 0, p99 = status.engine_call_p99_ms || 0, commit = status.commit_ms || 0;
    const end = niceEnd(1.15 * Math.max(p99, commit, 20)), share = value => `${Math.min(100, (100 * value) / end)}%`;
    byId("gauge-commit").style.width = share(commit);
    byId("gauge-p50").style.width = share(p50);
    byId("gauge-p99").style.left = share(p99);
    byId("gauge-p99").hidden = !p99;
    write(byId("gauge-text"), p99 ? `model: half within ${ms(p50)}, 99% within ${ms(p99)}` : "");
    write(byId("gauge-end"), ms(end));
  }

  cell(name, shown, doc, isTrouble) {
    let value = this.cells.get(name);
    if (!value) {
      const cell = element("div");
      value = element("dd");
      cell.append(element("dt", "", name), value);
      byId("figures").append(cell);
      this.cells.set(name, value);
    }
    write(value, shown);
    value.parentElement.title = doc;
    value.parentElement.classList.toggle("trouble", Boolean(isTrouble));
  }

  /** Each port with what it is to us and how it stands, and below what else there is to say of them. */
  showPorts(status) {
    const list = byId("ports"), ports = status.ports ?? [];
    while (list.children.length > ports.length) list.lastChild.remove();
    for (const [at, { name, direction, state }] of ports.entries()) {
      const item = list.children[at] ?? list.appendChild(element("li"));
      item.dataset.state = state;
      write(item, `${direction} ${name}${STATES[state]}`);
    }
    const timing = status.timing ? [`timing: ${status.timing}`] : [];
    const failed = status.midi_send_failures ? [`${status.midi_send_failures} sends failed`] : [];
    const deaths = status.worker_deaths ? [`the model was restarted ${status.worker_deaths}×`] : [];
    const uncovered = status.cover_deaths ? [`its cover was restarted ${status.cover_deaths}×`] : [];
    const unrecorded = status.journal_error ? [status.journal_error] : [];
    const alone = status.listening_only ? ["it only listens: start it, or choose a model"] : [];
    const reopened = status.midi_deaths ? [`the MIDI ports were opened again ${status.midi_deaths}×`] : [];
    const feedback = status.feedback ?? [];
    const remarks = [...feedback, ...alone, ...unrecorded, ...timing, ...failed, ...deaths, ...uncovered, ...reopened];
    write(byId("notes"), remarks.join(" · "));
  }
}

/** 1, 2 or 5 times a power of ten, or 1.5, 3, 4 or 8 times: the scale must not move with each status. */
function niceEnd(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.round(power * [1, 1.5, 2, 3, 4, 5, 8, 10].find(step => step * power >= value));
}
