import * as fc from 'fast-check'
import { encode } from 'uqr'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { qrLines } from './qr-lines.ts'

const test = suite('QR codes on a terminal')

const QUIET_ZONE = 4
/** The modules that are inked in the upper and the lower half of each character. */
const HALVES: Readonly<Record<string, readonly [boolean, boolean]>> = {
  ' ': [false, false],
  '▄': [false, true],
  '▀': [true, false],
  '█': [true, true]
}

/** Reads the inked modules back from what is on the screen. */
function readBack(lines: readonly string[]): boolean[][] {
  return lines.flatMap((line) => {
    const halves = [...line].map((one) => HALVES[one] as readonly [boolean, boolean])
    return [halves.map(([upper]) => upper), halves.map(([, lower]) => lower)]
  })
}

test('what is on the screen is the code, with four light modules around it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 100 }), (text) => {
      const lines = qrLines(text, { isDarkOnLight: true }) ?? []
      const { data, size } = encode(text, { ecc: 'L', border: QUIET_ZONE })
      const drawn = readBack(lines)
      assert.equal(drawn.slice(0, size), data)
      assert.ok(drawn.slice(size).every((row) => row.every((isInked) => !isInked)))
    })
  )
})

test('light characters on a dark screen make the same code', () => {
  const dark = readBack(qrLines('thingmoot', { isDarkOnLight: true }) ?? [])
  const light = readBack(qrLines('thingmoot', { isDarkOnLight: false }) ?? [])
  assert.equal(
    light,
    dark.map((row) => row.map((isInked) => !isInked))
  )
})

test('the longest text fits a screen of 80 by 40, and a longer one is refused', () => {
  const lines = qrLines('a'.repeat(425), { isDarkOnLight: true }) ?? []
  assert.equal([lines.length, lines[0]?.length], [39, 77])
  assert.is(qrLines('a'.repeat(426), { isDarkOnLight: true }), undefined)
})

test.run()
