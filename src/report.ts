/** Takes note of what went wrong after the answer was already decided, so that an operator can find it in the log. */
export type Report = (error: unknown, what: string) => void
