/** What Swagger UI leaves without a name or a role, and what it is. */
const PARTS: ReadonlyArray<[selector: string, role: string | undefined, name: string]> = [
  ['.information-container', 'region', 'About the interface'],
  ['.schemes-server-container', 'region', 'Servers'],
  ['.modal-ux', 'dialog', 'Authorization'],
  ['.close-modal', undefined, 'Close'],
  ['#servers', undefined, 'Server'],
  ['.examples-select-element', undefined, 'Example'],
  ['.body-param__text', undefined, 'Request body']
]

function textOf (element: Element | null, ...selectors: string[]): string {
  return selectors.map(selector => element?.querySelector(selector)?.textContent ?? '').join(' ')
}

const scrolls = ({ scrollHeight, clientHeight, scrollWidth, clientWidth }: Element): boolean => scrollHeight > clientHeight || scrollWidth > clientWidth

function amend (ui: Element): void {
  const each = (selector: string, change: (element: Element) => void): void => { ui.querySelectorAll(selector).forEach(change) }
  for (const [selector, role, name] of PARTS) {
    each(`${selector}:not([aria-label])`, element => {
      if (role !== undefined) element.setAttribute('role', role)
      element.setAttribute('aria-label', name)
    })
  }
  each('[data-param-name] select:not([aria-label])', element => { element.setAttribute('aria-label', element.closest('[data-param-name]')?.getAttribute('data-param-name') ?? '') })
  each('.responses-table[role=region]:not([aria-label])', element => {
    element.setAttribute('aria-label', `Responses of ${textOf(element.closest('.opblock'), '.opblock-summary-method', '.opblock-summary-path')}`)
  })
  // Their text says it, and people say what they read.
  each('.modal-btn[aria-label]', element => { element.removeAttribute('aria-label') })
  // A link within a button is a place of its own for the keyboard, and does what the button does.
  each('button a[href]', element => { element.removeAttribute('href') })
  // What scrolls, a keyboard has to get to.
  each('pre:not([tabindex])', element => { if (scrolls(element)) element.setAttribute('tabindex', '0') })
}

/** Gives names to what Swagger UI draws without, and has a keyboard get everywhere, once. */
export function nameControls (ui: Element): void {
  new MutationObserver(() => { amend(ui) }).observe(ui, { childList: true, subtree: true })
}
