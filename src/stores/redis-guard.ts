import type { Cluster, Command, Redis } from 'ioredis'
import type { Breaker } from '../breaker.ts'
import { patience, waiting } from '../budget.ts'

/** Commands of the client itself, or of nobody's request. */
const NEVER_REFUSED = new Set(['quit'])

/**
 * Has every command of a client, whoever asks it and however, refused while Redis is known dead, and cut off at what is left of the
 * request's budget.
 *
 * @param commandMs longest wait for an answer, in milliseconds
 * @returns runs what must be asked all the same
 */
export function guardRedis (client: Redis | Cluster, commandMs: number, breaker: Pick<Breaker, 'state' | 'answered' | 'suspect'>): <T>(ask: () => T) => T {
  const send = client.sendCommand
  /** How long the first command of a pipeline may take. */
  const pipelines = new WeakMap<object, number>()
  let asking = false

  const isRefused = (): boolean => breaker.state() === 'open' && !asking

  /**
   * How long an answer may take; 0 for what is not asked. A pipeline is written as one, so it is asked as a whole or not at all: were one
   * of its commands refused, the client would read the answers to others' questions as those to the rest.
   */
  function allowed (stream: unknown): number {
    const known = isPipeline(stream) ? pipelines.get(stream) : undefined
    const ms = known ?? (isRefused() ? 0 : patience(commandMs))
    if (isPipeline(stream)) pipelines.set(stream, ms)
    return ms
  }

  client.sendCommand = (command: Command, ...rest: unknown[]): unknown => {
    // Until it is ready, the client sends commands of its own, and fails others at once.
    if (client.status !== 'ready' || NEVER_REFUSED.has(command.name)) return Reflect.apply(send, client, [command, ...rest])
    const [stream] = rest
    const ms = allowed(stream)
    if (ms === 0) {
      command.reject(new Error(isRefused() ? 'Redis does not answer' : 'no time left for Redis'))
      return command.promise
    }
    const end = waiting()
    command.setTimeout(ms)
    command.promise.then(() => {
      end()
      breaker.answered()
    }, (error: unknown) => {
      end()
      if (isReply(error)) breaker.answered()
      else if (ms === commandMs) breaker.suspect()
    })
    return Reflect.apply(send, client, [command, ...rest])
  }

  return ask => {
    asking = true
    try {
      return ask()
    } finally {
      asking = false
    }
  }
}

/** Whether a command is written to a pipeline, and not to the connection. */
function isPipeline (stream: unknown): stream is object {
  return typeof stream === 'object' && stream !== null && 'isPipeline' in stream
}

/** Answers of a server that serves nobody now. */
const NOBODY = /^(LOADING|MASTERDOWN|CLUSTERDOWN)/

/** Whether a server answered, if only with a refusal. */
function isReply (error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !NOBODY.test(error.message)
}

/** Whether a command failed for want of an answer. */
export function isRedisDeath (error: unknown): boolean {
  return !isReply(error)
}
