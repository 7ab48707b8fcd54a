/** One line of the report. */
export interface Figure { what: string, value: number, unit: string, target: string, detail: string }

export const median = (values: number[]): number => quantile(values, 0.5)
export const round = (value: number): number => Number(value.toPrecision(3))

/** @param share 0.99 for the 99th percentile */
export function quantile (values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN
}
