import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'

/** A time as the clock of whoever looks has it; in UTC where the pointer rests. */
export function Moment ({ at }: { at: string }): JSX.Element {
  const { t } = useApp()
  return <time dateTime={at} title={at}>{momentText(at, t.lang)}</time>
}

export function momentText (at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}
