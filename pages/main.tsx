import { render } from 'preact'
import { App } from './app.tsx'
import { paint } from './settings.ts'

const page = document.getElementById('page')
if (page !== null) {
  paint()
  page.textContent = ''
  render(<App />, page)
}
