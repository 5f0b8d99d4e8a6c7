import { beforeAll, describe, expect, test } from 'vitest'
import { bundleWorkflows } from '../worker/bundle.ts'

describe('the workflow bundle', () => {
  let code: string
  beforeAll(async () => {
    code = (await bundleWorkflows()).code
  }, 60_000)

  test('holds the actor and what it decides with', () => {
    expect(code).toContain('domain/actor/advance')
    expect(code).toContain('workflows/customer')
  })

  test.each([
    '/zod/',
    'liquidjs',
    '/validator/',
    '/tr46/',
    'libphonenumber',
    'disposable-domain',
    'kysely',
    'nodemailer',
    '/activities/',
    // `domain/channels/address-trait.ts` is in it; adapters are not.
    'channels/index.ts',
    'channels/http.ts',
    '/db/',
    '/operations/',
    '.schema.ts',
  ])('holds no %s', (part) => {
    const modules = [...code.matchAll(/\.\/[\w@./-]+\.(?:ts|js|mjs)/g)].map(([path]) => path)
    expect(
      new Set(modules.filter((path) => path.includes(part) && !path.includes('@temporalio'))),
    ).toEqual(new Set())
  })
})
