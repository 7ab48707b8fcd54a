import { pino, type DestinationStream, type Logger } from 'pino'
import { masked, maskedQuotation } from './secrets.ts'

interface LoggedError { type: string, message: string, code?: string, stack?: string, cause?: LoggedError }

/** How far causes are followed, as they might go round in a circle. */
const MOST_CAUSES = 8

/** Where an error came from: the lines of its stack after its message, which may have lines of its own. */
function frames (message: string, stack: string): string[] {
  const after = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : stack
  return after.split('\n').filter(line => /^ {4}at /.test(line)).map(masked)
}

/**
 * An error as the log shows it. Drivers hang more on their errors than a log may hold: the statement with its values, the
 * recipient of a mail, the header of a token.
 */
function loggedError (error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: maskedQuotation(String(error)) }
  const { name, message, stack, cause } = error
  const code = Reflect.get(error, 'code')
  const shown = maskedQuotation(message)
  return {
    type: masked(name),
    message: shown,
    ...(typeof code === 'string' && { code: masked(code) }),
    ...(stack !== undefined && { stack: [`${masked(name)}: ${shown}`, ...frames(message, stack)].join('\n') }),
    ...(cause !== undefined && depth < MOST_CAUSES && { cause: loggedError(cause, depth + 1) })
  }
}

/** What is logged beside an error: every text in it masked. What is no plain object, such as an error, is its serializer's to show. */
function shown (value: unknown): unknown {
  if (typeof value === 'string') return masked(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(shown)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]))
}

/** The service's log: one JSON object a line, to standard output unless told otherwise. No secret passes, whoever logs it. */
export function createLog (level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    serializers: { err: (error: unknown) => loggedError(error) },
    hooks: {
      logMethod (this: Logger, args: unknown[], method: (...args: unknown[]) => void) { Reflect.apply(method, this, args.map(shown)) }
    }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
