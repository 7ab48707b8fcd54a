import type { JSX } from 'preact'
import type { auth } from '../auth.ts'
import { deviceOf } from '../device.ts'
import { Link } from '../view.tsx'
import { Moment } from './moments.tsx'
import { useWords, wordFor } from './words.ts'
import type { Words } from './zh.ts'

type Listed = Extract<Awaited<ReturnType<typeof auth.admin.listEvents>>, { ok: true }>
export type Event = NonNullable<Extract<Listed, { Events?: unknown }>['Events']>[number]

/** An administrator's own event has as its reason what was done. */
const reasonText = (reason: string, { reasons, types }: Words): string => wordFor(reasons, wordFor(types, reason))

/** @param linked whether it leads to the account: not where that is shown already */
export function EventItem ({ event: { OccurredAt, Type, Outcome, Reason, UserID, Network, UserAgent, RequestID }, linked = true }: { event: Event, linked?: boolean }): JSX.Element {
  const words = useWords()
  return (
    <li>
      <p class='what'>
        <span>{wordFor(words.types, Type)}</span>
        <span class={Outcome === 'success' ? 'tag' : 'tag off'}>{words.trail[Outcome]}</span>
      </p>
      <p class='hint when'><Moment at={OccurredAt} /></p>
      <p class='hint why' {...(Reason !== null && { title: Reason })}>{Reason !== null && reasonText(Reason, words)}</p>
      <p class='hint where'>
        {linked && (UserID === null ? <span>{words.trail.nobody}</span> : <Link to={`admin/users/${UserID}`}>{words.trail.user(UserID)}</Link>)}
        {Network !== null && <span dir='ltr'>{Network}</span>}
        {UserAgent !== null && <span title={UserAgent}><bdi>{deviceOf(UserAgent) ?? words.trail.unknownDevice}</bdi></span>}
        {RequestID !== null && <span class='request' title={words.trail.request}>{RequestID}</span>}
      </p>
    </li>
  )
}
