import { html } from 'hono/html'
import type { Email } from 'postal-mime'
import type { OutboxEntry } from '../db/outbox.ts'

/** Where a mail's page points to. */
export interface OutboxLinks {
  readonly customer: (customerId: string) => string
  /** The customer's actor in the engine's web UI. */
  readonly workflow: (customerId: string) => string
}

type Html = ReturnType<typeof html>

/** The list, newest first. `olderId` is what the next page begins before; `customerId` whose mails are shown. */
export function listPage(
  entries: readonly OutboxEntry[],
  { olderId, customerId }: { olderId: number | null; customerId: string | null },
): Html {
  const older = new URLSearchParams({
    ...(customerId === null ? {} : { customer: customerId }),
    before: String(olderId),
  })
  return page(
    'Outbox',
    html`<header>
        <h1>Outbox</h1>
        <p>
          Mails that were caught instead of delivered, newest first.
          ${customerId === null ? '' : html`Only those to customer ${customerId}: <a href="/outbox">show all</a>.`}
        </p>
      </header>
      ${
        entries.length === 0
          ? html`<p class="empty">
              Nothing yet. A mail appears here as soon as a journey sends one.
            </p>`
          : html`<ol class="mails">
              ${entries.map(listItem)}
            </ol>`
      }
      ${
        olderId === null
          ? ''
          : html`<nav><a class="button" href="/outbox?${older.toString()}">Older mails</a></nav>`
      }`,
  )
}

function listItem({ outboxId, subject, to, receivedAt, delivery }: OutboxEntry): Html {
  return html`<li>
    <a href="/outbox/${outboxId}">
      <span class="subject">${subject || '(no subject)'}</span>
      <span class="when">${when(delivery?.at ?? receivedAt)}</span>
      <span class="to">${to.join(', ')}</span>
      <span class="from-journey">
        ${
          delivery
            ? html`<b>${delivery.journey}@${delivery.version}</b> ${delivery.step}`
            : 'not sent by a journey'
        }
      </span>
    </a>
  </li>`
}

/** One mail: what it is, whose it is, how it looks, its headers. */
export function mailPage(entry: OutboxEntry, mail: Email, links: OutboxLinks): Html {
  const { outboxId, subject, from, to, receivedAt, delivery } = entry
  return page(
    subject || '(no subject)',
    html`<nav><a href="/outbox">← Outbox</a></nav>
      <header><h1>${subject || '(no subject)'}</h1></header>
      <dl>
        ${row('To', to.join(', '))} ${row('From', from)}
        ${
          delivery
            ? html`${row(
                'Customer',
                html`<a href="${links.customer(delivery.customerId)}">${delivery.customerId}</a>
                  <a class="button" href="${links.workflow(delivery.customerId)}">Temporal UI</a>`,
              )}
              ${row('Journey', `${delivery.journey}@${delivery.version}`)}
              ${row('Step', `${delivery.step} · message ${delivery.message}`)}
              ${row('Sent', when(delivery.at))} ${row('Delivery', delivery.deliveryId)}`
            : ''
        }
        ${row('Caught', when(receivedAt))}
      </dl>
      <iframe title="The mail as it looks" sandbox="" src="/outbox/${outboxId}/body"></iframe>
      ${
        mail.html !== undefined && mail.text !== undefined
          ? html`<details>
              <summary>Text version</summary>
              <pre>${mail.text}</pre>
            </details>`
          : ''
      }
      <details open>
        <summary>Headers</summary>
        <table>
          ${mail.headers.map(
            ({ originalKey, value }) =>
              html`<tr>
                <th scope="row">${originalKey}</th>
                <td>${value}</td>
              </tr>`,
          )}
        </table>
      </details>
      <p><a href="/outbox/${outboxId}/raw">As it came over the wire</a></p>`,
  )
}

/** A page for a mail that has no HTML of its own. */
export function textBody(text: string): Html {
  return html`<!doctype html><meta charset="utf-8" />
    <pre style="font: 15px/1.5 ui-monospace, monospace; white-space: pre-wrap; margin: 16px">
${text}</pre>`
}

function row(name: string, value: string | Html): Html {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`
}

/** `2026-03-02 09:00:05 UTC`. */
function when(at: Date): Html {
  const iso = at.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Rumbo</title>
        <link rel="stylesheet" href="/outbox/style.css" />
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`
}
