import type { Page } from 'playwright-core'
import { file } from '../helper.ts'

const source = file('node_modules/axe-core/axe.min.js')

/** The rules whose verdict depends on colours. */
const OF_COLOURS = { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }

const asked = (part: string, options: object): string => `axe.run(${JSON.stringify(part)}, ${JSON.stringify({ ...options, resultTypes: ['violations'] })})
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`

/** What axe finds wrong with a page as it stands: rules of WCAG 2.2 up to AA, and good practice. With `colours` alone what may be wrong in one colour scheme and not in the other; of a part of the page, by its selector. */
export async function axe (page: Page, options: object | 'colours' = {}, part = 'html'): Promise<string[]> {
  if (!await page.evaluate('"axe" in window')) await page.evaluate(source)
  const found: unknown = await page.evaluate(asked(part, options === 'colours' ? OF_COLOURS : options))
  return Array.isArray(found) ? found.map(String) : ['axe has not run']
}
