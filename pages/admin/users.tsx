import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { auth } from '../auth.ts'
import type { Problem } from '../problems.ts'
import { Link } from '../view.tsx'
import { Moment } from './moments.tsx'
import { usePages, type Part } from './pages.ts'
import { AdminView, Input, List, NoAccess, Select } from './parts.tsx'
import { filled, readQuery, writeQuery } from './query.ts'
import { useWords } from './words.ts'

type Listed = Extract<Awaited<ReturnType<typeof auth.admin.listUsers>>, { ok: true }>
export type User = NonNullable<Extract<Listed, { Users?: unknown }>['Users']>[number]

const NAMES = ['Search', 'Role', 'Disabled'] as const
type Query = Record<typeof NAMES[number], string>

async function ask ({ Search, Role, Disabled }: Query, After: string | undefined): Promise<Part<User> | Problem> {
  const result = await auth.admin.listUsers({
    ...filled({ Search: Search.trim() }),
    ...((Role === 'user' || Role === 'super_admin') && { Role }),
    ...((Disabled === 'true' || Disabled === 'false') && { Disabled }),
    ...(After !== undefined && { After })
  })
  if (!result.ok) return result
  return 'Users' in result ? { items: result.Users ?? [], next: result.Next, incomplete: result.Incomplete === true } : { items: [], next: undefined, incomplete: false }
}

/** Every account, and those that are looked for. */
export function Users (): JSX.Element {
  const words = useWords()
  const [asked, setAsked] = useState<Query>(() => readQuery(NAMES))
  const [typed, setTyped] = useState(asked)
  const list = usePages(asked, ask)
  function look (query: Query): void {
    setTyped(query)
    setAsked(query)
    writeQuery('admin/users', query)
  }
  if (list.problem?.error === 'Forbidden') return <NoAccess />
  return (
    <AdminView title={words.users} here='users'>
      <form role='search' class='filters users-filter' onSubmit={event => { event.preventDefault(); look(typed) }}>
        <Input id='search' label={words.list.search} value={typed.Search} onInput={Search => { setTyped({ ...typed, Search }) }} />
        <Select id='role' label={words.list.role} value={typed.Role} options={words.roles} onChange={Role => { look({ ...typed, Role }) }} />
        <Select id='state' label={words.list.state} value={typed.Disabled} options={{ false: words.list.enabled, true: words.list.disabled }} onChange={Disabled => { look({ ...typed, Disabled }) }} />
        <div class='buttons'><button type='submit' class='secondary'>{words.search}</button></div>
      </form>
      <List label={words.users} list={list} class='users'>{user => <UserItem key={user.UserID} user={user} />}</List>
    </AdminView>
  )
}

function UserItem ({ user: { UserID, Name, Email, Role, Disabled, LastLogin } }: { user: User }): JSX.Element {
  const words = useWords()
  return (
    <li>
      <div class='who'>
        <Link to={`admin/users/${UserID}`}><bdi>{Name}</bdi></Link>
        <p class='hint' dir='ltr'>{Email}</p>
      </div>
      <div class='hint facts'>
        <p class='number'>{UserID}</p>
        <p class='tags'>
          {Role === 'super_admin' && <span class='tag'>{words.roles.super_admin}</span>}
          {Disabled && <span class='tag off'>{words.list.disabled}</span>}
        </p>
        <p class='when'>{words.user.lastLogin} {LastLogin === null ? words.never : <Moment at={LastLogin} />}</p>
      </div>
    </li>
  )
}
