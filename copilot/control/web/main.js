/* The page: puts the parts together, and hands each message to who is concerned. */

import { Bars } from "./bars.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { Connection } from "./connection.js";
import { byId, isPressed, press, write } from "./dom.js";
import { Instrument } from "./instrument.js";
import { Legend } from "./legend.js";
import { Meters } from "./meters.js";
import { Models } from "./models.js";
import { News } from "./news.js";
import { COPILOT, KIT, LATE, LATE_MS, Notes } from "./notes.js";
import { Panel } from "./panel.js";
import { Players } from "./players.js";
import { Presets } from "./presets.js";
import { Roll } from "./roll.js";
import { Synth } from "./synth.js";
import { Tools } from "./tools.js";
import { readPrinted, Typing } from "./typing.js";

const SOUNDS_AFTER_S = 0.05; // messages come in batches: all sound this much late, and so in time with each other
const nowS = () => performance.now() / 1000;

await readPrinted();
const clock = new Clock(), notes = new Notes(), players = new Players(), bars = new Bars();
const roll = new Roll(byId("roll"), { notes, players, bars, clock });
const news = new News(), synth = new Synth(), meters = new Meters();
const send = frame => connection.send(frame);
const panel = new Panel(send), presets = new Presets(send, text => news.complain(text));
const models = new Models(send);
panel.onShow((name, value) => {
  if (name === "part") players.part = value;
  if (name.startsWith("channel_")) players.name(Number(name.slice(8)), value);
  if (name === "mute") press(byId("mute"), value);
  if (name === "hold") press(byId("hold"), value);
  roll.isDirty = true;
});

const legend = new Legend(byId("legend"), players, notes, () => instrument.channel);
let instrument = null;
const board = new Board(byId("keys"), () => instrument, 3);
instrument = new Instrument({ send, sound, mark: (pitch, isDown) => board.mark(pitch, isDown) });
const typing = new Typing(instrument, board);
const tools = new Tools({ instrument, board, typing, synth, players, panel, send, news });
let version = "";

/** A key goes down or up, here and now. */
function sound(channel, pitch, velocity, delayS = 0) {
  const key = channel * 128 + pitch;
  if (velocity) synth.on(key, players.role(channel) || "keys", pitch, velocity, delayS);
  else synth.off(key, delayS);
}

function delayS(posBeats) {
  const awayS = clock.isRunning ? ((posBeats - clock.at(nowS())) * 60) / clock.tempoBpm : 0;
  return Math.max(0, Math.min(0.2, awayS + SOUNDS_AFTER_S));
}

const kitMark = channel => (players.isDrums(channel) ? KIT : 0);

