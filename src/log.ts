import { pino, type DestinationStream, type Logger } from 'pino'

interface LoggedError { type: string, message: string, code?: string, stack?: string, cause?: LoggedError }

/** Mail servers repeat the recipient in their refusals. The path of a scoped package is no address. The bounds keep the
 * time linear, whatever the text. */
function masked (text: string): string {
  return text.replace(/[^\s<>"'@/:(]{1,100}@[^\s<>"'@/:)]{1,255}/g, '***')
}

/**
 * An error as the log shows it. Drivers hang more on their errors than a log may hold: the statement with its values, the
 * recipient of a mail, the header of a token.
 */
function loggedError (error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: masked(String(error)) }
  const { name, message, stack, cause } = error
  const code = Reflect.get(error, 'code')
  return {
    type: name,
    message: masked(message),
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack: masked(stack) }),
    ...(cause !== undefined && { cause: loggedError(cause) })
  }
}

/** The service's log: one JSON object a line, to standard output unless told otherwise. */
export function createLog (level: string, destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: loggedError } }
  return destination === undefined ? pino(options) : pino(options, destination)
}
