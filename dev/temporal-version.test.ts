import { describe, expect, test } from 'vitest'
import { canSkipTime, parseServerVersion, timeSkippingSwitch } from './temporal-version.ts'

describe('parseServerVersion', () => {
  test.each([
    ['temporal version 1.9.1 (Server 1.32.2, UI 2.50.1)', { major: 1, minor: 32 }],
    ['temporal version 0.0.0-DEV (Server 1.33.0-rc.1, UI 2.51.0)', { major: 1, minor: 33 }],
    ['temporal version 1.5.1 (server v1.29.1) (ui 2.42.1)', { major: 1, minor: 29 }],
    ['tctl version 1.18', undefined],
    ['', undefined],
  ])('%s', (text, version) => {
    expect(parseServerVersion(text)).toEqual(version)
  })
})

test.each([
  [{ major: 1, minor: 31 }, false],
  [{ major: 1, minor: 32 }, true],
  [{ major: 1, minor: 40 }, true],
  [{ major: 2, minor: 0 }, true],
  [{ major: 0, minor: 99 }, false],
])('a server %o can skip time: %s', (version, can) => {
  expect(canSkipTime(version)).toBe(can)
})

test('the switch has another name in servers after 1.32', () => {
  expect(timeSkippingSwitch({ major: 1, minor: 32 })).toBe('frontend.WorkflowTimeSkippingEnabled')
  expect(timeSkippingSwitch({ major: 1, minor: 33 })).toBe('system.workflowTimeSkippingEnabled')
})
