// <cc-campaign-steps>: a campaign's status, and what can be done about it in one click.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { icon } from '../page.js';
import { store } from '../store.js';
import { configured, now, statusName, statusOf, step, stepsOf, verbName } from './camp-state.js';

/** @typedef {import('./camp-state.js').CampaignConfig} CampaignConfig */

/** @type {Record<string, [icon: string, pill: string]>} */
const LOOK = { running: ['play', 'ready'], paused: ['pause', 'paused'], stopped: ['off', ''], draft: ['edit', ''] };

/** @param {string} status */
export function statusPill(status) {
  const [name, pill] = LOOK[status] ?? ['edit', ''];
  return html`<span class="pill ${pill}">${icon(name, true)}${statusName(status)}</span>`;
}

class CampaignSteps extends Live {
  /** @override */
  subscribe() {
    this.listen(store, 'change');
  }

  /** @override */
  render() {
    const config = /** @type {CampaignConfig | null} */ (configured('campaign-config'));
    if (!config) return nothing;
    const doc = now(config.first);
    const status = statusOf(doc);
    const steps = this.hasAttribute('may-run') ? stepsOf(status) : [];
    return html`${statusPill(status)}<span class="grow"></span><span class="row" data-place="steps">${steps.map((verb) => html`<button type="button" class="btn ${verb === 'start' || verb === 'resume' ? 'primary' : verb === 'stop' ? 'danger' : ''}" @click=${() => this.#step(doc.id, verb)}>${icon(verb === 'pause' ? 'pause' : verb === 'stop' ? 'off' : 'play', true)}${verbName(verb)}</button>`)}</span>`;
  }

  /** @param {number} id @param {import('./camp-state.js').Verb} verb */
  #step(id, verb) {
    const missing = document.getElementById('missing');
    if ((verb === 'start' || verb === 'resume') && missing instanceof HTMLDialogElement) missing.showModal();
    else void step(id, verb);
  }
}
customElements.define('cc-campaign-steps', CampaignSteps);
