import { expect, test } from 'vitest'
import { machineReason, type Visit } from './machine-visit.ts'

const PERSON: Visit = {
  method: 'GET',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0',
  purpose: '',
  sinceSentMs: 60_000,
}

test.each([
  PERSON.userAgent,
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
])('a person: %s', (userAgent) => {
  expect(machineReason({ ...PERSON, userAgent })).toBeNull()
})

test.each<[string, Partial<Visit>]>([
  ['head', { method: 'HEAD' }],
  ['no_agent', { userAgent: ' ' }],
  [
    'proxy',
    {
      userAgent:
        'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
    },
  ],
  [
    'proxy',
    { userAgent: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html' },
  ],
  ['proxy', { userAgent: 'Mozilla/5.0' }],
  ['scanner', { userAgent: 'Barracuda Sentinel (EE)' }],
  ['scanner', { userAgent: 'Mozilla/5.0 (compatible; bingbot/2.0)' }],
  ['scanner', { userAgent: 'python-requests/2.32.3' }],
  ['prefetch', { purpose: 'prefetch;prerender' }],
  ['soon', { sinceSentMs: 1_200 }],
  ['soon', { sinceSentMs: -5 }],
])('%s: %j', (reason, changes) => {
  expect(machineReason({ ...PERSON, ...changes })).toBe(reason)
})
