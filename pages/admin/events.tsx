import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { auth } from '../auth.ts'
import type { Problem } from '../problems.ts'
import { EventItem, type Event } from './event-item.tsx'
import { usePages, type Part } from './pages.ts'
import { AdminView, Input, List, NoAccess, Select } from './parts.tsx'
import { filled, readQuery, writeQuery } from './query.ts'
import { useWords } from './words.ts'
import { zh } from './zh.ts'

const NAMES = ['UserID', 'Email', 'Type', 'Outcome', 'Since', 'Until'] as const
type Query = Record<typeof NAMES[number], string>
type Asked = NonNullable<Parameters<typeof auth.admin.listEvents>[0]>
type EventType = NonNullable<Asked['Type']>

const isType = (type: string): type is EventType => Object.hasOwn(zh.types, type)
/** What a field for a local time holds, as the service takes it. */
const utc = (local: string): string => local === '' || Number.isNaN(Date.parse(local)) ? '' : new Date(local).toISOString()

async function ask ({ UserID, Email, Type, Outcome, Since, Until }: Query, After: string | undefined): Promise<Part<Event> | Problem> {
  const result = await auth.admin.listEvents({
    ...filled({ UserID: UserID.trim(), Email: Email.trim(), Since: utc(Since), Until: utc(Until) }),
    ...(isType(Type) && { Type }),
    ...((Outcome === 'success' || Outcome === 'failure') && { Outcome }),
    ...(After !== undefined && { After })
  })
  if (!result.ok) return result
  return 'Events' in result ? { items: result.Events ?? [], next: result.Next, incomplete: false } : { items: [], next: undefined, incomplete: false }
}

/** The audit trail, and what of it is looked for. */
export function Events (): JSX.Element {
  const words = useWords()
  const [asked, setAsked] = useState<Query>(() => readQuery(NAMES))
  const [typed, setTyped] = useState(asked)
  const [wrong, setWrong] = useState(false)
  const list = usePages(asked, ask)
  function look (query: Query): void {
    setTyped(query)
    const number = query.UserID.trim()
    setWrong(number !== '' && !/^[1-9][0-9]{0,9}$/.test(number))
    if (number !== '' && !/^[1-9][0-9]{0,9}$/.test(number)) return
    setAsked(query)
    writeQuery('admin/events', query)
  }
  const type = (name: keyof Query) => (value: string) => { setTyped({ ...typed, [name]: value }) }
  if (list.problem?.error === 'Forbidden') return <NoAccess />
  return (
    <AdminView title={words.events} here='events'>
      <form role='search' class='filters' onSubmit={event => { event.preventDefault(); look(typed) }}>
        <Select id='type' label={words.trail.type} value={typed.Type} options={words.types} onChange={Type => { look({ ...typed, Type }) }} />
        <Select id='outcome' label={words.trail.outcome} value={typed.Outcome} options={{ success: words.trail.success, failure: words.trail.failure }} onChange={Outcome => { look({ ...typed, Outcome }) }} />
        <Input id='user' label={words.trail.userId} inputMode='numeric' value={typed.UserID} error={wrong ? words.trail.userIdWrong : undefined} onInput={type('UserID')} />
        <Input id='email' label={words.trail.email} inputMode='email' value={typed.Email} onInput={type('Email')} />
        <Input id='since' label={words.trail.since} type='datetime-local' value={typed.Since} onInput={type('Since')} />
        <Input id='until' label={words.trail.until} type='datetime-local' value={typed.Until} onInput={type('Until')} />
        <div class='buttons'>
          <button type='submit' class='secondary'>{words.search}</button>
          <button type='button' class='link' onClick={() => { look({ UserID: '', Email: '', Type: '', Outcome: '', Since: '', Until: '' }) }}>{words.clear}</button>
        </div>
      </form>
      <List label={words.events} list={list} class='events'>{event => <EventItem key={event.EventID} event={event} />}</List>
    </AdminView>
  )
}
