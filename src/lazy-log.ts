import type { Bindings, ChildLoggerOptions, FastifyBaseLogger, FastifyLogFn } from 'fastify/types/logger.js'

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** A child of a log that is made when it first has something to say. */
class LazyLog implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  readonly #options: ChildLoggerOptions | undefined
  #made: FastifyBaseLogger | undefined

  constructor (parent: FastifyBaseLogger, bindings: Bindings, options?: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  #log (): FastifyBaseLogger {
    this.#made ??= (this.#parent instanceof LazyLog ? this.#parent.#log() : this.#parent).child(this.#bindings, this.#options)
    return this.#made
  }

  #method (level: Level): FastifyLogFn {
    const log = this.#log()
    return log[level].bind(log)
  }

  get level (): string { return this.#options?.level ?? this.#parent.level }
  get fatal (): FastifyLogFn { return this.#method('fatal') }
  get error (): FastifyLogFn { return this.#method('error') }
  get warn (): FastifyLogFn { return this.#method('warn') }
  get info (): FastifyLogFn { return this.#method('info') }
  get debug (): FastifyLogFn { return this.#method('debug') }
  get trace (): FastifyLogFn { return this.#method('trace') }
  get silent (): FastifyLogFn { return this.#method('silent') }

  child (bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return new LazyLog(this, bindings, options)
  }
}

/**
 * The same log, but a child of it costs nothing until it logs. Fastify makes one for every request, and most of them say
 * nothing; of those with a level of their own pino builds every method anew.
 */
export function withLazyChildren (log: FastifyBaseLogger): FastifyBaseLogger {
  // Inherits from the log, as Fastify looks for the serializers that pino keeps in it.
  const lazy: FastifyBaseLogger = Object.create(log)
  lazy.child = (bindings, options) => new LazyLog(log, bindings, options)
  return lazy
}
