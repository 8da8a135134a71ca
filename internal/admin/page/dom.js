// Elements. Whatever comes from outside goes in as text: nothing here reads HTML.

const svgNamespace = 'http://www.w3.org/2000/svg'

/**
 * An element with a class and children.
 * @param {string} tag `tag` or `tag.class`
 * @param {...(Node | string)} children
 */
export function el(tag, ...children) {
  const [name = 'span', className] = tag.split('.')
  const element = document.createElement(name)
  if (className !== undefined) element.className = className
  element.append(...children)
  return element
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Element} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgNamespace, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/** A cell that tells its column itself, where there is no room for the table's head. @param {string} label @param {HTMLElement} element */
export function cell(label, element) {
  element.dataset.label = label
  element.setAttribute('role', 'cell')
  return element
}

/** The element of the page with this id. @param {string} id */
export function byId(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** Writes only what is new, so that a selection and a screen reader are left in peace. @param {string} id @param {string} text */
export function write(id, text) {
  const element = byId(id)
  if (element.textContent !== text) element.textContent = text
}

/** @type {WeakMap<Element, Map<string, { signature: string, element: Element }>>} */
const shown = new WeakMap()

/**
 * Makes the children of a list show the items; those that stay are changed in place.
 * @template T
 * @param {Element} list
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Element} render
 */
export function showList(list, items, keyOf, render) {
  const before = shown.get(list) ?? new Map()
  const after = new Map()
  items.forEach((item, index) => {
    const key = keyOf(item)
    const signature = JSON.stringify(item)
    const known = before.get(key)
    const element = known === undefined ? render(item) : known.element
    if (known !== undefined && known.signature !== signature) morph(element, render(item))
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null)
    after.set(key, { signature, element })
  })
  while (list.children.length > items.length) list.lastElementChild?.remove()
  shown.set(list, after)
}

/**
 * Changes an element into another one, as little as possible: who reads or selects in it is not thrown out.
 * @param {Element} from
 * @param {Element} to of the same kind
 */
function morph(from, to) {
  if (from instanceof HTMLTimeElement && to instanceof HTMLTimeElement && from.dateTime === to.dateTime) return
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name)
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value)
  const [before, after] = [[...from.childNodes], [...to.childNodes]]
  const alike = before.length === after.length && before.every((node, index) => node.nodeName === after[index]?.nodeName)
  if (!alike) return from.replaceChildren(...after)
  before.forEach((node, index) => {
    const next = after[index]
    if (node instanceof Element && next instanceof Element) morph(node, next)
    else if (next !== undefined && node.nodeValue !== next.nodeValue) node.nodeValue = next.nodeValue
  })
}

/** A moment whose age is kept up to date by `tellAges`. @param {string} at @param {'ago' | 'since' | 'for' | 'at'} style */
export function age(at, style) {
  const element = document.createElement('time')
  element.dateTime = at
  element.dataset.age = style
  return element
}
