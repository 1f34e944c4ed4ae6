// Elements whose text is cut off or runs out of its box. `.cut` shortens people's own data on purpose.
() => {
  const found = [];
  const page = document.documentElement.scrollWidth;
  if (page > innerWidth) found.push(`page ${page}`);
  const skipped = 'svg, select, input, .cut, .vh, .skip, [popover]:not(:popover-open)';
  for (const el of document.querySelectorAll('body *')) {
    if (!el.checkVisibility() || el.closest(skipped)) continue;
    const { display, overflowX } = getComputedStyle(el);
    if (['inline', 'contents'].includes(display) || ['auto', 'scroll'].includes(overflowX)) continue;
    if (!el.clientWidth || el.scrollWidth <= el.clientWidth + 1) continue;
    const text = el.textContent.trim().slice(0, 40);
    found.push(`${el.tagName.toLowerCase()}.${el.className} ${el.scrollWidth}>${el.clientWidth} ${text}`);
  }
  return found;
}
