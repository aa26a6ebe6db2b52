/* A control for a parameter: made from what the session says it is, and nothing else. */

import { asTitle, element } from "./dom.js";

const SEND_EVERY_MS = 40; // while a slider is dragged
const STEPS = 1000;

/**
 * Makes the row of a parameter. `send(value)` and `reset()` tell the session. Returns {row, show(value)}:
 * `show` lets it stand where the session says, unless it is being moved.
 */
export function control(parameter, send, reset) {
  const { name, doc, kind, group } = parameter;
  const row = element("div", `row ${kind}`), id = `p-${name}`;
  const head = element("div", "row-head"), label = element("label", "", asTitle(name), { for: id });
  const note = element("p", "doc", doc, { id: `${id}-doc` });
  const back = element("button", "reset", "↺", { type: "button", title: "Reset", "aria-label": `Reset ${asTitle(name)}` });
  back.onclick = reset;
  label.title = `${doc} Double-click to reset.`;
  label.ondblclick = reset;
  head.append(label);
  row.dataset.name = name;
  const isOpen = kind === "choice" && group === "part";
  const made = isOpen ? chips(parameter, id, send, label) : MAKERS[kind](parameter, id, send);
  head.append(back, ...made.beside);
  row.append(head, ...made.below, note);
  for (const input of made.inputs) input.setAttribute("aria-describedby", note.id);
  const show = value => {
    back.classList.toggle("idle", value === parameter.default);
    made.show(value);
  };
  return { row, show };
}

/* Each returns {beside the label, below it, inputs, show(value)}. */
const MAKERS = { float: number, int: number, bool: toggle, choice: list, chord: text };

function number(parameter, id, send) {
  const { low, high, unit, kind, name } = parameter, scale = scaleOf(low, high, kind === "int");
  const slider = element("input", "", "", { type: "range", min: 0, max: scale.steps, step: 1, "aria-label": asTitle(name) });
  const field = element("input", "number", "", { id, type: "number", min: low, max: high, step: kind === "int" ? 1 : "any", inputmode: "decimal" });
  let isHeld = false, waiting = null, timer = 0, last = parameter.value;
  const flush = () => {
    timer = 0;
    if (waiting === null) return;
    send(waiting);
    waiting = null;
    timer = setTimeout(flush, SEND_EVERY_MS);
  };
  const place = value => {
    slider.value = scale.position(value);
    slider.setAttribute("aria-valuetext", `${value}${unit ? ` ${unit}` : ""}`);
    slider.style.setProperty("--filled", `${(100 * slider.value) / scale.steps}%`);
  };
  slider.oninput = () => {
    last = scale.value(Number(slider.value));
    field.value = last;
    place(last);
    waiting = last;
    if (!timer) flush();
  };
  slider.onpointerdown = () => { isHeld = true; };
  for (const end of ["onpointerup", "onpointercancel", "onchange"]) slider[end] = () => { isHeld = false; };
  field.onchange = () => field.value !== "" && send(Number(field.value));
  const units = unit ? [element("span", "unit", unit)] : [];
  return {
    beside: [field, ...units],
    below: [slider],
    inputs: [field, slider],
    show(value) {
      if (isHeld || waiting !== null) return;
      last = value;
      if (document.activeElement !== field || field.value === "" || Number(field.value) !== value) field.value = neat(value);
      place(value);
    },
  };
}

const neat = value => String(Math.round(1000 * value) / 1000);

/** Positions of a slider ↔ values. Wide ranges are quadratic, so that small values can be hit. */
function scaleOf(low, high, isWhole) {
  const range = high - low, isWide = range > 200, step = isWhole ? 1 : range <= 2 ? 0.01 : range <= 20 ? 0.1 : 1;
  const steps = isWide ? STEPS : Math.round(range / step);
  const round = value => Math.round((low + Math.round((value - low) / step) * step) * 1000) / 1000;
  return {
    steps,
    position: value => Math.round(steps * (isWide ? Math.sqrt((value - low) / range) : (value - low) / range)),
    value: position => round(low + range * (isWide ? (position / steps) ** 2 : position / steps)),
  };
}

function toggle(parameter, id, send) {
  const box = element("input", "switch", "", { id, type: "checkbox", role: "switch" });
  box.onchange = () => send(box.checked);
  return { beside: [box], below: [], inputs: [box], show: value => { box.checked = value; } };
}

function list(parameter, id, send) {
  const select = element("select", "", "", { id });
  for (const choice of parameter.choices) select.append(new Option(choice.replace(/_/g, " "), choice));
  select.onchange = () => send(select.value);
  return { beside: [select], below: [], inputs: [select], show: value => { select.value = value; } };
}

function text(parameter, id, send) {
  const field = element("input", "chord-field", "", { id, type: "text", maxlength: 16, autocomplete: "off", spellcheck: "false", placeholder: "off" });
  field.onchange = () => send(field.value.trim() || "off");
  return { beside: [field], below: [], inputs: [field], show: value => { field.value = value === "off" ? "" : value; } };
}

/** All choices in view, as radio buttons. */
function chips(parameter, id, send, label) {
  const set = element("div", "chips", "", { role: "radiogroup", "aria-labelledby": `${id}-label` });
  label.id = `${id}-label`;
  label.removeAttribute("for");
  const radios = parameter.choices.map((choice, at) => {
    const chip = element("label", "chip"), radio = element("input", "", "", { type: "radio", name: id, value: choice, id: `${id}-${at}` });
    chip.append(radio, element("span", "", choice));
    if (parameter.name === "part") chip.dataset.role = choice;
    radio.onchange = () => send(choice);
    set.append(chip);
    return radio;
  });
  return { beside: [], below: [set], inputs: radios, show: value => radios.forEach(radio => { radio.checked = radio.value === value; }) };
}
