/* Cases: piano rolls that play. Times are seconds from the case's start. */

const cases = JSON.parse(document.getElementById("data").textContent);
const LOOKAHEAD = 0.25, LEFT = 46, PITCHED = 150, KIT = 54, LABEL = 18, GAP = 8;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
let playing = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/* One panel: the band in grey, one part in colour; pitched notes above, the kit below. */
function drawPanel(paint, data, part, tint, top, x, range, title) {
  const [low, high] = range, rows = high - low + 1, step = PITCHED / rows, kitTop = top + LABEL + PITCHED + 4;
  const y = pitch => top + LABEL + (high - pitch) * step;
  paint.fillStyle = colour("chord");
  paint.font = "600 12px system-ui, sans-serif";
  paint.fillText(title, LEFT + 4, top + 13);
  paint.font = "10px system-ui, sans-serif";
  for (let pitch = low; pitch <= high; pitch++) {
    if (pitch % 12) continue;
    paint.fillStyle = colour("line");
    paint.fillRect(LEFT, y(pitch) + step, x(data.end) - LEFT, 1);
    paint.fillStyle = colour("soft");
    paint.fillText("C" + (pitch / 12 - 1), 22, y(pitch) + step);
  }
  data.bars.forEach((bar, number) => {
    paint.fillStyle = number % 4 ? colour("bar") : "#c9ced6";
    paint.fillRect(x(bar), top + LABEL, 1, PITCHED + KIT);
  });
  paint.fillStyle = colour("soft");
  paint.fillText("drums", 8, kitTop + KIT / 2);
  const note = ([start, end, pitch], role, tinted) => {
    if (role === "drums") {
      const place = kitTop + KIT - 8 - Math.min(1, Math.max(0, (pitch - 35) / 25)) * (KIT - 12);
      paint.fillRect(x(start), place, 3, 4);
    } else {
      paint.fillRect(x(start), y(pitch), Math.max(1.5, x(end) - x(start) - 0.5), Math.max(tinted ? 3 : 2, step - 0.5));
    }
  };
  for (const other of data.band) {
    paint.fillStyle = colour(other.role === "drums" ? "drums" : "band");
    other.notes.forEach(each => note(each, other.role, false));
  }
  paint.fillStyle = colour(tint);
  part.forEach(each => note(each, data.part, true));
}

function drawRoll(canvas, data) {
  const pixels = Math.max(14, Math.min(34, 30000 / data.end, Math.max(30, 1180 / data.end)));
  const x = seconds => LEFT + seconds * pixels;
  const width = Math.ceil(x(data.end)) + 12, panel = LABEL + PITCHED + KIT + 4, height = 18 + 2 * panel + GAP;
  const scale = width > 12000 ? 1 : Math.min(2, window.devicePixelRatio || 1);
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  paint.fillStyle = colour("paper");
  paint.fillRect(0, 0, width, height);
  const pitched = data.band.filter(each => each.role !== "drums").flatMap(each => each.notes);
  if (data.part !== "drums") pitched.push(...data.real, ...data.played);
  const pitches = pitched.map(each => each[2]);
  const low = pitches.length ? pitches.reduce((a, b) => Math.min(a, b)) : 48, high = pitches.length ? pitches.reduce((a, b) => Math.max(a, b)) : 72;
  paint.fillStyle = colour("chord");
  paint.font = "11px system-ui, sans-serif";
  let until = 0;
  for (const [at, name] of data.chords) {
    if (x(at) < until) continue;
    paint.fillText(name, x(at) + 2, 13);
    until = x(at) + paint.measureText(name).width + 6;
  }
  drawPanel(paint, data, data.real, "real", 18, x, [low - 1, high + 1], "the real " + data.part);
  drawPanel(paint, data, data.played, "copilot", 18 + panel + GAP, x, [low - 1, high + 1], data.player);
  return { x, seconds: pixel => (pixel - LEFT) / pixels };
}

