// Finds contacts for the palette and the dial field, where this person may see contacts.
import { go, providers } from './commands.js';
import { phoneText } from './i18n.js';
import { ask, page } from './page.js';

const SHOWN = 6;
const PLACE = '/crm/contacts';

/** @typedef {{id: number, kind: string, name: string, company: string, number: string}} Line */

if (page.menu.some((place) => place.path === PLACE)) {
  providers.push(async (query, signal) => {
    const about = new URLSearchParams({ text: query, limit: String(SHOWN) });
    const found = await ask(`/api/v1/contacts?${about}`, { signal });
    return /** @type {Line[]} */ (found.contacts).map((contact) => ({
      id: `contact:${contact.id}`,
      title: () => contact.name,
      icon: contact.kind === 'company' ? 'bldg' : 'user',
      group: /** @type {const} */ ('found'),
      detail: contact.company || (contact.number ? phoneText(contact.number) : ''),
      number: contact.number,
      contactId: contact.id,
      run: () => go(`${PLACE}/${contact.id}`),
    }));
  });
}
