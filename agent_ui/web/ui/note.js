// <cc-note call="..." version="3">: the note of a call, saved as it is typed. What is not yet saved survives a
// reload in this browser; when somebody else was faster, both texts are kept.
import { html } from 'lit';
import { Live } from '../element.js';
import { _ } from '../i18n.js';
import { Refusal, ask } from '../page.js';

const PAUSE_MS = 700;
const RETRY_MS = 4_000;
/** @param {string} callId */
const draftKey = (callId) => `cc-note-${callId}`;

class Note extends Live {
  /** @type {'saved' | 'typing' | 'saving' | 'failed'} */
  #state = 'saved';
  #text = '';
  #version = 0;
  /** @type {number | undefined} */
  #timer;
  /** @type {Promise<void> | null} */
  #going = null;

  get callId() {
    return this.getAttribute('call') ?? '';
  }

  get text() {
    return this.#text;
  }

  /** @override */
  connectedCallback() {
    this.#text = this.getAttribute('text') ?? '';
    this.#version = Number(this.getAttribute('version')) || 0;
    const draft = localStorage.getItem(draftKey(this.callId));
    super.connectedCallback();
    if (draft !== null && draft !== this.#text) this.#change(draft);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    if (this.#state !== 'saved') void this.save();
  }

  /** @param {string} text */
  #change(text) {
    this.#text = text;
    this.#state = 'typing';
    localStorage.setItem(draftKey(this.callId), text);
    this.#later(PAUSE_MS);
    this.requestUpdate();
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.save(), ms);
  }

  /** Add a line at the end. @param {string} line */
  addLine(line) {
    this.#change(this.#text ? `${this.#text.trimEnd()}\n${line}` : line);
  }

  /** Write what is typed; resolves when it is saved or could not be. */
  async save() {
    clearTimeout(this.#timer);
    await this.#going;
    if (this.#state === 'saved') return;
    this.#going = this.#put().finally(() => { this.#going = null; });
    await this.#going;
  }

  async #put() {
    const text = this.#text;
    this.#state = 'saving';
    this.requestUpdate();
    try {
      const answer = await ask(`/api/v1/calls/${encodeURIComponent(this.callId)}/note`, { method: 'PUT', json: { text, version: this.#version } });
      this.#version = answer.version;
      this.#state = this.#text === text ? 'saved' : 'typing';
      if (this.#state === 'saved') localStorage.removeItem(draftKey(this.callId));
      else this.#later(PAUSE_MS);
    } catch (error) {
      if (error instanceof Refusal && error.key === 'stale') this.#merge(error.body);
      else this.#state = 'failed';
      this.#later(error instanceof Refusal && error.key === 'stale' ? 0 : RETRY_MS);
    }
    this.requestUpdate();
  }

  /** Somebody wrote meanwhile: their text first, then what is ours and not in it. @param {any} body */
  #merge(body) {
    const theirs = String(body?.values?.text ?? '');
    this.#version = Number(body?.values?.version ?? this.#version);
    this.#text = theirs.includes(this.#text) ? theirs : `${theirs}\n${this.#text}`;
    this.#state = 'typing';
  }

  /** @override */
  render() {
    const words = { saved: this.#text ? _('Saved') : '', typing: _('Typing'), saving: _('Saving'), failed: _('Not saved yet: trying again') };
    return html`<label class="field"><span class="note-head"><span>${_('Note')}</span><span class="note-state ${this.#state}" role="status">${words[this.#state]}</span></span>
      <textarea class="input" rows="3" .value=${this.#text} placeholder=${_('What was agreed')}
        @input=${(/** @type {Event} */ event) => this.#change(/** @type {HTMLTextAreaElement} */ (event.target).value)} @blur=${() => void this.save()}></textarea></label>`;
  }
}
customElements.define('cc-note', Note);
export { Note };
