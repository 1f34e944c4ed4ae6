// The pages of campaigns. Loaded with them; the elements find the store by themselves.
import { socket } from '../socket.js';
import { arrange } from '../ui/camp-form.js';
import '../ui/camp-head.js';
import '../ui/camp-list.js';
import '../ui/camp-view.js';
import '../ui/camp-week.js';

arrange();
document.addEventListener('htmx:after:swap', arrange);
socket.start();
