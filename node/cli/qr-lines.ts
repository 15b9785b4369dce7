/**
 * QR codes on a terminal: two rows of a code in each line of half blocks.
 *
 * @module
 */

import { encode } from 'uqr'

/** How a code is drawn. */
export interface QrOptions {
  /** Whether the terminal shows the characters dark on light; else they are light on dark. */
  readonly isDarkOnLight: boolean
}

/** Version 13: 69 modules, and with the quiet zone on both sides 77 columns and 39 lines. */
const VERSION_MAX = 13
/** What fits into it at level L. */
const TEXT_MAX_BYTES = 425
/** Modules around a code, after ISO/IEC 18004. */
const QUIET_ZONE = 4
const BLOCKS = [' ', '▄', '▀', '█'] as const

/** Draws a text as a code of level L; undefined when it is too long for 80 columns. */
export function qrLines(text: string, { isDarkOnLight }: QrOptions): readonly string[] | undefined {
  if (Buffer.byteLength(text) > TEXT_MAX_BYTES) return undefined
  const { data, size } = encode(text, { ecc: 'L', maxVersion: VERSION_MAX, border: QUIET_ZONE })
  const isDrawn = (row: number, column: number): boolean =>
    // Beyond the last row of an odd number all is light.
    (data[row]?.[column] ?? false) === isDarkOnLight
  return Array.from({ length: Math.ceil(size / 2) }, (_, line) =>
    Array.from({ length: size }, (__, column) => {
      const upper = isDrawn(2 * line, column) ? 2 : 0
      const lower = isDrawn(2 * line + 1, column) ? 1 : 0
      return BLOCKS[upper + lower]
    }).join('')
  )
}
