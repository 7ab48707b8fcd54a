import t from 'tap'
import { brandOf, contrast, PAPERS } from '../../src/brand.ts'

const settings = { BRAND_NAME: '云笺', BRAND_NAME_EN: 'Cloud Paper', BRAND_COLOR: '#5b4fc7' }

t.test('contrast is as WCAG defines it', async t => {
  t.equal(contrast('#000000', '#ffffff'), 21)
  t.equal(contrast('#5b4fc7', '#5b4fc7'), 1)
  t.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48')
  t.equal(contrast('#ffffff', '#0000ff').toFixed(2), '8.59')
})

t.test('whatever the colour, it can be read on the papers of both schemes, and text upon it too', async t => {
  for (const BRAND_COLOR of ['#000000', '#ffffff', '#ffff00', '#808080', '#5B4FC7', '00ff7f', '#ff0000', '#211e2c', '#f1f0f7']) {
    const { color, light, dark } = brandOf({ ...settings, BRAND_COLOR })
    t.equal(color, `#${BRAND_COLOR.replace('#', '').toLowerCase()}`)
    for (const paper of [PAPERS.light, '#ffffff']) t.ok(contrast(light.color, paper) >= 4.5, `${BRAND_COLOR} as ${light.color} on ${paper}`)
    for (const paper of [PAPERS.dark, '#17151f']) t.ok(contrast(dark.color, paper) >= 4.5, `${BRAND_COLOR} as ${dark.color} on ${paper}`)
    for (const accent of [light, dark]) t.ok(contrast(accent.color, accent.on) >= 4.5, `${accent.on} on ${accent.color}`)
  }
})

t.test('a colour that can be read is left as it is', async t => {
  t.equal(brandOf(settings).light.color, '#5b4fc7')
  t.equal(brandOf({ ...settings, BRAND_COLOR: '#a79dff' }).dark.color, '#a79dff')
})

t.test('a link is written in its canonical form, which no attribute can be left by', async t => {
  t.equal(brandOf(settings).url, undefined)
  t.equal(brandOf({ ...settings, BRAND_URL: 'https://Dream.example/"><b>' }).url, 'https://dream.example/%22%3E%3Cb%3E')
})
