// Every page: navigation, forms, menus, palette, toasts, theme, language, times and recordings.
import '../shell.js';
import '../ui/time.js';
import '../ui/player.js';
import '../ui/bell.js';
import '../records.js';
