// The desk: the socket, the phone and everything that shows them. Loaded once and kept for the life of the page.
import '../desk.js';
import '../ui/state.js';
import '../ui/kpis.js';
import '../ui/queues.js';
import '../ui/line.js';
import '../ui/call.js';
import '../ui/next.js';
import '../ui/customer.js';
import '../ui/now.js';
import '../ui/work.js';
import '../ui/note.js';
import '../dial-links.js';
