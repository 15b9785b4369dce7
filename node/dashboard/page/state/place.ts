/**
 * Places of the explorer, as they stand behind the `#` of the address.
 *
 * @module
 */

/** What the explorer shows. */
export type Place =
  | { readonly kind: 'start' }
  | { readonly kind: 'block' | 'transaction' | 'device'; readonly id: string }

const PLACE = /^#\/(block|transaction|device)\/([0-9a-f]{64}|\d{1,15})$/

/** Reads a fragment; whatever is none of ours is the start. */
export function readPlace(fragment: string): Place {
  const [, kind, id] = PLACE.exec(fragment) ?? []
  if (id === undefined) return { kind: 'start' }
  if (kind !== 'block' && id.length !== 64) return { kind: 'start' }
  return { kind: kind as 'block' | 'transaction' | 'device', id }
}

/** What somebody typed: a height, or an id of whatever kind; null when it can be neither. */
export function readWanted(
  text: string
): { readonly isHeight: boolean; readonly id: string } | null {
  const id = text.trim().toLowerCase().replace(/[\s,]/g, '')
  if (/^\d{1,15}$/.test(id)) return { isHeight: true, id: String(Number(id)) }
  return /^[0-9a-f]{64}$/.test(id) ? { isHeight: false, id } : null
}
