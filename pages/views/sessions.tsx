import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import { deviceOf } from '../device.ts'
import { Alert, ProblemText } from '../problem.tsx'
import type { Problem } from '../problems.ts'
import { ago } from '../times.ts'

type Listed = Extract<Awaited<ReturnType<typeof auth.listSessions>>, { ok: true }>
type Session = NonNullable<Listed['Sessions']>[number]

/** Where the person is logged in, each of which can be ended. */
export function Sessions (): JSX.Element {
  const { t, say } = useApp()
  const [sessions, setSessions] = useState<Session[]>()
  const [problem, setProblem] = useState<Problem>()
  const heading = useRef<HTMLHeadingElement>(null)

  async function load (): Promise<void> {
    const result = await auth.listSessions()
    setProblem(result.ok ? undefined : result)
    if (result.ok) setSessions((result.Sessions ?? []).sort((a, b) => Number(b.Current === true) - Number(a.Current === true)))
  }
  useEffect(() => { load() }, [])

  async function end ({ SessionID, UserAgent }: Session): Promise<void> {
    const result = await auth.revokeSession({ SessionID })
    if (!result.ok) return setProblem(result)
    setSessions(rest => rest?.filter(each => each.SessionID !== SessionID))
    // The button that was pressed is gone.
    heading.current?.focus()
    say(t.profile.ended(deviceOf(UserAgent) ?? t.profile.unknownDevice))
  }

  return (
    <section>
      <h2 ref={heading} tabIndex={-1}>{t.profile.sessions}</h2>
      <Alert>{problem !== undefined && <><ProblemText problem={problem} /><button type='button' class='link' onClick={() => { load() }}>{t.retry}</button></>}</Alert>
      {sessions === undefined && problem === undefined && <p class='loading'>{t.loading}</p>}
      <ul class='sessions'>
        {sessions?.map(session => <SessionItem key={session.SessionID} session={session} onEnd={() => { end(session) }} />)}
      </ul>
      <p class='hint'>{t.profile.sessionsText}</p>
    </section>
  )
}

function SessionItem ({ session, onEnd }: { session: Session, onEnd: () => void }): JSX.Element {
  const { t } = useApp()
  const device = deviceOf(session.UserAgent) ?? t.profile.unknownDevice
  return (
    <li>
      <div>
        <p class='device'>{device}{session.Current === true && <span class='tag'>{t.profile.current}</span>}</p>
        <p class='hint'>{t.profile.seen(ago(session.LastSeenAt, t.lang, t.profile.just), session.Network)}</p>
      </div>
      {session.Current !== true && <button type='button' class='secondary' aria-label={t.profile.endNamed(device)} onClick={onEnd}>{t.profile.end}</button>}
    </li>
  )
}
