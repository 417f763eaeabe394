// edge/view/page/morph.js - makes a tree on the page equal to a fresh one, touching only what differs.
// SPDX-License-Identifier: Apache-2.0
// So focus, a selection of text, an open <details> and the place scrolled to stay while numbers change.

function morph(old, fresh) {
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !(name === 'open' && old.tagName === 'DETAILS')) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, [...fresh.childNodes]);
}

// A node with data-own belongs to who made it (a canvas): it stays as it is.
function morphChildren(parent, wanted) {
  let at = parent.firstChild;
  for (const node of wanted) {
    if (!at) {
      parent.append(node);
      continue;
    }
    const next = at.nextSibling;
    if (node.nodeType !== at.nodeType || node.nodeName !== at.nodeName || node.id !== at.id) parent.replaceChild(node, at);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (at.data !== node.data) at.data = node.data;
    } else if (at !== node && !('own' in at.dataset)) morph(at, node);
    at = next;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// put(place, a, [b, c], 'text'): what stands in the place from now on.
const put = (place, ...content) => morphChildren(place, [...el('div', {}, ...content).childNodes]);
