// The two-sided waveform of the running call: customer above the axis, agent below, newest at the right.
// Dead air and one-way audio can be seen.
import { phone } from '../phone.js';

const BARS = 58;
const EVERY_MS = 90;
const WIDTH = 252;
const HEIGHT = 34;

export class Wave {
  /** @type {{customer: number, agent: number}[]} */
  #heard = [];
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;
  /** @type {number | undefined} */
  #timer;

  /** Draw on this canvas until another one, or none, is given. @param {HTMLCanvasElement | null} canvas */
  on(canvas) {
    if (this.#canvas === canvas) return;
    this.#canvas = canvas;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (canvas) this.#timer = window.setInterval(() => this.#step(), EVERY_MS);
    this.#draw();
  }

  clear() {
    this.#heard = [];
  }

  #step() {
    if (!this.#canvas?.isConnected) return this.on(null);
    this.#heard.push(phone.levels());
    if (this.#heard.length > BARS) this.#heard.shift();
    this.#draw();
  }

  #draw() {
    const canvas = this.#canvas;
    const pen = canvas?.getContext('2d');
    if (!canvas || !pen) return;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth || WIDTH;
    if (canvas.width !== Math.round(width * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(HEIGHT * scale);
    }
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, HEIGHT);
    pen.fillStyle = getComputedStyle(canvas).color;
    const step = width / BARS;
    const bar = step * 0.58;
    const missing = BARS - this.#heard.length;
    for (let i = 0; i < BARS; i++) {
      const level = this.#heard[i - missing];
      const up = level ? Math.max(0.9, level.customer * (HEIGHT / 2 - 1)) : 0.9;
      const down = level ? Math.max(0.9, level.agent * (HEIGHT / 2 - 1)) : 0.9;
      pen.globalAlpha = level ? 0.95 : 0.35;
      pen.beginPath();
      pen.roundRect(i * step, HEIGHT / 2 - up, bar, up + down, bar / 2);
      pen.fill();
    }
  }
}
