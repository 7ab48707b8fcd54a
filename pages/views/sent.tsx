import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { settings } from '../settings.ts'

/** To which address a code was mailed. */
export function Sent ({ email }: { email: string }): JSX.Element {
  const { t } = useApp()
  const [before, address, after] = t.code.sent(email, settings.codeMinutes)
  return <p class='text'>{before}<strong dir='ltr'>{address}</strong>{after}</p>
}
