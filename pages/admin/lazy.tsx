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
  function load (): void {
    setFailed(false)
    import('./admin.tsx').then(setPart, () => { setFailed(true) })
  }
  useEffect(load, [])
  if (part !== undefined) return <part.Administration />
  return failed ? <Trouble problem={{ error: 'Unreachable' }} again={load} /> : <p class='loading'>{t.loading}</p>
}
