// <cc-bell>: what the server wanted to tell while the person was busy. Kept for this page's life.
import { html } from 'lit';
import { Live } from '../element.js';
import { _, moment, ngettext } from '../i18n.js';
import { icon } from '../page.js';
import { notices } from '../notices.js';

class Bell extends Live {
  /** @override */
  subscribe() {
    this.listen(notices, 'change');
  }

  /** @override */
  render() {
    const fresh = notices.fresh;
    const label = fresh ? ngettext('Notices, {count} new', 'Notices, {count} new', fresh) : _('Notices');
    return html`<button type="button" class="icon-btn" aria-label=${label} popovertarget="bell-menu">${icon('bell')}${fresh ? html`<i class="pip"></i>` : ''}</button>
      <div class="menu notices" id="bell-menu" popover @toggle=${(/** @type {ToggleEvent} */ event) => { if (event.newState === 'closed') notices.read(); }}>
        <h2>${_('Notices')}</h2>
        ${notices.list.length
          ? notices.list.map((notice) => html`<p class="notice ${notice.level}">${icon(notice.level === 'info' ? 'bell' : 'alert', true)}<span>${notice.text}</span><time>${moment(notice.at, 'time')}</time></p>`)
          : html`<p class="notice"><span class="muted">${_('Nothing to tell.')}</span></p>`}
      </div>`;
  }
}
customElements.define('cc-bell', Bell);
