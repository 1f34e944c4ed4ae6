// Short messages at the foot of the window, with at most one action (usually Undo).
import { html, render } from 'lit';
import { _ } from './i18n.js';
import { icon } from './page.js';

const SHOWN_MS = 6000;

/**
 * @param {string} text
 * @param {{level?: 'info' | 'alarm', action?: string, run?: () => void, ms?: number}} [options]
 */
export function toast(text, { level = 'info', action, run, ms = SHOWN_MS } = {}) {
  const host = document.getElementById('toasts');
  if (!host) return;
  if (host.showPopover && !host.matches(':popover-open')) host.showPopover();
  const box = document.createElement('div');
  box.className = level === 'alarm' ? 'toast alarm' : 'toast';
  const close = () => {
    box.remove();
    if (!host.childElementCount && host.matches(':popover-open')) host.hidePopover();
  };
  const act = () => { close(); run?.(); };
  render(html`<span>${text}</span>
    ${action ? html`<button type="button" class="btn small" @click=${act}>${action}</button>` : ''}
    <button type="button" class="icon-btn" aria-label=${_('Close')} @click=${close}>${icon('close', true)}</button>`, box);
  host.append(box);
  while (host.childElementCount > 3) host.firstElementChild?.remove();
  setTimeout(close, level === 'alarm' ? ms * 2 : ms);
}
