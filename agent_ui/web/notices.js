// Messages from the server, newest first.

class Notices extends EventTarget {
  /** @type {{level: 'info' | 'warning' | 'error', text: string, at: Date, seen: boolean}[]} */
  list = [];

  get fresh() {
    return this.list.filter((notice) => !notice.seen).length;
  }

  /** @param {'info' | 'warning' | 'error'} level @param {string} text */
  add(level, text) {
    this.list = [{ level, text, at: new Date(), seen: false }, ...this.list].slice(0, 30);
    this.dispatchEvent(new Event('change'));
  }

  read() {
    for (const notice of this.list) notice.seen = true;
    this.dispatchEvent(new Event('change'));
  }
}

export const notices = new Notices();
