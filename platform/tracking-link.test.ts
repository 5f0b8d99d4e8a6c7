import { describe, expect, test } from 'vitest'
import { readClicked, readOpened, signClicked, signOpened } from './tracking-link.ts'

const SECRET = 'a secret of more than thirty-two characters'
const CLICK = { deliveryId: 'c1.1.1.email', index: 3, url: 'https://shop.example/a?b=ä&c="' }
const opened = signOpened('c1.1.1.email', SECRET)
const clicked = signClicked(CLICK, SECRET)

describe('tokens of what is in a mail', () => {
  test('lead back to what they were made for, and need no escaping', () => {
    expect(readOpened(opened, SECRET)).toBe('c1.1.1.email')
    expect(readClicked(clicked, SECRET)).toEqual(CLICK)
    for (const token of [opened, clicked]) expect(encodeURIComponent(token)).toBe(token)
  })

  test('lead nowhere with any one character changed', () => {
    for (const token of [opened, clicked])
      for (let at = 0; at < token.length; at++) {
        const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
        expect(readOpened(forged, SECRET)).toBeUndefined()
        expect(readClicked(forged, SECRET)).toBeUndefined()
      }
  })

  test('do not pass for each other, nor for one of another deployment', () => {
    expect(readOpened(clicked, SECRET)).toBeUndefined()
    expect(readClicked(opened, SECRET)).toBeUndefined()
    expect(readClicked(clicked, `${SECRET}!`)).toBeUndefined()
  })
})
