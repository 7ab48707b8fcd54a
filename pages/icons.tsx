import type { JSX } from 'preact'

/** A crescent: the sign of the house. */
export function Moon (): JSX.Element {
  return <svg class='moon' viewBox='0 0 32 32' width='28' height='28' aria-hidden='true' focusable='false'><path d='M22.6 21.4A10.4 10.4 0 0 1 11.9 6a11 11 0 1 0 14.6 14.7 10.5 10.5 0 0 1-3.9.7z' /></svg>
}

export function EyeIcon ({ crossed }: { crossed: boolean }): JSX.Element {
  return (
    <svg class='icon' viewBox='0 0 24 24' width='22' height='22' aria-hidden='true' focusable='false'>
      <path d='M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z' /><circle cx='12' cy='12' r='2.8' />
      {crossed && <path d='M4 4l16 16' />}
    </svg>
  )
}

/** Sky and hills behind everything. */
export function Scene (): JSX.Element {
  return (
    <div class='scene' aria-hidden='true'>
      <div class='stars' />
      <div class='orb' />
      <svg class='hills' viewBox='0 0 1440 260' preserveAspectRatio='none' focusable='false'>
        <path class='far' d='M0 150C180 60 330 70 520 130s330 70 520 0 280-50 400 10v120H0z' />
        <path class='near' d='M0 210c220-80 420-60 640-20s440 40 800-50v120H0z' />
      </svg>
    </div>
  )
}
