/** Least squares: how much `y` grows with each unit of `x`, and how sure that is: the standard error of the slope. NaN for fewer than three points. */
export function slopeOf (points: Array<{ x: number, y: number }>): { slope: number, error: number } {
  const n = points.length
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / n
  const [x0, y0] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread
  const residue = points.reduce((sum, { x, y }) => sum + (y - y0 - slope * (x - x0)) ** 2, 0)
  return n < 3 ? { slope: NaN, error: NaN } : { slope, error: Math.sqrt(residue / (n - 2) / spread) }
}
