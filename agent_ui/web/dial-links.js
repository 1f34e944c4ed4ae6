// A number anywhere on a page (`data-dial`) is called from the desk's phone instead of by the system.
import { dial } from './desk.js';

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('[data-dial]') : null;
  if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void dial(link.dataset['dial'] ?? '', Number(link.dataset['contact']) || null);
});
