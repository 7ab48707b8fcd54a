type Attributes = Record<string, string | boolean | ((event: Event) => void)>

/**
 * An element of the page. Text goes in as text, never as markup.
 *
 * @param attributes listeners by the name of their event; `true` and `false` for those that are there or not
 */
export function element<Tag extends keyof HTMLElementTagNameMap> (tag: Tag, attributes: Attributes, ...children: Array<Node | string>): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value)
    else if (value !== false) made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children)
  return made
}
