const BROWSERS: Array<[RegExp, string]> = [
  [/MicroMessenger\//, 'WeChat'], [/Edg(?:A|iOS)?\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser\//, 'Samsung Internet'],
  [/(?:Firefox|FxiOS)\//, 'Firefox'], [/(?:Chrome|CriOS)\//, 'Chrome'], [/Version\/.*Safari\//, 'Safari']
]
const SYSTEMS: Array<[RegExp, string]> = [
  [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/HarmonyOS|OpenHarmony/, 'HarmonyOS'], [/Android/, 'Android'], [/Mac OS X|Macintosh/, 'Mac'], [/Windows/, 'Windows'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']
]

/** What a person would call the device of a `User-Agent`; `undefined` where it says nothing. */
export function deviceOf (userAgent: string): string | undefined {
  const find = (list: Array<[RegExp, string]>): string | undefined => list.find(([pattern]) => pattern.test(userAgent))?.[1]
  const found = [find(BROWSERS), find(SYSTEMS)].filter(each => each !== undefined)
  // Apps begin with their own name.
  const app = /^([\w .-]{1,30})\//.exec(userAgent)?.[1]
  if (app !== undefined && app !== 'Mozilla') found.splice(0, found.length, ...[app, find(SYSTEMS)].filter(each => each !== undefined))
  return found.length === 0 ? undefined : found.join(' · ')
}
