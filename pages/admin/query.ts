import { hrefOf } from '../router.ts'

/** What is looked for, as the address has it: a reload, a bookmark and a link to it find the same. */
export function readQuery<Names extends string> (names: readonly Names[]): Record<Names, string> {
  const given = new URLSearchParams(location.search)
  return Object.fromEntries(names.map(name => [name, given.get(name) ?? ''])) as Record<Names, string>
}

/** What of it is set. */
export function filled<Names extends string> (query: Record<Names, string>): Partial<Record<Names, string>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')) as Partial<Record<Names, string>>
}

/** Puts it into the address, without a step for Back: Back leaves the list. */
export function writeQuery (path: string, query: Record<string, string>): void {
  history.replaceState(null, '', hrefOf(`${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))}`))
}
