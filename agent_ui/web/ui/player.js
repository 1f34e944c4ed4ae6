// <cc-player src="..." seconds="93">: a recording. The audio is fetched when somebody presses play (listening
// is logged by the server, so nothing is preloaded); one recording plays at a time. The waveform (customer
// above, agent below) comes from `<src>/peaks` once the player is seen; without it there is a plain line.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, duration } from '../i18n.js';
import { ask, icon } from '../page.js';

const BARS = 96;
const WIDTH = 300;
const HEIGHT = 26;

/** @type {Player | null} */
let playing = null;

/** The loudest of each stretch. @param {number[]} peaks @param {number} count */
function thin(peaks, count) {
  if (!peaks.length) return [];
  return Array.from({ length: count }, (_none, i) => {
    const from = Math.floor((i * peaks.length) / count);
    return Math.max(...peaks.slice(from, Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count)))) / 100;
  });
}

class Player extends Live {
  /** @type {HTMLAudioElement | null} */
  #audio = null;
  #failed = false;
  /** @type {{customer: number[], agent: number[]} | null} */
  #peaks = null;
  /** @type {IntersectionObserver | null} */
  #seen = null;

  get #source() {
    return this.getAttribute('src') ?? '';
  }

  /** @override */
  subscribe() {
    this.#seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#seen?.disconnect();
      void this.#fetchPeaks();
    });
    this.#seen.observe(this);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#seen?.disconnect();
    this.#audio?.pause();
    if (playing === this) playing = null;
  }

  async #fetchPeaks() {
    const found = await ask(`${this.#source}/peaks`).catch(() => null);
    const [customer, agent] = found?.peaks ?? [];
    if (customer?.length) this.#peaks = { customer: thin(customer, BARS), agent: thin(agent ?? [], BARS) };
    this.requestUpdate();
  }

  #open() {
    if (this.#audio) return this.#audio;
    const audio = new Audio(this.#source);
    for (const type of ['timeupdate', 'play', 'pause', 'durationchange']) audio.addEventListener(type, () => this.requestUpdate());
    audio.addEventListener('ended', () => { audio.currentTime = 0; });
    audio.addEventListener('error', () => { this.#failed = true; this.requestUpdate(); });
    this.#audio = audio;
    return audio;
  }

  #toggle() {
    const audio = this.#open();
    if (!audio.paused) return audio.pause();
    if (playing && playing !== this) playing.#audio?.pause();
    playing = this;
    audio.play().catch(() => { this.#failed = true; this.requestUpdate(); });
  }

  /** @param {Event} event */
  #seek(event) {
    const audio = this.#open();
    audio.currentTime = Number(/** @type {HTMLInputElement} */ (event.target).value);
  }

  /** @param {number} done 0..1 */
  #wave(done) {
    if (!this.#peaks) return nothing;
    const { customer, agent } = this.#peaks;
    const step = WIDTH / BARS;
    const path = (/** @type {number} */ from, /** @type {number} */ to) => customer.slice(from, to).map((loud, i) => {
      const up = Math.max(0.7, loud * (HEIGHT / 2 - 0.5));
      const down = Math.max(0.7, (agent[from + i] ?? 0) * (HEIGHT / 2 - 0.5));
      return `M${((from + i + 0.3) * step).toFixed(1)} ${(HEIGHT / 2 - up).toFixed(1)}v${(up + down).toFixed(1)}`;
    }).join('');
    const split = Math.round(done * BARS);
    return html`<svg class="peaks" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path class="heard" d=${path(0, split) || 'M0 0'}></path><path d=${path(split, BARS) || 'M0 0'}></path></svg>`;
  }

  /** @override */
  render() {
    const known = Number(this.getAttribute('seconds')) || 0;
    const length = this.#audio && Number.isFinite(this.#audio.duration) ? this.#audio.duration : known;
    const at = this.#audio?.currentTime ?? 0;
    const done = length ? Math.min(1, at / length) : 0;
    const on = this.#audio ? !this.#audio.paused : false;
    if (this.#failed) return html`<div class="player"><span class="kind alarm">${icon('alert')}</span><span class="muted">${_('The recording cannot be played.')}</span></div>`;
    return html`<div class="player">
      <button type="button" class="play" aria-label=${on ? _('Pause') : _('Play recording')} @click=${() => this.#toggle()}>${icon(on ? 'hold' : 'play')}</button>
      <span class="track ${this.#peaks ? 'drawn' : ''}">${this.#wave(done)}<input class="seek" type="range" min="0" max=${Math.max(1, Math.ceil(length))} step="1" .value=${String(Math.floor(at))}
        style="--done:${Math.round(done * 100)}%" aria-label=${_('Position')} aria-valuetext=${duration(at)} @input=${this.#seek}></span>
      <span class="num">${at ? `${duration(at)} / ${duration(length)}` : duration(length)}</span></div>`;
  }
}
customElements.define('cc-player', Player);
