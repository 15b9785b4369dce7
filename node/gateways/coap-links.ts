/**
 * CoAP links: what a node says at `/.well-known/core`.
 *
 * Devices are not listed: whoever asks for one knows its id, as over MQTT.
 *
 * @see RFC 6690 §2 to §4
 * @module
 */

/** One resource with its attributes. */
export interface CoapLink {
  readonly target: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Attributes that hold several values, parted by blanks. */
const LISTS: readonly string[] = ['rt', 'if', 'rel', 'rev', 'ct']

/**
 * The links that a filter lets pass, in link format.
 *
 * @param filter - `name=value` as it stands in the query, `*` at the end for any end; null for all
 */
export function formatLinks(links: readonly CoapLink[], filter: string | null): string {
  return links
    .filter((link) => filter === null || isMatch(link, filter))
    .map(({ target, attributes }) =>
      [
        `<${target}>`,
        ...Object.entries(attributes).map(([name, value]) =>
          value === '' ? name : `${name}="${value}"`
        )
      ].join(';')
    )
    .join(',')
}

function isMatch({ target, attributes }: CoapLink, filter: string): boolean {
  const end = filter.indexOf('=')
  const name = end < 0 ? filter : filter.slice(0, end)
  const wanted = end < 0 ? '' : filter.slice(end + 1)
  const value = name === 'href' ? target : Object.entries(attributes).find(([n]) => n === name)?.[1]
  if (value === undefined) return false
  const values = LISTS.includes(name) ? value.split(' ') : [value]
  return values.some((each) =>
    wanted.endsWith('*') ? each.startsWith(wanted.slice(0, -1)) : each === wanted
  )
}
