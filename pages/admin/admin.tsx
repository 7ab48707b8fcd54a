import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { View } from '../view.tsx'
import { Events } from './events.tsx'
import { UserView } from './user.tsx'
import { Users } from './users.tsx'

/** The administrators' view of a path below `/account`, such as `admin/users/7`. */
export function Administration (): JSX.Element {
  const { path, t } = useApp()
  const user = /^admin\/users\/([1-9][0-9]{0,9})$/.exec(path)?.[1]
  if (user !== undefined) return <UserView id={user} />
  if (path === 'admin' || path === 'admin/users') return <Users />
  if (path === 'admin/events') return <Events />
  return <View title={t.notFound.title}><p class='text'>{t.notFound.text}</p></View>
}
