import { createClient } from './client.ts'
import type { Fault } from './faults.ts'
import { recovery } from './outage.ts'
import type { Scene } from './scene.ts'

/** A service that starts, and stops, while a dependency is lost. */
export interface Lifecycle {
  fault: Fault
  listensMs: number
  /** Codes of a login, health and life until the return. */
  codes: { login: number, health: number, live: number }
  recoveryMs: number
  exit: unknown
  exitMs: number
  /** Requests that were under way at the stop, and how many of them were not answered. */
  underWay: number
  unanswered: number
}

const UNDER_WAY = 8

/** @param fault is begun before the start, ended, and begun again before the stop */
export async function liveThrough (scene: Scene, fault: Fault): Promise<Lifecycle> {
  const { program: earlier, url: before } = await scene.serve()
  const person = await createClient(before, scene.mail).register()
  earlier.child.kill('SIGTERM')
  await earlier.ended

  let regain = await fault.lose(scene)
  const started = performance.now()
  const { program, url } = await scene.serve()
  const listensMs = performance.now() - started
  const client = createClient(url, scene.mail)
  const [login, health, live] = await Promise.all([client.login(person, person.from), client.ask('GET', '/health'), client.ask('GET', '/health/live')])
  await regain()
  const recoveryMs = await recovery(client, person, fault)

  regain = await fault.lose(scene)
  const asked = Promise.all(Array.from({ length: UNDER_WAY }, () => fault.dependency === 'mail' ? client.ask('POST', '/Auth/ResetPassword', { person, body: { Email: person.Email } }) : client.login(person, person.from)))
  // A connection that is answered came after those: they are under way.
  await client.ask('GET', '/health/live')
  const told = performance.now()
  program.child.kill('SIGTERM')
  const [exit, answers] = await Promise.all([program.ended, asked])
  const exitMs = performance.now() - told
  await regain()
  return {
    fault,
    listensMs,
    codes: { login: login.code, health: health.code, live: live.code },
    recoveryMs,
    exit,
    exitMs,
    underWay: UNDER_WAY,
    unanswered: answers.filter(({ code }) => code === 0).length
  }
}
