import type { Socket } from 'node:net'
import { setImmediate as afterPoll, setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The service stops: every answer tells its client to close the connection. */
    draining: boolean
    /** Another process has taken this one's place on the same port: a stop is nobody else's business, and `/health` keeps it to itself. */
    replaced: boolean
  }
}

/** How long connections without a request stay open, so that who is about to send one is answered and told to close. */
const LINGER_MS = 250
/** The same where nobody waits for the end, and connections are those of a balancer. */
const REPLACED_LINGER_MS = 2_000
/** How much of the grace requests under way get; the rest is for what comes after them. */
const SHARE_OF_REQUESTS = 0.65

/** Lets the service stop as soon as what is under way is answered: nobody waits for a connection on which nothing happens. */
async function drain (app: FastifyInstance, { SHUTDOWN_DELAY, SHUTDOWN_GRACE }: Pick<Config, 'SHUTDOWN_DELAY' | 'SHUTDOWN_GRACE'>): Promise<void> {
  /** Connections with the number of their requests under way, and whether there was one. */
  const sockets = new Map<Socket, { requests: number, asked: boolean }>()
  let lastClosed = (): void => {}
  const timers: NodeJS.Timeout[] = []

  app.decorate('draining', false)
  app.decorate('replaced', false)
  app.server.on('connection', socket => {
    sockets.set(socket, { requests: 0, asked: false })
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) lastClosed()
    })
  })
  // Hooks and not listeners of each response, which cost more. What is answered without hooks is answered at once.
  app.addHook('onRequest', (request, _reply, done) => {
    const connection = sockets.get(request.raw.socket)
    if (connection !== undefined) {
      connection.requests++
      connection.asked = true
    }
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const connection = sockets.get(request.raw.socket)
    if (connection !== undefined) connection.requests--
    done()
  })

  /** Still listening, and telling everybody who comes: first the balancer, which asks for the health, then whoever has a connection. */
  async function takeLeave (delayMs: number): Promise<void> {
    if (delayMs > 0) return sleep(delayMs)
    if (sockets.size === 0) return
    const empty = new Promise<void>(resolve => { lastClosed = resolve })
    await Promise.race([empty, sleep(app.replaced ? REPLACED_LINGER_MS : LINGER_MS)])
  }

  function closeIdle (which: (asked: boolean) => boolean): void {
    for (const [socket, { requests, asked }] of sockets) if (requests === 0 && which(asked)) socket.destroy()
  }

  function cut (): void {
    const open = [...sockets.values()].filter(({ requests }) => requests > 0).length
    if (open > 0) app.log.warn({ open }, `${open} requests are not finished and are cut off: SHUTDOWN_GRACE leaves them no more time`)
    app.server.closeAllConnections()
  }

  // The server closes once this has ended.
  app.addHook('preClose', async () => {
    app.draining = true
    const delayMs = app.replaced ? 0 : SHUTDOWN_DELAY * 1000
    timers.push(setTimeout(cut, delayMs + SHUTDOWN_GRACE * 1000 * SHARE_OF_REQUESTS))
    await takeLeave(delayMs)
    // What has connected meanwhile is taken in first: the system resets what still waits in front of a port that is closed.
    await afterPoll()
    closeIdle(asked => asked)
    // Who was let in last may only be about to ask.
    timers.push(setTimeout(closeIdle, LINGER_MS, () => true))
  })
  app.addHook('onClose', async () => { timers.forEach(clearTimeout) })
}

export default fp(drain, { name: 'drain' })