function stop() {
  if (!playing) return;
  clearInterval(playing.timer);
  cancelAnimationFrame(playing.frame);
  playing.buttons.forEach(button => button.setAttribute("aria-pressed", "false"));
  playing.needle.style.visibility = "hidden";
  Synth.silence();
  playing = null;
}

/* Schedules notes a quarter of a second ahead, from `from` on. */
function play(data, parts, view, button, from) {
  stop();
  const context = Synth.start(), began = context.currentTime + 0.08 - from;
  const events = parts.flatMap(part => part.notes.map(note => [part.role, ...note]))
    .filter(event => event[1] >= from).sort((a, b) => a[1] - b[1]);
  let next = 0;
  const schedule = () => {
    while (next < events.length && began + events[next][1] < context.currentTime + LOOKAHEAD) {
      const [role, start, end, pitch, velocity] = events[next++];
      Synth.play(role, Math.max(context.currentTime, began + start), began + end, pitch, velocity);
    }
  };
  const follow = () => {
    const at = context.currentTime - began;
    if (at > data.end + 0.5) return stop();
    const pixel = view.x(Math.min(Math.max(0, at), data.end)), roll = view.roll;
    view.needle.style.transform = `translateX(${pixel}px)`;
    view.clock.textContent = `${Math.max(0, at).toFixed(1)} of ${data.end.toFixed(0)} s`;
    if (pixel < roll.scrollLeft || pixel > roll.scrollLeft + roll.clientWidth * 0.9) roll.scrollLeft = pixel - roll.clientWidth * 0.1;
    playing.frame = requestAnimationFrame(follow);
  };
  button.setAttribute("aria-pressed", "true");
  view.needle.style.visibility = "visible";
  playing = { timer: setInterval(schedule, 60), frame: 0, buttons: view.buttons, needle: view.needle, data };
  schedule();
  follow();
}

function showCase(data) {
  const card = element("article"), head = element("div", "head");
  head.append(element("h3", "", `${data.rank}: ${data.song}`), element("span", "las", `LAS ${data.las}`),
    element("span", "facts", `real part ${data.las_real} · ${data.what}`));
  const keys = element("div", "keys"), clock = element("span", "clock", `${data.end.toFixed(0)} s`);
  const roll = element("div", "roll"), canvas = element("canvas"), needle = element("div", "needle");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Piano rolls of the real ${data.part} and of ${data.player} over the band`);
  roll.append(canvas, needle);
  const view = { ...drawRoll(canvas, data), roll, needle, clock, buttons: [] };
  const mine = notes => ({ role: data.part, notes });
  const choices = [
    ["▶ band + real part", [...data.band, mine(data.real)]],
    [`▶ band + ${data.player}`, [...data.band, mine(data.played)]],
    [`▶ ${data.player} alone`, [mine(data.played)]],
  ];
  let chosen = 1;
  choices.forEach(([label, parts], number) => {
    const button = element("button", "", label);
    button.setAttribute("aria-pressed", "false");
    button.onclick = () => { chosen = number; play(data, parts, view, button, 0); };
    view.buttons.push(button);
  });
  const end = element("button", "", "■ stop");
  end.onclick = stop;
  keys.append(...view.buttons, end, element("span", "facts", "click into the roll to play from there"), clock);
  canvas.onclick = event => play(data, choices[chosen][1], view, view.buttons[chosen],
    Math.max(0, view.seconds(event.clientX - canvas.getBoundingClientRect().left)));
  const legend = element("div", "legend");
  for (const [name, text] of [["real", "the real part"], ["copilot", data.player], ["band", "the band, which is what was heard"]]) {
    const entry = element("span", "", text), swatch = element("i");
    swatch.style.background = colour(name);
    entry.prepend(swatch);
    legend.append(entry);
  }
  card.append(head, element("div", "marks", data.marks), keys, roll, legend);
  return card;
}

const section = document.getElementById("cases");
let shown = "";
for (const data of cases) {
  if (data.group !== shown) section.append(element("h2", "", data.group));
  shown = data.group;
  section.append(showCase(data));
}
