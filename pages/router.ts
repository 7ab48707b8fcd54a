import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { BASE } from './paths.ts'

/** Where the page is: the path below `/account`, such as `login` or `admin/users/7`. */
export interface Place {
  path: string
  /** Goes to a view. `replace`: Back does not lead here any more. */
  go: (path: string, options?: { replace?: boolean }) => void
}

const pathNow = (): string => location.pathname.slice(BASE.length).replace(/^\/+|\/+$/g, '')

/** What every address of this visit keeps, so that a reload or Back does not lose where the person wants to end up. */
const KEPT = ['ReturnTo', 'State', 'Next']

/** The address of a view. */
export function hrefOf (path: string): string {
  const [view = '', query] = path.split('?', 2)
  const kept = new URLSearchParams(query)
  const given = new URLSearchParams(location.search)
  for (const name of KEPT) {
    const value = given.get(name)
    if (value !== null && !kept.has(name)) kept.set(name, value)
  }
  // Next is for the way to the login and no further.
  if (!['login', 'sign-up', 'code', 'forgot', 'reset'].includes(view)) kept.delete('Next')
  const search = kept.toString()
  return `${BASE}${view === '' ? '' : `/${view}`}${search === '' ? '' : `?${search}`}`
}

/** The view to go to after the login, where somebody came for it: one of ours or none. */
export function nextView (): string | undefined {
  const next = new URLSearchParams(location.search).get('Next') ?? ''
  return /^(?:profile|password|email|delete|admin(?:\/[a-z0-9-]+)*)$/.test(next) ? next : undefined
}

export function usePlace (): Place {
  const [path, setPath] = useState(pathNow)
  useEffect(() => {
    const moved = (): void => { setPath(pathNow()) }
    addEventListener('popstate', moved)
    return () => { removeEventListener('popstate', moved) }
  }, [])
  return {
    path,
    go (to, { replace = false } = {}) {
      history[replace ? 'replaceState' : 'pushState'](null, '', hrefOf(to))
      setPath(pathNow())
    }
  }
}

export const PlaceContext = createContext<Place>({ path: '', go: () => {} })
export const useRouter = (): Place => useContext(PlaceContext)
