import { expect, test } from 'vitest'
import { ProviderDown } from '../errors.ts'
import { createSnsCertificates } from './sns-certificates.ts'

function create(get: (url: string) => Promise<string | null>) {
  const asked: string[] = []
  const clock = { ms: 0 }
  const certificates = createSnsCertificates({
    get: (url) => {
      asked.push(url)
      return get(url)
    },
    now: () => clock.ms,
  })
  return { certificates, asked, clock }
}

test('a certificate is asked for once', async () => {
  const { certificates, asked } = create(async (url) => `at ${url}`)
  expect(await certificates('a')).toBe('at a')
  expect(await certificates('a')).toBe('at a')
  expect(await certificates('b')).toBe('at b')
  expect(asked).toEqual(['a', 'b'])
})

test('one that was not to be had is asked for again', async () => {
  const answers = [null, 'pem']
  const { certificates } = create(async () => answers.shift() ?? null)
  await expect(certificates('a')).rejects.toThrow(ProviderDown)
  expect(await certificates('a')).toBe('pem')
})

test('whoever makes addresses up has few of them asked for, and those that are known are answered', async () => {
  const { certificates, asked, clock } = create(async (url) => url)
  for (let n = 0; n < 10; n++) await certificates(`made up ${n}`)
  await expect(certificates('one more')).rejects.toThrow(ProviderDown)
  expect(asked).toHaveLength(10)
  expect(await certificates('made up 0')).toBe('made up 0')
  clock.ms += 60_000
  expect(await certificates('one more')).toBe('one more')
})

test('few are kept', async () => {
  const { certificates, asked, clock } = create(async (url) => url)
  for (let n = 0; n < 21; n++) {
    clock.ms += 60_000
    await certificates(`${n}`)
  }
  clock.ms += 60_000
  await certificates('20')
  await certificates('0')
  expect(asked).toHaveLength(22)
})
