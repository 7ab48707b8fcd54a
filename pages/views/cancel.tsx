import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { returnAddress } from '../return.ts'

/** The way back to the app with nothing done, where an app asked. @param label what it is called where there was nothing to do */
export function Cancel ({ label }: { label?: (name: string) => string }): JSX.Element | null {
  const { t, back } = useApp()
  if (typeof back !== 'object') return null
  return <p class='aside cancel'><a href={returnAddress(back.url, 'cancelled')}>{(label ?? t.returning.cancel)(back.name)}</a></p>
}