const HEAR = {
  hello(message) {
    const { status } = message;
    document.title = `copilot · ${message.status.part ?? "live"}`;
    players.take(message.roles);
    panel.build(message.groups, message.panel, message.verbs);
    panel.allow(true);
    for (const name of ["hold", "mute"]) byId(name).disabled = !panel.values.has(name);
    byId("tap").disabled = !panel.values.has("tempo_bpm");
    byId("record").disabled = byId("stop").disabled = false;
    presets.show(message.presets);
    models.show(message.model, message.models);
    notes.letGo(clock.at(nowS()));
    clock.take(message.now_beats, message.tempo_bpm, Boolean(status.running), nowS());
    this.status({ recording: "", roles: message.roles, now_beats: message.now_beats, ...status });
    tools.choices = message.panel.find(each => each.name.startsWith("channel_"))?.choices;
    tools.settle();
    version = message.version;
    news.connected(`${message.model || "Connected"} · ${version}`);
  },

  status(message) {
    players.take(message.roles ?? {});
    players.part = message.part ?? players.part;
    clock.status(message.now_beats, message.tempo_bpm, message.running, nowS());
    roll.commitBeats = message.running ? (message.commit_ms * message.tempo_bpm) / 60000 : 0;
    roll.isDirty = true;
    meters.take(message, panel.values.get("commit_ms") ?? 0);
    legend.status(message);
    write(byId("tempo"), String(Math.round(10 * message.tempo_bpm) / 10));
    press(byId("record"), Boolean(message.recording));
    write(byId("stop"), message.stopped ? "Start" : "Stop");
    byId("stop").classList.toggle("waits", Boolean(message.stopped));
    legend.show();
    tools.show();
  },

  in({ pos_beats, channel, pitch, velocity }) {
    if (channel === COPILOT) return; // its own notes, come round through a cable: they were told as they left
    if (velocity) notes.on(channel, pitch, velocity, pos_beats, kitMark(channel));
    else notes.off(channel, pitch, pos_beats);
    if (instrument.isEcho(channel, pitch, velocity)) return;
    if (tools.heard === "all" || !velocity) sound(channel, pitch, velocity, delayS(pos_beats));
  },

  out({ pos_beats, pitch, velocity, late_ms }) {
    if (velocity) notes.on(COPILOT, pitch, velocity, pos_beats, kitMark(COPILOT) | (late_ms > LATE_MS ? LATE : 0));
    else notes.off(COPILOT, pitch, pos_beats);
    if (!velocity || players.isDrums(COPILOT) === board.isKit) board.mark(pitch, velocity > 0, "theirs");
    if (tools.heard !== "mine" || !velocity) sound(COPILOT, pitch, velocity, delayS(pos_beats));
  },

  dropped({ pos_beats, pitch }) {
    notes.drop(pitch, pos_beats, kitMark(COPILOT));
  },

  plan({ now_beats, until_beats, notes: planned }) {
    notes.planned(now_beats, until_beats, planned, roll.commitBeats);
  },

  beat(message) {
    bars.beat(message);
    write(byId("bar"), `${message.bar}.${message.beat}`);
    write(byId("meter"), `${message.numerator}/${message.denominator}`);
  },

  chord(message) {
    bars.chord(message);
    write(byId("chord"), message.symbol || "–");
    write(byId("key"), message.key || "–");
  },

  changed({ name, value }) {
    panel.show(name, value);
  },

  presets({ names }) {
    presets.show(names);
  },

  models({ model, names }) {
    models.show(model, names);
    if (model) news.stand(`${model} · ${version}`, "open", false);
  },

  said({ text }) {
    news.say(text);
  },

  error({ text }) {
    panel.refused(text);
    news.complain(text);
  },
};

const LIVE = ["tap", "hold", "mute", "stop", "record"];

function turn({ isOpen, retryMs }) {
  byId("main").dataset.connected = isOpen ? "yes" : "no";
  if (isOpen) return;
  for (const id of LIVE) byId(id).disabled = true;
  const stopped = nowS();
  clock.stop(stopped);
  notes.letGo(clock.at(stopped));
  instrument.echoes.clear();
  synth.letGo();
  board.clear();
  panel.allow(false);
  roll.isDirty = true;
  news.lost(retryMs);
}

/** Silence, here and everywhere. Where the session can't be told, that is said. */
function panic() {
  instrument.letGo();
  synth.silence();
  board.clear();
  if (!send({ do: "panic" })) news.complain("Not connected: the panic did not reach the copilot. This page is silent.");
}

byId("panic").onclick = panic;
byId("retry").onclick = () => connection.hurry();
byId("tap").onpointerdown = event => { if (event.button === 0) send({ do: "tap" }); }; // as it goes down: time counts
byId("tap").onclick = event => { if (event.detail === 0) send({ do: "tap" }); };
byId("hold").onclick = event => send({ set: "hold", value: !isPressed(event.currentTarget) });
byId("mute").onclick = event => send({ do: "mute", argument: !isPressed(event.currentTarget) });
byId("stop").onclick = event => send({ do: event.currentTarget.textContent.toLowerCase() }); // what it shows, it does
byId("record").onclick = event => send({ do: "record", argument: !isPressed(event.currentTarget) });
addEventListener("keydown", event => event.key === "Escape" && !event.repeat && panic(), { capture: true });

const connection = new Connection(new URL("/live", location.href.replace(/^http/, "ws")), {
  hear(message) {
    HEAR[message.type]?.(message);
    roll.isDirty = true;
  },
  turn,
  pong(wayMs, beats, atS) {
    if (clock.isRunning) clock.pong(wayMs / 1000, beats, atS);
  },
});
