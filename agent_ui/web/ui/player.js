// <cc-player src="..." seconds="93">: a recording. The audio is fetched when somebody presses play (listening
// is logged by the server, so nothing is preloaded); one recording plays at a time.
import { html } from 'lit';
import { Live } from '../element.js';
import { _, duration } from '../i18n.js';
import { icon } from '../page.js';

/** @type {Player | null} */
let playing = null;

class Player extends Live {
  /** @type {HTMLAudioElement | null} */
  #audio = null;
  #failed = false;

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#audio?.pause();
    if (playing === this) playing = null;
  }

  #open() {
    if (this.#audio) return this.#audio;
    const audio = new Audio(this.getAttribute('src') ?? '');
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

  /** @override */
  render() {
    const known = Number(this.getAttribute('seconds')) || 0;
    const length = this.#audio && Number.isFinite(this.#audio.duration) ? this.#audio.duration : known;
    const at = this.#audio?.currentTime ?? 0;
    const on = this.#audio ? !this.#audio.paused : false;
    if (this.#failed) return html`<div class="player"><span class="kind alarm">${icon('alert')}</span><span class="muted">${_('The recording cannot be played.')}</span></div>`;
    return html`<div class="player">
      <button type="button" class="play" aria-label=${on ? _('Pause') : _('Play recording')} @click=${() => this.#toggle()}>${icon(on ? 'hold' : 'play')}</button>
      <input class="seek" type="range" min="0" max=${Math.max(1, Math.ceil(length))} step="1" .value=${String(Math.floor(at))}
        style="--done:${length ? Math.round((at / length) * 100) : 0}%" aria-label=${_('Position')} aria-valuetext=${duration(at)} @input=${this.#seek}>
      <span class="num">${at ? `${duration(at)} / ${duration(length)}` : duration(length)}</span></div>`;
  }
}
customElements.define('cc-player', Player);
