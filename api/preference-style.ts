import { createHash } from 'node:crypto'
import { raw } from 'hono/html'

/** How the preference page looks. It stands in the page, which needs nothing else to be complete. */
const PREFERENCE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d8dd, #3a3f46); --soft: light-dark(#5b626c, #a3abb7);
  --card: light-dark(#fff, #1b1e23); --accent: light-dark(#0b5cad, #7cb7f5); --on-accent: light-dark(#fff, #10202f) }
* { box-sizing: border-box }
body { margin: 0; background: light-dark(#f6f7f9, #121417); color: light-dark(#17191c, #e8eaed);
  font: 18px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 560px; margin: 0 auto; padding: 48px 20px 32px }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 12px }
p { margin: 0 0 20px }
a { color: var(--accent) }
.saved { padding: 12px 16px; border: 2px solid light-dark(#1d7a45, #5cc98c); border-radius: 10px;
  background: light-dark(#eaf7f0, #14251c) }
fieldset { margin: 0 0 20px; padding: 8px 16px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
legend { padding: 0 6px; font-weight: 600 }
label { display: flex; gap: 12px; align-items: center; min-height: 44px; cursor: pointer; overflow-wrap: anywhere }
input { width: 22px; height: 22px; flex: none; accent-color: var(--accent) }
.address { color: var(--soft) }
.buttons { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 24px }
button { min-height: 44px; padding: 8px 20px; font: inherit; border: 1px solid var(--accent); border-radius: 8px;
  background: transparent; color: var(--accent); cursor: pointer }
button.first { background: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.remaining, nav { color: var(--soft); font-size: 16px }
nav { display: flex; gap: 16px; padding-top: 16px; border-top: 1px solid var(--line) }
`

/** The whole element: its hash is of every character between its tags. */
export const PREFERENCE_STYLE_ELEMENT = raw(`<style>${PREFERENCE_STYLE}</style>`)

/** By which the page's policy knows this style from any other. */
export const PREFERENCE_STYLE_HASH = `sha256-${createHash('sha256').update(PREFERENCE_STYLE).digest('base64')}`
