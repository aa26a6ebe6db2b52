/* What limits the copilot, in words. Pure. */

const LATE_PORT_MS = 5, MOST_COMMIT_MS = 4000;
const WAITING_BYTES = 65536; // 20 s of a band

/** Milliseconds as people read them: 4.8 ms, 180 ms, 10.4 s. */
export function ms(value) {
  if (value >= 2000) return `${Math.round(value / 100) / 10} s`;
  return value < 10 ? `${Math.round(10 * value) / 10} ms` : `${Math.round(value)} ms`;
}

/**
 * A verdict from the session's status and the panel's commit_ms: {text, kind}, kind one of "calm", "good", "warn".
 * The model needs what 99 of 100 of its calls took at the most; notes are final `commit` ahead.
 */
export function verdict(status, setCommitMs) {
  const needs = status.engine_call_p99_ms, commit = status.commit_ms, late = status.late_p99_ms;
  if (status.stopped) return { text: "Stopped: nothing is planned. Start, and it listens anew.", kind: "calm" };
  if (!status.running) return { text: "Time stands still: play, or start the clock.", kind: "calm" };
  if (!status.engine_calls && status.plays) return { text: "The model has not answered yet: its cover plays.", kind: "calm" };
  if (!status.engine_calls || !needs) return { text: "The model has not been asked yet: play something.", kind: "calm" };
  const isLate = status.plays === "cover" && status.model_missed > status.model_in_time;
  if (isLate) return { text: `The model needs ${ms(needs)}, and is seldom in time: its cover plays.`, kind: "warn" };
  const both = `The model needs ${ms(needs)}; commit is ${ms(commit)}`;
  if (needs > commit && setCommitMs > 0) {
    return { text: `${both}: the model limits, and answers come too late. Set commit to 0: it follows the model.`, kind: "warn" };
  }
  if (needs > commit && commit >= MOST_COMMIT_MS) {
    return { text: `${both}, the most that there is: the model limits. A smaller one is fast enough here.`, kind: "warn" };
  }
  if (late > LATE_PORT_MS) return { text: `${both}. The MIDI port limits: notes leave ${ms(late)} late.`, kind: "warn" };
  if (needs > commit) return { text: `${both}: it follows the newest calls, which were faster.`, kind: "good" };
  if (setCommitMs > 2 * needs + 20) {
    return { text: `${both}: commit limits. Lower it, and what you play is answered sooner.`, kind: "calm" };
  }
  const beats = (commit * status.tempo_bpm) / 60000;
  return { text: `${both}: what you play is answered ${beats.toFixed(beats < 1 ? 2 : 1)} beats later at the soonest.`, kind: "good" };
}

/** How recording goes: [text, what it means, whether it is trouble]. */
function recording(status) {
  if (status.journal_error) return ["stopped", status.journal_error, true];
  if (!status.recording) return ["off", "nothing is recorded", false];
  if (status.journal_pending_bytes > WAITING_BYTES) return ["waits", "the disk does not answer; what comes in is kept in memory", true];
  return ["on", "the disk has it within a second", false];
}

/** Of a model and its cover, where there are both: whose plan plays, and how often the model's came in time. */
function whose(status) {
  if (status.plays === undefined) return [];
  const rounds = status.model_in_time + status.model_missed;
  const share = rounds ? `${Math.round((100 * status.model_in_time) / rounds)}%` : "–";
  return [
    ["Plays", status.plays ?? "–", `whose plan the last note came from; it changed ${status.switches} times`, status.plays === "cover"],
    ["Model in time", share, `${status.model_in_time} of ${rounds} rounds; in the others its cover played`, false],
    ["Cover p99", status.cover_call_p99_ms ? ms(status.cover_call_p99_ms) : "–", "99 of 100 answers of the cover were this fast", false],
  ];
}

/** The figures of the meters: [name, text, what it means, whether it is trouble]. */
export function figures(status, setCommitMs) {
  const has = name => typeof status[name] === "number";
  const time = name => (has(name) && (status.engine_calls || !name.startsWith("engine")) ? ms(status[name]) : "–");
  const count = name => (has(name) ? String(status[name]) : "–");
  const due = status.due || 0, share = due ? `${Math.round(1000 * status.played_over_due) / 10}%` : "–";
  return [
    ["Step", time("engine_step_p50_ms"), `a word of the model, median; p99 ${time("engine_step_p99_ms")}`, false],
    ["Call p50", time("engine_call_p50_ms"), "an answer of the model, median", false],
    ["Call p99", time("engine_call_p99_ms"), "99 of 100 answers were this fast", setCommitMs > 0 && status.engine_call_p99_ms > setCommitMs],
    ["Commit", time("commit_ms"), "notes are final this far ahead", false],
    ["Played", share, `${count("notes_played")} of ${due} notes that were due`, due > 20 && status.played_over_due < 0.97],
    ["Late", count("late"), "notes that began after their moment", status.late > 0],
    ["Dropped", count("dropped"), "notes that were not played", status.dropped > 0],
    ["Jitter", time("late_p99_ms"), "99 of 100 notes left the port this close to their moment", status.late_p99_ms > LATE_PORT_MS],
    ...whose(status),
    ["Flushes", count("flushes"), "times that the model's memory was renewed", false],
    ["Recording", ...recording(status)],
    ["Queue lost", count("midi_queue_drops"), "messages that a full queue lost", status.midi_queue_drops > 0],
  ];
}
