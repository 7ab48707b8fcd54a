import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { Trouble } from './trouble.tsx'

type Part = typeof import('./admin.tsx')

/** The administration, in a chunk of its own: few need it. */
export function LazyAdministration (): JSX.Element {
  const { t } = useApp()
  const [part, setPart] = useState<Part>()
  const [failed, setFailed] = useState(false)
  useEffect(() => { import('./admin.tsx').then(setPart, () => { setFailed(true) }) }, [])
  if (part !== undefined) return <part.Administration />
  // After an update of the service this page asks for what is no longer there, and a browser remembers that it was not.
  return failed ? <Trouble problem={{ error: 'Unreachable' }} again={() => { location.reload() }} /> : <p class='loading'>{t.loading}</p>
}
