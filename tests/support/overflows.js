// Elements whose text is cut off or runs out of its box. `.cut` shortens people's own data on purpose.
() => {
  const found = [];
  const page = document.documentElement.scrollWidth;
  if (page > innerWidth) found.push(`page ${page}`);
  const skipped = 'svg, select, input, .cut, .vh, .skip, [popover]:not(:popover-open)';
  const inline = (el) => ['inline', 'contents'].includes(getComputedStyle(el).display);
  // a box that shows what does not fit is at fault only for text: bars may reach into its padding on purpose
  const spills = (el) => {
    const edge = el.getBoundingClientRect().right + 1;
    const words = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (words.nextNode()) {
      let box = words.currentNode.parentElement;
      while (inline(box)) box = box.parentElement;
      range.selectNodeContents(words.currentNode);
      if (box === el && range.getBoundingClientRect().right > edge) return true;
    }
    return false;
  };
  for (const el of document.querySelectorAll('body *')) {
    if (!el.checkVisibility() || el.closest(skipped) || inline(el)) continue;
    const { overflowX } = getComputedStyle(el);
    if (['auto', 'scroll'].includes(overflowX)) continue;
    if (!el.clientWidth || el.scrollWidth <= el.clientWidth + 1) continue;
    if (overflowX === 'visible' && !spills(el)) continue;
    const text = el.textContent.trim().slice(0, 40);
    found.push(`${el.tagName.toLowerCase()}.${el.className} ${el.scrollWidth}>${el.clientWidth} ${text}`);
  }
  return found;
}
