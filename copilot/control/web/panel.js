/* The panel: every parameter in its group, made from the hello message. */

import { asTitle, byId, element, isPressed, press, recall, remember } from "./dom.js";
import { control } from "./controls.js";

const OPEN = "part"; // what is played first of all can't be folded away
const FOLDED = new Set(innerWidth < 2000 ? ["planning", "channels"] : []); // at first: who needs them finds them

export class Panel {
  constructor(send) {
    this.send = send;
    this.values = new Map();
    this.controls = new Map();
    this.listeners = [];
    const explain = byId("explain");
    explain.onclick = () => this.explain(!isPressed(explain));
    this.explain(recall("explain", "no") === "yes");
  }

  explain(isOn) {
    press(byId("explain"), isOn);
    byId("panel").classList.toggle("explained", isOn);
    remember("explain", isOn ? "yes" : "no");
  }

  /** Build it anew; what was folded stays so, and the focus stays where it was. */
  build(groups, parameters, verbs) {
    const focused = document.activeElement?.id;
    this.controls.clear();
    this.values.clear();
    const sections = groups.map(group => this.group(group, parameters.filter(each => each.group === group)));
    byId("groups").replaceChildren(...sections.filter(Boolean), this.deeds(verbs));
    for (const { name, value } of parameters) this.show(name, value);
    if (focused?.startsWith("p-")) byId(focused)?.focus();
  }

  group(group, parameters) {
    if (!parameters.length) return null;
    const rows = element("div", "rows"), box = group === OPEN ? element("div", "group") : this.folder(group);
    box.classList.add(`g-${group}`);
    box.append(rows);
    for (const parameter of parameters) {
      const { name } = parameter;
      const made = control(parameter, value => this.send({ set: name, value }), () => this.send({ reset: name }));
      this.controls.set(name, made);
      rows.append(made.row);
    }
    return box;
  }

  folder(group) {
    const box = element("details", "group");
    box.open = recall(`open.${group}`, FOLDED.has(group) ? "no" : "yes") === "yes";
    box.ontoggle = () => remember(`open.${group}`, box.open ? "yes" : "no");
    box.append(element("summary", "", asTitle(group)));
    return box;
  }

  /** What can be done beside what has a place of its own. */
  deeds(verbs) {
    const row = element("div", "more");
    for (const { name, doc, takes } of verbs) {
      if (takes || ["panic", "tap", "stop", "start"].includes(name) || name.endsWith("/list")) continue;
      const button = element("button", "", asTitle(name), { type: "button", title: doc });
      button.onclick = () => this.send({ do: name });
      row.append(button, element("p", "doc", doc));
    }
    return row;
  }

  onShow(listener) {
    this.listeners.push(listener);
  }

  /** The session says that a parameter has this value. */
  show(name, value) {
    this.values.set(name, value);
    this.controls.get(name)?.show(value);
    for (const listener of this.listeners) listener(name, value);
  }

  /** Something was refused, "name: got …": that control shows again what holds. */
  refused(text) {
    const name = text.split(":")[0];
    if (this.values.has(name)) this.controls.get(name)?.show(this.values.get(name));
  }

  allow(isOpen) {
    for (const input of byId("panel").querySelectorAll("input, select, button:not(.quiet)")) input.disabled = !isOpen;
  }
}
