import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { returnAddress } from '../return.ts'

/** The way back to the app with nothing done, where an app asked. */
export function Cancel (): JSX.Element | null {
  const { t, back } = useApp()
  if (typeof back !== 'object') return null
  return <p class='aside cancel'><a href={returnAddress(back.url, 'cancelled')}>{t.returning.cancel(back.name)}</a></p>
}
