import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import { deviceOf } from '../device.ts'
import type { Problem } from '../problems.ts'
import { ago } from '../times.ts'
import { BackLink, Link } from '../view.tsx'
import { EventItem, type Event } from './event-item.tsx'
import { Moment, momentText } from './moments.tsx'
import { AdminView, NoAccess } from './parts.tsx'
import { Trouble } from './trouble.tsx'
import { UserActions } from './user-actions.tsx'
import type { User } from './users.tsx'
import { useWords } from './words.ts'

type Shown = Extract<Awaited<ReturnType<typeof auth.admin.showUser>>, { ok: true }>
type Session = NonNullable<Shown['Sessions']>[number]
interface Found { user: User, sessions: Session[], events: Event[] }

const LATEST = '10'

async function find (id: string): Promise<Found | Problem> {
  const [shown, listed] = await Promise.all([auth.admin.showUser({ UserID: id }), auth.admin.listEvents({ UserID: id, Limit: LATEST })])
  if (!shown.ok) return shown
  if (shown.User === undefined) return { error: 'Unknown' }
  if (!listed.ok) return listed
  return { user: shown.User, sessions: shown.Sessions ?? [], events: 'Events' in listed ? listed.Events ?? [] : [] }
}

/** One account: what is known of it, where it is logged in, what happened to it, and what can be done. */
export function UserView ({ id }: { id: string }): JSX.Element {
  const words = useWords()
  const [found, setFound] = useState<Found>()
  const [problem, setProblem] = useState<Problem>()
  const asked = useRef(0)

  /** Answers whether it was there to be seen. */
  async function load (): Promise<boolean> {
    const mine = ++asked.current
    const answer = await find(id)
    const failed = 'error' in answer
    if (mine !== asked.current) return !failed
    setFound(failed ? undefined : answer)
    setProblem(failed ? answer : undefined)
    return !failed
  }
  useEffect(() => {
    load()
    return () => { asked.current++ }
  }, [id])

  if (problem?.error === 'Forbidden') return <NoAccess />
  const gone = problem?.error === 'UserNotFound' || problem?.error === 'BadRequest'
  return (
    <AdminView title={words.user.title(id)} here={undefined}>
      {gone ? <p class='text'>{words.user.gone}</p> : <Trouble problem={problem} again={() => { load() }} />}
      {found !== undefined && (
        <>
          <Data user={found.user} />
          <UserActions user={found.user} onDone={() => { load() }} mayStill={load} />
          <Sessions sessions={found.sessions} />
          <section>
            <h2>{words.user.events}</h2>
            {found.events.length === 0 ? <p class='hint'>{words.none}</p> : <ul class='rows events'>{found.events.map(event => <EventItem key={event.EventID} event={event} linked={false} />)}</ul>}
            <p class='aside'><Link to={`admin/events?UserID=${id}`}>{words.user.allEvents}</Link></p>
          </section>
        </>
      )}
      <BackLink to='admin/users'>{words.users}</BackLink>
    </AdminView>
  )
}

function Data ({ user: { Name, Email, Role, DisabledAt, Disabled, RegisterTime, LastLogin } }: { user: User }): JSX.Element {
  const { user: words, roles, list, never } = useWords()
  return (
    <dl class='data'>
      <div><dt>{words.name}</dt><dd><bdi>{Name}</bdi></dd></div>
      <div><dt>{words.email}</dt><dd dir='ltr'>{Email}</dd></div>
      <div><dt>{words.role}</dt><dd>{roles[Role]}</dd></div>
      <div><dt>{words.state}</dt><dd>{Disabled ? <span class='tag off'>{list.disabled}</span> : list.enabled} {DisabledAt !== null && <Moment at={DisabledAt} />}</dd></div>
      <div><dt>{words.registered}</dt><dd>{RegisterTime === null ? '–' : <Moment at={RegisterTime} />}</dd></div>
      <div><dt>{words.lastLogin}</dt><dd>{LastLogin === null ? never : <Moment at={LastLogin} />}</dd></div>
    </dl>
  )
}

function Sessions ({ sessions }: { sessions: Session[] }): JSX.Element {
  const { t } = useApp()
  const { user: words, trail } = useWords()
  return (
    <section>
      <h2>{words.sessions}</h2>
      {sessions.length === 0 && <p class='hint'>{words.noSessions}</p>}
      <ul class='sessions'>
        {sessions.map(({ SessionID, UserAgent, LastSeenAt, CreatedAt, Network }) => (
          <li key={SessionID}>
            <div>
              <p class='device' title={UserAgent}><bdi>{deviceOf(UserAgent) ?? trail.unknownDevice}</bdi></p>
              <p class='hint'>{words.session(ago(LastSeenAt, t.lang, t.profile.just), Network)}</p>
              <p class='hint'>{words.created(momentText(CreatedAt, t.lang))}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
