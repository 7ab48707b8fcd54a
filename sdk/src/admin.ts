import type { Client } from 'openapi-fetch'
import type { Body, Operation, Path, Query, Result } from './results.ts'
import type { paths } from './schema.ts'

/** What super administrators do. Everybody else is answered `Forbidden`. */
export interface Admin {
  listUsers: (query?: Query<'listUsers'>) => Promise<Result<'listUsers'>>
  showUser: (path: Path<'showUser'>) => Promise<Result<'showUser'>>
  changeUser: (change: Path<'changeUser'> & Body<'changeUser'>) => Promise<Result<'changeUser'>>
  deleteUser: (path: Path<'deleteUser'>) => Promise<Result<'deleteUser'>>
  revokeUserSessions: (path: Path<'revokeUserSessions'>) => Promise<Result<'revokeUserSessions'>>
  listEvents: (query?: Query<'listEvents'>) => Promise<Result<'listEvents'>>
}

type Settled = <Name extends Operation>(name: Name, ask: () => Promise<{ data?: unknown, error?: unknown }>) => Promise<Result<Name>>

export function createAdmin (client: Client<paths>, settled: Settled): Admin {
  return {
    listUsers: (query = {}) => settled('listUsers', () => client.GET('/Admin/Users', { params: { query } })),
    showUser: ({ UserID }) => settled('showUser', () => client.GET('/Admin/Users/{UserID}', { params: { path: { UserID } } })),
    changeUser: ({ UserID, ...body }) => settled('changeUser', () => client.PATCH('/Admin/Users/{UserID}', { params: { path: { UserID } }, body })),
    deleteUser: ({ UserID }) => settled('deleteUser', () => client.DELETE('/Admin/Users/{UserID}', { params: { path: { UserID } } })),
    revokeUserSessions: ({ UserID }) => settled('revokeUserSessions', () => client.POST('/Admin/Users/{UserID}/RevokeSessions', { params: { path: { UserID } } })),
    listEvents: (query = {}) => settled('listEvents', () => client.GET('/Admin/Events', { params: { query } }))
  }
}
