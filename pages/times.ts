const STEPS: Array<[Intl.RelativeTimeFormatUnit, number]> = [['day', 86_400], ['hour', 3_600], ['minute', 60]]

/** How long ago a time is, in words; the day where that is more than a month. @param just for less than a minute */
export function ago (time: string, language: string, just: string): string {
  const seconds = (Date.now() - Date.parse(time)) / 1000
  if (seconds > 30 * 86_400) return dayOf(time, language)
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? []
  return unit === undefined || size === undefined ? just : new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-Math.floor(seconds / size), unit)
}

export function dayOf (time: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(time))
}
