/*
 * Shows messages of Rumbo on a page: https://…/docs/channels.md#onsite
 *
 *   <script src="https://rumbo.example/onsite.js" data-write-key="…" data-anonymous-id="…" defer></script>
 *
 * It needs of a strict Content-Security-Policy: script-src and connect-src of its own origin. Texts are
 * shown as texts, styles are made by script, nothing is evaluated and nothing is stored.
 */
;(() => {
  'use strict'

  const script = document.currentScript
  // One that another one put in is asked for by its address: this is for tags that stand in the page.
  if (!(script instanceof HTMLScriptElement)) return

  const ASK_EVERY_S = 30
  const ASK_EVERY_S_MIN = 2
  /** Timers take no more. */
  const TIMER_MS_MAX = 2 ** 31 - 1
  const LINK = /^(?:https:\/\/[a-z0-9.-]+(?::\d+)?(?:[/?#]|$)|\/(?!\/))/i

  const STYLE = `
    :host { all: initial; }
    .box {
      box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif; color: var(--rumbo-color, #1a1a1a);
      background: var(--rumbo-background, #fff); border: 1px solid #0003; box-shadow: 0 8px 32px #0003;
    }
    dialog.box { max-width: min(28rem, calc(100vw - 2rem)); padding: 1.5rem; border-radius: 12px; }
    dialog.box::backdrop { background: #0006; }
    section.box {
      position: fixed; inset: auto 0 0; z-index: 2147483647; padding: 1rem 3.5rem 1rem 1.5rem;
      display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem;
    }
    h2 { margin: 0 2rem 0.5rem 0; font-size: 1.25rem; line-height: 1.3; }
    section h2 { margin: 0; font-size: 1rem; }
    p { margin: 0 0 1rem; white-space: pre-line; }
    section p { margin: 0; flex: 1; }
    a { color: inherit; }
    .go {
      display: inline-block; padding: 0.6rem 1.2rem; border: 0; border-radius: 8px; font: inherit;
      text-decoration: none; cursor: pointer; color: var(--rumbo-button-color, #fff);
      background: var(--rumbo-button-background, #1a1a1a);
    }
    .close {
      position: absolute; top: 0.5rem; right: 0.5rem; width: 2.75rem; height: 2.75rem; border: 0;
      background: none; color: inherit; font: 1.5rem/1 system-ui, sans-serif; cursor: pointer;
    }`

  const addressOf = (path) => new URL(path, script.src).href
  const tell = (id, act) => {
    const address = addressOf(`v1/onsite/messages/${id}/${act}`)
    // Outlives the page that a click leaves.
    fetch(address, { method: 'POST', keepalive: true, credentials: 'omit' }).catch(() => {})
  }

  /** As Segment's library keeps it: a text in JSON. */
  const keptAnonymousId = () => {
    try {
      const kept = localStorage.getItem('ajs_anonymous_id')
      return kept === null ? undefined : String(JSON.parse(kept))
    } catch {
      return undefined
    }
  }

  const element = (tag, text, name) => {
    const made = document.createElement(tag)
    if (text !== undefined) made.textContent = text
    if (name !== undefined) made.className = name
    return made
  }

  let shown
  let isRefused = false

  const ask = async () => {
    const { writeKey, userId, anonymousId = keptAnonymousId() } = script.dataset
    const isInSight = document.visibilityState === 'visible' && shown === undefined
    if (!isInSight || isRefused || (userId === undefined && anonymousId === undefined)) return
    try {
      const answer = await fetch(addressOf('v1/onsite/next'), {
        method: 'POST',
        credentials: 'omit',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ writeKey, userId, anonymousId }),
      })
      // The page is at fault: asking again helps nobody.
      isRefused = answer.status >= 400 && answer.status < 500 && answer.status !== 429
      if (answer.status === 200) show(await answer.json())
    } catch {
      // Away for a moment; the next time will do.
    }
  }

  const show = (message) => {
    if (shown !== undefined) return
    const { id, kind, title, text, link, button, close = 'Close', expiresInMs } = message
    const isPopup = kind === 'popup'
    const href = link !== undefined && LINK.test(link) && !/[\s\\]/.test(link) ? link : undefined

    const host = element('rumbo-onsite')
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]

    const box = element(isPopup ? 'dialog' : 'section', undefined, 'box')
    const heading = element('h2')
    heading.id = 'title'
    box.setAttribute('aria-labelledby', heading.id)
    if (!isPopup) box.setAttribute('role', 'region')

    const remove = () => {
      clearTimeout(timer)
      host.remove()
      shown = undefined
    }
    const timer = setTimeout(remove, Math.min(expiresInMs, TIMER_MS_MAX))
    const dismiss = () => {
      tell(id, 'dismissal')
      remove()
    }

    const toGo = (label, name) => {
      const made = element(href === undefined ? 'button' : 'a', label, name)
      if (href !== undefined) made.href = href
      made.addEventListener('click', () => {
        tell(id, 'click')
        // Once the browser has begun to follow it.
        setTimeout(remove)
      })
      return made
    }
    if (button === undefined && href !== undefined) heading.append(toGo(title))
    else heading.textContent = title
    const away = element('button', '×', 'close')
    away.setAttribute('aria-label', close)
    away.addEventListener('click', dismiss)
    box.append(heading, element('p', text))
    if (button !== undefined) box.append(toGo(button, 'go'))
    box.append(away)

    root.append(box)
    document.body.append(host)
    shown = host
    if (isPopup) {
      box.addEventListener('cancel', dismiss)
      box.addEventListener('click', ({ target }) => {
        if (target === box) dismiss()
      })
      box.showModal()
    }
    tell(id, 'view')
  }

  const everyS = Math.max(Number(script.dataset.every) || ASK_EVERY_S, ASK_EVERY_S_MIN)
  const begin = () => {
    const look = () => void ask()
    look()
    setInterval(look, everyS * 1_000)
    document.addEventListener('visibilitychange', look)
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin)
  else begin()
})()
