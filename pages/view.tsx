import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useApp } from './app-context.ts'
import { hrefOf } from './router.ts'

let first = true

interface ViewProps { title: string, wide?: boolean | 'widest', children: ComponentChildren }

/** A view: its heading takes the focus when the person comes to it, as a new page would. */
export function View ({ title, wide = false, children }: ViewProps): JSX.Element {
  const { brand } = useApp()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => { document.title = `${title} · ${brand}` }, [title, brand])
  useEffect(() => {
    // The browser has its own ways when a document begins.
    if (!first) heading.current?.focus()
    first = false
    scrollTo(0, 0)
  }, [])
  return (
    <section class={wide === 'widest' ? 'card widest' : wide ? 'card wide' : 'card'}>
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {children}
    </section>
  )
}

interface LinkProps { to: string, class?: string, children: ComponentChildren }

/** A link to a view: a real address, for a new tab too. */
export function Link ({ to, children, ...rest }: LinkProps): JSX.Element {
  const { go } = useApp()
  function onClick (event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(to)
  }
  return <a {...rest} href={hrefOf(to)} onClick={onClick}>{children}</a>
}

/** The way back to the view before. */
export function BackLink ({ to, children }: { to: string, children: ComponentChildren }): JSX.Element {
  return <p class='aside'><Link to={to}><span aria-hidden='true'>← </span>{children}</Link></p>
}
